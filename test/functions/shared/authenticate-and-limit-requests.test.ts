import {
  type AuthenticatePorts,
  authenticateAndLimitRequests,
  createApproximateRequestLimit,
  createIdentityTokenCheck,
} from "../../../functions/shared/authenticate-and-limit-requests.ts";
import type { IdentityCheck } from "../../../lib/auth/verify-identity-token.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { captured } from "../../lib/runtime/captured.ts";
import { type Issuer, startIssuer } from "../../support/issuer.ts";
import { json } from "../http-answers.ts";
import { CONFIG, TOKENS } from "../http-config.ts";
import { createHarness } from "../http-harness.ts";

let issuer: Issuer | undefined;
afterEach(() => issuer?.stop());

test("a refused identity token is logged with its issuer, the failed check and the claim, and never with the token", async () => {
  issuer = await startIssuer();
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
});

test.each([
  [200, "caller"],
  [203, "problem"],
  [302, "problem"],
  [404, "problem"],
])("with the HTTP status %i of an issuer and valid keys, the result is a %s", async (status, kind) => {
  issuer = await startIssuer();
  issuer.status = status;
  const rule = { issuer: issuer.url, audience: "us", projects: ["*"], targets: ["*"], operations: ["read"] };
  const parsed = parseWholeConfig({
    oidc: [{ ...rule, claims: { sub: "*" } }],
    settings: { egress: { allow: ["127.0.0.1"] } },
  });
  if (parsed.kind === "faults") throw new Error(parsed.faults.join("; "));
  const token = await issuer.token({ audience: "us", claims: {} });
  const answer = await authenticateAndLimitRequests(`Bearer ${token}`, {
    configs: { current: async () => parsed.config, refreshed: async () => parsed.config },
    identify: createIdentityTokenCheck(() => Date.now()),
    note: () => undefined,
    limitRequests: () => null,
    onIssuerFailure: () => undefined,
  });
  expect(answer.kind).toBe(kind);
});

describe("the authentication of a request", () => {
  const configOf = (changes: object = {}) => {
    const parsed = parseWholeConfig({ ...CONFIG, ...changes });
    if (parsed.kind === "faults") throw new Error(parsed.faults.join("; "));
    return parsed.config;
  };
  const JWT = "eyJh.eyJp.c2ln";
  const RULE = { issuer: "https://ci.example.com", audience: "us", claims: { sub: "*" } };
  const WITH_OIDC = configOf({ oidc: [{ ...RULE, projects: ["*"], targets: ["*"], operations: ["*"] }] });
  const UNAVAILABLE = { kind: "unavailable", issuer: RULE.issuer, cause: new Error("down") } as const;

  /** Authenticates a request. Counts the reads of the config. */
  async function authenticate(
    authorization: string | undefined,
    config = configOf(),
    refreshed = config,
    identified: IdentityCheck = { kind: "refused", refusal: null },
    more: Partial<AuthenticatePorts> = {},
  ) {
    const calls: string[] = [];
    const answer = await authenticateAndLimitRequests(authorization, {
      configs: {
        current: async () => {
          calls.push("current");
          return config;
        },
        refreshed: async () => {
          calls.push("refreshed");
          return refreshed;
        },
      },
      identify: async () => {
        calls.push("identify");
        return identified;
      },
      note: () => undefined,
      limitRequests: () => null,
      ...more,
    });
    return { answer, calls };
  }

  it("needs a token, and reads no config without a token", async () => {
    const { answer, calls } = await authenticate(undefined);
    expect(answer).toMatchObject({ kind: "problem", problem: { status: 401 } });
    expect(calls).toEqual([]);
  });

  it("reads the config again only for an unknown token, which may be newer than the config in memory", async () => {
    const known = await authenticate(`Bearer ${TOKENS.all}`);
    expect(known).toMatchObject({ answer: { caller: { name: "token:all" } }, calls: ["current"] });
    const newer = await authenticate(`Bearer ${TOKENS.all}`, configOf({ tokens: {} }), configOf());
    expect(newer).toMatchObject({
      answer: { caller: { name: "token:all" } },
      calls: ["current", "refreshed"],
    });
  });

  it("checks an identity token only if the config has rules and the token has the form of a JWT", async () => {
    const twice = ["current", "refreshed"];
    expect((await authenticate(`Bearer ${JWT}`)).calls).toEqual(twice);
    const opaque = await authenticate("Bearer opaque", WITH_OIDC);
    expect(opaque.calls).toEqual(twice);
    expect(JSON.stringify(opaque.answer)).toContain("invalid_token");
    const { calls } = await authenticate(`Bearer ${JWT}`, WITH_OIDC);
    expect(calls).toEqual(["current", "identify", "refreshed", "identify"]);
  });

  it("answers 503 while the issuer of an identity token does not respond, and reports the issuer", async () => {
    const failures: unknown[] = [];
    const onIssuerFailure = (...failure: unknown[]) => void failures.push(failure);
    const { answer } = await authenticate(`Bearer ${JWT}`, WITH_OIDC, WITH_OIDC, UNAVAILABLE, {
      onIssuerFailure,
    });
    expect(answer).toMatchObject({ problem: { status: 503 }, headers: { "retry-after": "30" } });
    expect(answer).toMatchObject({ problem: { detail: expect.stringContaining("issuer does not respond") } });
    expect(answer).not.toHaveProperty("problem.errors");
    expect(failures).toEqual([[UNAVAILABLE.cause, RULE.issuer]]);
  });

  it("logs an issuer that does not respond", async () => {
    const lines = await captured(() => authenticate(`Bearer ${JWT}`, WITH_OIDC, WITH_OIDC, UNAVAILABLE));
    expect(lines).toMatchObject([
      { message: "issuer unreachable", issuer: RULE.issuer, error: { message: "down" } },
    ]);
  });
});

test("the counts of all callers are forgotten at the 1001st caller, so that the memory does not grow", () => {
  const limit = createApproximateRequestLimit(() => 0);
  expect([limit("first", 2), limit("first", 2)]).toEqual([null, null]);
  for (let i = 1; i < 1000; i += 1) limit(`caller-${i}`, 2);
  limit("caller-1", 2);
  expect(limit("first", 2)).toBe(60);
  limit("caller-1000", 2);
  expect(limit("first", 2)).toBeNull();
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
