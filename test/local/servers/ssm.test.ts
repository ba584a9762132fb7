import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetParameterCommand, paginateGetParametersByPath, SSMClient } from "@aws-sdk/client-ssm";
import { startSsm } from "../../../local/servers/ssm.ts";

const PATH = "/service/dev";

let folder: string;
let configFile: string;
let server: Awaited<ReturnType<typeof startSsm>>;
let ssm: SSMClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ssm-test-"));
  configFile = join(folder, "config.json");
  server = await startSsm({ configFile, path: PATH, region: "eu-central-1" });
  ssm = new SSMClient({
    endpoint: server.url,
    region: "eu-central-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
});
afterAll(async () => {
  ssm.destroy();
  await server.stop();
  await rm(folder, { recursive: true });
});

const configure = (document: unknown) => writeFile(configFile, JSON.stringify(document));

async function pages(asked: { Path?: string; Recursive?: boolean; WithDecryption?: boolean } = {}) {
  const found: Record<string, unknown>[] = [];
  const all = { Path: PATH, Recursive: true, WithDecryption: true, ...asked };
  for await (const page of paginateGetParametersByPath({ client: ssm }, all))
    found.push(Object.fromEntries((page.Parameters ?? []).map(({ Name, Value }) => [Name, Value])));
  return found;
}

describe("the embedded Parameter Store", () => {
  it("returns every entry of the config as JSON below the path", async () => {
    await configure({
      projects: { prod: { region: "eu-de" } },
      targets: { deploys: { kind: "slack" } },
      tokens: { gitlab: { sha256: "0" } },
      oidc: [{ issuer: "https://one" }, { issuer: "https://two" }],
      settings: { deadlineMinutes: 5 },
    });
    expect(await pages()).toEqual([
      {
        "/service/dev/oidc/0": '{"issuer":"https://one"}',
        "/service/dev/oidc/1": '{"issuer":"https://two"}',
        "/service/dev/projects/prod": '{"region":"eu-de"}',
        "/service/dev/settings": '{"deadlineMinutes":5}',
        "/service/dev/targets/deploys": '{"kind":"slack"}',
        "/service/dev/tokens/gitlab": '{"sha256":"0"}',
      },
    ]);
  });

  it("returns ten parameters per page", async () => {
    const targets = Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`t${i}`, i]));
    await configure({ targets });
    const found = await pages();
    expect(found.map((page) => Object.keys(page).length)).toEqual([10, 10, 5]);
    expect(new Set(found.flatMap((page) => Object.keys(page))).size).toBe(25);
  });

  it("reads the file again for every request", async () => {
    await configure({ settings: { a: 1 } });
    await pages();
    await configure({ settings: { a: 2 } });
    expect(await pages()).toEqual([{ "/service/dev/settings": '{"a":2}' }]);
  });

  it("returns decrypted values and deeper entries only on request", async () => {
    await configure({ projects: { prod: { secretKey: "hush" } }, settings: {} });
    expect(JSON.stringify(await pages({ WithDecryption: false }))).not.toContain("hush");
    expect(await pages({ Recursive: false })).toEqual([{ "/service/dev/settings": "{}" }]);
    expect(await pages({ Path: "/service/prod" })).toEqual([{}]);
  });

  it("refuses other operations", async () => {
    const command = new GetParameterCommand({ Name: "/service/dev/settings" });
    await expect(ssm.send(command)).rejects.toThrow("UnknownOperationException");
  });

  it("returns a server error while the file cannot be read", async () => {
    await writeFile(configFile, "{ half of");
    await expect(pages()).rejects.toThrow("InternalServerError");
  });
});
