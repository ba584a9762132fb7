import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { checkIssuers } from "../../../local/ops/doctor/issuer-checks.ts";
import { findIneffectiveEntries } from "../../../local/ops/ineffective-entries.ts";
import { startIssuer } from "../../support/issuer.ts";
import { runCommand } from "../../support/run-command.ts";

const CONFIG_COMMAND = fileURLToPath(new URL("../../../local/ops/config.ts", import.meta.url));
const KEYS_URL = "https://keys.example.com/keys";

/** Starts an issuer whose discovery document names keys at another host. `suffix` is added to the issuer in the document. */
async function startSplitIssuer(suffix = "") {
  const server = createServer((_, response) =>
    response.end(JSON.stringify({ issuer: `${url}${suffix}`, jwks_uri: KEYS_URL })),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, stop: () => new Promise((resolve) => server.close(resolve).closeAllConnections()) };
}

const documentOf = (issuer: string, more: object = {}) => ({
  oidc: [
    {
      issuer,
      audience: "a",
      claims: { sub: "x" },
      projects: ["*"],
      targets: [],
      operations: ["read"],
      ...more,
    },
  ],
  settings: { egress: { allow: ["127.0.0.1"] } },
});

async function check(issuer: string, more: object = {}) {
  const parsed = parseWholeConfig(documentOf(issuer, more));
  if (parsed.kind === "faults") throw new Error(parsed.faults.join("; "));
  return checkIssuers(parsed.config);
}

test("an issuer whose keys are at another host is a fault that names the setting, and an issuer with keys is ok", async () => {
  const [split, issuer] = await Promise.all([startSplitIssuer(), startIssuer()]);
  expect(await check(issuer.url)).toMatchObject([{ state: "ok", text: "has 1 signing keys" }]);
  expect(await check(split.url, { jwksUri: `${issuer.url}/keys` })).toMatchObject([{ state: "ok" }]);
  expect(await check(split.url)).toMatchObject([
    { state: "fault", text: expect.stringContaining(KEYS_URL), remedy: expect.stringContaining("jwksUri") },
  ]);

  const folder = await mkdtemp(join(tmpdir(), "issuer-"));
  const file = join(folder, "config.json");
  await writeFile(file, JSON.stringify(documentOf(split.url)));
  const refused = await runCommand(process.execPath, [CONFIG_COMMAND, "check", file]);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`"jwksUri": "${KEYS_URL}"`) });
  await Promise.all([split.stop(), issuer.stop(), rm(folder, { recursive: true })]);
});

test("an issuer whose discovery document contains another issuer is a fault that names this issuer", async () => {
  const issuer = await startSplitIssuer("/");
  expect(await check(issuer.url)).toMatchObject([
    {
      state: "fault",
      text: expect.stringContaining(`another issuer: ${issuer.url}/`),
      remedy: expect.stringContaining("Set issuer"),
    },
  ]);
  await issuer.stop();
});

test("an issuer that does not respond is only a warning", async () => {
  expect(await check("http://127.0.0.1:1")).toMatchObject([
    { state: "warning", text: expect.stringContaining("ECONNREFUSED") },
  ]);
});

test("an issuer and a key URL that the egress rules refuse are reported by their path", () => {
  const document = documentOf("http://ci.example.com", { jwksUri: "https://keys.internal/keys" });
  expect(findIneffectiveEntries(document)).toEqual([
    expect.stringMatching(/^oidc\[0\]\.issuer: every token would be refused \(egress_scheme\)/),
    expect.stringMatching(/^oidc\[0\]\.jwksUri: every token would be refused \(egress_private_name\)/),
  ]);
});
