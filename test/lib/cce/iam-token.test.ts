import {
  createIamTokenCache,
  createIamTokenRequestBody,
  readIamTokenReply,
  type TokenResult,
} from "../../../lib/cce/iam-token.ts";
import { Project } from "../../../lib/config/projects.ts";
import { Secret } from "../../../lib/domain/secret.ts";

const T0 = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

function createTokens(resultOf: (requests: number, now: number) => TokenResult = token) {
  const clock = { at: T0 };
  const iam = { requests: 0 };
  const tokens = createIamTokenCache(
    async () => {
      iam.requests += 1;
      await Promise.resolve();
      return resultOf(iam.requests, clock.at);
    },
    () => clock.at,
  );
  const get = async () => textOf(await tokens.get("token"));
  return { clock, iam, tokens, get };
}

function token(requests: number, now: number): TokenResult {
  return { kind: "token", token: new Secret(`token${requests}`), expiresAt: now + DAY_MS };
}

const refusal = (kind: "unauthorized" | "unavailable"): TokenResult => ({ kind, text: "no" });
const textOf = (result: TokenResult) => (result.kind === "token" ? result.token.reveal() : result.kind);

describe("the token cache of a project", () => {
  it("requests one token for all concurrent callers", async () => {
    const { iam, get } = createTokens();
    const all = await Promise.all(Array.from({ length: 20 }, get));
    expect([new Set(all), iam.requests]).toEqual([new Set(["token1"]), 1]);
  });

  it("renews a token ten minutes before the token expires", async () => {
    const { clock, get } = createTokens();
    await get();
    clock.at = T0 + DAY_MS - 600_001;
    expect(await get()).toBe("token1");
    clock.at += 1;
    expect(await get()).toBe("token2");
  });

  it("renews a refused token once for all callers", async () => {
    const { iam, tokens } = createTokens();
    const refused = await tokens.get("token");
    const renew = async () => {
      tokens.delete("token", refused);
      return textOf(await tokens.get("token"));
    };
    expect(await Promise.all(Array.from({ length: 5 }, renew))).toEqual(Array(5).fill("token2"));
    expect([await renew(), iam.requests]).toEqual(["token2", 2]);
  });

  it("requests a token again at once after a failure of IAM", async () => {
    const { get } = createTokens((requests, now) =>
      requests === 1 ? refusal("unavailable") : token(requests, now),
    );
    expect([await get(), await get()]).toEqual(["unavailable", "token2"]);
  });

  it("requests no token before the time that IAM asked for in Retry-After", async () => {
    const { clock, iam, get } = createTokens(() => ({
      kind: "unavailable",
      text: "no",
      retryAfterSeconds: 60,
    }));
    await get();
    clock.at += 59_999;
    expect([await get(), iam.requests]).toEqual(["unavailable", 1]);
    clock.at += 1;
    expect([await get(), iam.requests]).toEqual(["unavailable", 2]);
  });

  it("requests a token again after 15 minutes, even if IAM asked for a longer wait", async () => {
    const { clock, iam, get } = createTokens(() => ({
      kind: "throttled",
      text: "no",
      retryAfterSeconds: 43_200,
    }));
    await get();
    clock.at += 899_999;
    expect([await get(), iam.requests]).toEqual(["throttled", 1]);
    clock.at += 1;
    expect([await get(), iam.requests]).toEqual(["throttled", 2]);
  });

  it("requests a token again 30 seconds after IAM refused the password", async () => {
    const { clock, iam, get } = createTokens(() => refusal("unauthorized"));
    for (const afterMs of [0, 1, 29_998]) {
      clock.at += afterMs;
      expect([await get(), iam.requests]).toEqual(["unauthorized", 1]);
    }
    clock.at += 1;
    expect([await get(), iam.requests]).toEqual(["unauthorized", 2]);
  });
});

describe("readIamTokenReply", () => {
  const read = (status: number, body: string, headers: Record<string, string> = {}) =>
    readIamTokenReply({ kind: "answer", status, headers, body, isTruncated: false }, T0, "p");

  it.each([
    ["the missing methods", 401, '{"required_auth_methods":[["totp","password"]]}'],
    ["a message", 401, '{"error":{"code":401,"message":"MFA is required for the user."}}'],
    ["a message", 401, '{"error":{"message":"Enter the one-time password."}}'],
    ["a message", 403, '{"error_msg":"\\u8bf7\\u8f93\\u5165\\u9a8c\\u8bc1\\u7801"}'],
    ["a message", 403, '{"error_msg":"Login protection is enabled, enter the verification code"}'],
  ])("says that IAM wants a second factor after a refusal with %s (HTTP %i)", (_, status, body) => {
    expect(read(status, body)).toMatchObject({
      kind: status === 401 ? "unauthorized" : "forbidden",
      text: expect.stringContaining("IAM wants a second factor for the user of project p"),
    });
  });

  it.each([
    "otp",
    "TOTP",
    "2fa",
    "multi-factor",
    "two factor",
    "secondfactor",
    "one time code",
    "one-time password",
    "二次认证",
  ])("says that IAM wants a second factor after a refusal with the message %s", (message) => {
    expect(JSON.stringify(read(401, message))).toContain("second factor for the user");
  });

  it.each([
    [400, true],
    [499, true],
    [302, false],
    [399, false],
    [429, false],
    [500, false],
    [503, false],
  ])("speaks of a second factor only after a refusal of the sign-in (HTTP %i)", (status, expected) => {
    expect(JSON.stringify(read(status, "MFA")).includes("second factor")).toBe(expected);
    expect(JSON.stringify(read(status, "wrong password"))).not.toContain("second factor");
  });

  it.each([
    [
      401,
      "unauthorized",
      "IAM refuses the sign-in for project p: check domain, user and password (HTTP 401)",
    ],
    [
      403,
      "forbidden",
      "IAM gives no token for project p: allow its user programmatic access to this project (HTTP 403)",
    ],
    [
      404,
      "misconfigured",
      "IAM does not accept the sign-in for project p: check iamEndpoint, domain and projectId (HTTP 404)",
    ],
    [500, "unavailable", "IAM did not return a token (HTTP 500)"],
    [201, "unavailable", "IAM did not return a token (HTTP 201)"],
  ])("says after HTTP %i what the operator must check", (status, kind, text) => {
    expect(read(status, "")).toEqual({ kind, text });
  });

  it("returns no wait after HTTP 429 without Retry-After", () => {
    expect(read(429, "")).toEqual({
      kind: "throttled",
      text: "IAM limits the rate of sign-ins (HTTP 429)",
      retryAfterSeconds: null,
    });
  });

  it("reads a token only from a reply with HTTP 201 and a token", () => {
    expect(read(200, "", { "x-subject-token": "t" }).kind).toBe("unavailable");
    expect(read(201, "", { "x-subject-token": "" }).kind).toBe("unavailable");
    expect(read(201, "", { "x-subject-token": "t" }).kind).toBe("token");
  });

  it("names IAM after a network error", () => {
    expect(readIamTokenReply({ kind: "failed", code: "ECONNREFUSED" }, T0, "p")).toEqual({
      kind: "unavailable",
      text: "IAM cannot be reached (ECONNREFUSED)",
    });
  });

  it("reads an error code for too many sign-ins as throttled, whatever the HTTP status is", () => {
    expect(read(403, '{"error_code":"APIGW.0308"}')).toMatchObject({ kind: "throttled" });
  });

  it.each([401, 403, 429, 503])("reads Retry-After of HTTP %i", (status) => {
    expect(read(status, "", { "retry-after": "70" })).toMatchObject({ retryAfterSeconds: 70 });
  });
});

describe("the token in a reply of IAM", () => {
  const replyWith = (body: string) =>
    ({ kind: "answer", status: 201, headers: { "x-subject-token": "t" }, body, isTruncated: false }) as const;
  const expiryOf = (body: string) => {
    const result = readIamTokenReply(replyWith(body), T0, "prod");
    return result.kind === "token" ? result.expiresAt - T0 : result.kind;
  };

  it("is used until the expiry time in the reply", () => {
    const end = new Date(T0 + DAY_MS).toISOString();
    expect(expiryOf(JSON.stringify({ token: { expires_at: end } }))).toBe(DAY_MS);
  });

  it.each(["", "{}", '{"token":null}', '{"token":{"expires_at":7}}', '{"token":{"expires_at":"later"}}'])(
    "is used for an hour if the reply is %j",
    (body) => {
      expect(expiryOf(body)).toBe(3_600_000);
    },
  );
});

it("the request for a token contains the user, the domain and the project", () => {
  const { auth } = Project.parse({
    projectId: "p-1",
    region: "eu-de",
    auth: { kind: "password", domain: "d", user: "u", password: "secret" },
  });
  if (auth.kind !== "password") throw new Error(auth.kind);
  expect(JSON.parse(createIamTokenRequestBody(auth, "p-1"))).toEqual({
    auth: {
      identity: {
        methods: ["password"],
        password: { user: { name: "u", password: "secret", domain: { name: "d" } } },
      },
      scope: { project: { id: "p-1" } },
    },
  });
});
