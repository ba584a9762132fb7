import {
  authenticateAndLimitRequests,
  createApproximateRequestLimit,
  createIdentityTokenCheck,
} from "../../../functions/shared/authenticate-and-limit-requests.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { captured } from "../../lib/runtime/captured.ts";
import { startIssuer } from "../../support/issuer.ts";
import { json } from "../http-answers.ts";
import { CONFIG, TOKENS } from "../http-config.ts";
import { createHarness } from "../http-harness.ts";

test("a refused identity token is logged with its issuer, the failed check and the claim, and never with the token", async () => {
  const issuer = await startIssuer();
  const rule = { issuer: issuer.url, audience: "us", projects: ["*"], targets: ["*"], operations: ["read"] };
  const parsed = parseWholeConfig({
    oidc: [{ ...rule, claims: { sub: "repo:org/infra:*", repository: "org/*" } }],
    settings: { egress: { allow: ["127.0.0.1"] } },
  });
  if (parsed.kind === "faults") throw new Error(parsed.faults.join("; "));
  const { config } = parsed;
  const claims = { sub: "repo:org@7/infra:main", repository: "org/infra" };
  const token = await issuer.token({ audience: "us", claims });
  const lines = await captured(async () => {
    const answer = await authenticateAndLimitRequests(`Bearer ${token}`, {
      configs: { current: async () => config, refreshed: async () => config },
      identify: createIdentityTokenCheck(() => Date.now()),
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

test("a caller may send the given number of requests in a minute, and other callers are not affected", () => {
  const clock = { now: 0 };
  const limit = createApproximateRequestLimit(() => clock.now);
  expect([limit("a", 2), limit("a", 2), limit("a", 2), limit("b", 2)]).toEqual([null, null, 60, null]);
  clock.now = 45_000;
  expect(limit("a", 2)).toBe(15);
  clock.now = 60_000;
  expect(limit("a", 2)).toBeNull();
  expect(Array.from({ length: 5 }, () => limit("c", 0))).toEqual(Array(5).fill(null));
});

test("a caller at the limit may send requests again when the clock is set back by an hour", () => {
  const clock = { now: 3_600_000 };
  const limit = createApproximateRequestLimit(() => clock.now);
  expect([limit("a", 1), limit("a", 1)]).toEqual([null, 60]);
  clock.now = 0;
  expect(limit("a", 1)).toBeNull();
});

test.each([
  ["GET", "/v1/jobs", {}],
  ["POST", "/v1/jobs", { body: { jobId: "a" } }],
])(
  "%s %s over the limit gets 429 with Retry-After and the name of the setting",
  async (method, path, more) => {
    const settings = { ...CONFIG.settings, limits: { requestsPerMinute: 2 } };
    const api = createHarness({ config: { ...CONFIG, settings } });
    const statuses: number[] = [];
    for (let i = 0; i < 2; i += 1) statuses.push((await api.ask(method, path, more)).status);
    const refused = await api.ask(method, path, more);
    expect(statuses.every((status) => status < 300)).toBe(true);
    expect(refused).toMatchObject({ status: 429, headers: { "retry-after": "60" } });
    expect(json(refused).detail).toContain("settings.limits.requestsPerMinute");
    expect((await api.ask(method, path, { ...more, token: TOKENS.team })).status).toBeLessThan(429);
  },
);

test("a call with more targets than settings.limits.targetsPerWatch gets 422 with the limit", async () => {
  const settings = { ...CONFIG.settings, limits: { targetsPerWatch: 1 } };
  const api = createHarness({ config: { ...CONFIG, settings } });
  const ask = (notify: string[]) => api.ask("POST", "/v1/jobs", { body: { jobId: "a", notify } });
  const refused = await ask(["audit", "deploys"]);
  expect(refused.status).toBe(422);
  expect(json(refused).errors).toEqual([
    { pointer: "#/notify", detail: "must have at most 1 targets (settings.limits.targetsPerWatch)" },
  ]);
  expect((await ask(["audit", "audit"])).status).toBe(202);
});
