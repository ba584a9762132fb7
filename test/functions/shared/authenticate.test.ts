import { authenticate, createIdentityCheck } from "../../../functions/shared/authenticate.ts";
import { parseConfig } from "../../../lib/config/parse-config.ts";
import { captured } from "../../lib/runtime/captured.ts";
import { startIssuer } from "../../support/issuer.ts";

test("a refused identity token is logged with its issuer, the failed check and the claim, and never with the token", async () => {
  const issuer = await startIssuer();
  const rule = { issuer: issuer.url, audience: "us", projects: ["*"], targets: ["*"], operations: ["read"] };
  const parsed = parseConfig({
    oidc: [{ ...rule, claims: { sub: "repo:org/infra:*", repository: "org/*" } }],
    settings: { egress: { allow: ["127.0.0.1"] } },
  });
  if (parsed.kind === "faults") throw new Error(parsed.faults.join("; "));
  const { config } = parsed;
  const claims = { sub: "repo:org@7/infra:main", repository: "org/infra" };
  const token = await issuer.token({ audience: "us", claims });
  const lines = await captured(async () => {
    const answer = await authenticate(`Bearer ${token}`, {
      configs: { current: async () => config, refreshed: async () => config },
      identify: createIdentityCheck(() => Date.now()),
      note: () => undefined,
      limitRequests: () => null,
    });
    expect(answer).toMatchObject({ kind: "problem", problem: { status: 401 } });
    expect(JSON.stringify(answer)).not.toMatch(/sub|repo/);
  });
  expect(lines).toEqual([
    expect.objectContaining({
      level: "WARN",
      message: "identity token refused",
      issuer: issuer.url,
      check: "claim",
      claims: ["sub"],
    }),
  ]);
  for (const part of token.split(".")) expect(JSON.stringify(lines)).not.toContain(part);
  expect(JSON.stringify(lines)).not.toContain("org@7");
  await issuer.stop();
});
