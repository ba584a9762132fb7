import { setTimeout } from "node:timers/promises";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { createIssuerKeysCacheKeepingLastValid } from "../../../lib/auth/issuer-keys.ts";
import { listMismatchedClaimNames, matchesAsteriskPattern } from "../../../lib/auth/match-oidc-rule.ts";
import { hasJwtForm, verifyIdentityToken } from "../../../lib/auth/verify-identity-token.ts";
import type { OidcRule } from "../../../lib/config/config.ts";
import fc from "../../support/properties.ts";

const ISSUER = "https://ci.example.com";
const NOW = Date.parse("2026-11-23T09:00:00Z");
const RULE: OidcRule = {
  issuer: ISSUER,
  audience: "notifier",
  projects: ["prod"],
  targets: ["deploys"],
  operations: ["watch"],
  claims: { repository: "org/*", ref: "refs/heads/main" },
};
const CLAIMS = { sub: "repo:org/infra", repository: "org/infra", ref: "refs/heads/main" };

/** The signing key of most issuers. A new key for each test would take most of the time of this file. */
const ISSUER_KEY = await generateKeyPair("RS256");

/** An issuer with its signing key. The code under test reads its documents through `fetchText`. */
async function createIssuer(discovery: object = {}, pair = ISSUER_KEY) {
  const reads: string[] = [];
  const issuer = {
    reads,
    clock: { now: NOW },
    down: false,
    hangs: false,
    /** The times in milliseconds for which the code under test has waited for the issuer. */
    waits: [] as number[],
    /** The end of these waits. By default, a wait ends after the answer of an issuer that does not hang. */
    waitEnd: undefined as Promise<void> | undefined,
    keys: [{ ...(await exportJWK(pair.publicKey)), kid: "one" }],
    privateKey: pair.privateKey,
    async fetchText(url: string) {
      reads.push(url);
      if (issuer.down) throw new Error("down");
      if (issuer.hangs) await new Promise(() => undefined);
      if (url.endsWith("/.well-known/openid-configuration"))
        return JSON.stringify({ issuer: ISSUER, jwks_uri: `${ISSUER}/keys`, ...discovery });
      return JSON.stringify({ keys: issuer.keys });
    },
    token(
      claims: object = {},
      {
        kid = "one" as string | undefined,
        issuer: iss = ISSUER,
        audience = "notifier" as string | string[],
        expires = NOW + 600_000,
        lifetimeMs = 600_000,
      } = {},
    ) {
      return new SignJWT({ ...CLAIMS, ...claims })
        .setProtectedHeader(kid === undefined ? { alg: "RS256" } : { alg: "RS256", kid })
        .setIssuer(iss)
        .setAudience(audience)
        .setIssuedAt(new Date(expires - lifetimeMs))
        .setExpirationTime(new Date(expires))
        .sign(issuer.privateKey);
    },
  };
  const wait = (ms: number) => {
    issuer.waits.push(ms);
    return issuer.waitEnd ?? setTimeout(0);
  };
  const keys = createIssuerKeysCacheKeepingLastValid(issuer.fetchText, () => issuer.clock.now, wait);
  const check = (token: string, oidc = [RULE], identityTokenMinutes = 60) =>
    verifyIdentityToken(token, { oidc, settings: { identityTokenMinutes } }, keys, issuer.clock.now);
  return { issuer, check };
}

/** Creates an issuer that has the same URL as the others, but another signing key. */
const createIssuerWithOtherKey = async () => createIssuer({}, await generateKeyPair("RS256"));

test("accepts a valid token and returns the caller with its `sub` and the rights of the rule", async () => {
  const { issuer, check } = await createIssuer();
  expect(await check(await issuer.token())).toEqual({
    kind: "caller",
    caller: {
      name: "oidc:https://ci.example.com:repo:org/infra",
      rights: [{ projects: ["prod"], targets: ["deploys"], operations: ["watch"] }],
    },
  });
});

test("gives a caller the separate rights of all rules that match, and of no other rule", async () => {
  const { issuer, check } = await createIssuer();
  const rules = [
    RULE,
    { ...RULE, claims: { repository: "org/infra" }, projects: ["test"], targets: ["*"] },
    { ...RULE, claims: { repository: "other/*" }, projects: ["secret"] },
    { ...RULE, audience: "another", projects: ["secret"] },
  ];
  expect(await check(await issuer.token(), rules)).toMatchObject({
    caller: {
      rights: [
        { projects: ["prod"], targets: ["deploys"], operations: ["watch"] },
        { projects: ["test"], targets: ["*"], operations: ["watch"] },
      ],
    },
  });
});

test("a refusal names at most 200 characters of the issuer in the token, because the log contains them", async () => {
  const { issuer, check } = await createIssuer();
  const result = await check(await issuer.token({}, { issuer: `https://${"x".repeat(10_000)}` }));
  const shown = result.kind === "refused" ? result.refusal?.issuer : undefined;
  expect(shown).toHaveLength(200);
});

test("refuses a `sub` that reads as a caller of another issuer in the config", async () => {
  const { issuer, check } = await createIssuer();
  const rules = [RULE, { ...RULE, issuer: `${ISSUER}:8443` }];
  expect(await check(await issuer.token({ sub: "8443:admin" }), rules)).toMatchObject({ kind: "refused" });
  expect(await check(await issuer.token({ sub: "8444:admin" }), rules)).toMatchObject({ kind: "caller" });
});

test.each([
  `${ISSUER}.evil.test`,
  `${ISSUER}/`,
  `${ISSUER}:8443`,
  ISSUER.slice(0, -1),
  ISSUER.toUpperCase(),
  "",
])(
  "refuses a token of the issuer %j, which is not in the config, and sends the issuer no request",
  async (other) => {
    const { issuer, check } = await createIssuer({ issuer: other, jwks_uri: `${other}/keys` });
    expect(await check(await issuer.token({}, { issuer: other }))).toMatchObject({ kind: "refused" });
    expect(issuer.reads).toEqual([]);
  },
);

test.each(["HS256", "HS512"])(
  "refuses a token with the algorithm %s, although the key set has its secret",
  async (alg) => {
    const { issuer, check } = await createIssuer();
    const secret = Buffer.alloc(64, 7);
    const k = secret.toString("base64url");
    issuer.keys = [...issuer.keys, { kty: "oct", kid: "shared", alg, k }];
    const token = await new SignJWT(CLAIMS)
      .setProtectedHeader({ alg, kid: "shared" })
      .setIssuer(ISSUER)
      .setAudience("notifier")
      .setIssuedAt(new Date(NOW))
      .setExpirationTime(new Date(NOW + 600_000))
      .sign(secret);
    expect(await check(token)).toMatchObject({ kind: "refused" });
  },
);

describe("refuses a token", () => {
  test.each([
    ["with a claim that does not match", { repository: "organ/infra" }, {}],
    ["without a claim of the rule", { ref: undefined }, {}],
    ["for another audience", {}, { audience: "someone" }],
    ["of another issuer", {}, { issuer: "https://evil.example.com" }],
    ["without a `sub`", { sub: undefined }, {}],
    ["with an empty `sub`", { sub: "" }, {}],
    ["with a `sub` that is too long for a key in the ledger", { sub: "é".repeat(500) }, {}],
    ["with a `sub` that is not well-formed Unicode", { sub: "\ud800" }, {}],
    ["that has expired", {}, { expires: NOW - 31_000 }],
    ["with a key that the issuer does not have", {}, { kid: "two" }],
  ])("%s", async (_, claims, more) => {
    const { issuer, check } = await createIssuer();
    expect(await check(await issuer.token(claims, more))).toMatchObject({ kind: "refused" });
  });

  test.each([
    [{ sub: "repo:org@123/infra" }, {}, "claim", ["sub"]],
    [{ sub: undefined }, {}, "claim", ["sub"]],
    [{}, { audience: "someone" }, "claim", ["aud"]],
    [{}, { expires: NOW - 31_000 }, "expiry", ["exp"]],
    [{}, { kid: "two" }, "key", []],
    [{}, { lifetimeMs: 3_601_000 }, "lifetime", ["exp", "iat"]],
    [{}, { issuer: "https://evil.example.com/\n\u001b" }, "issuer", ["iss"]],
  ])("and says which check and claim refused it: %j %j", async (claims, more, failed, names) => {
    const { issuer, check } = await createIssuer();
    const rules = [
      { ...RULE, claims: { sub: "repo:org/*" } },
      { ...RULE, claims: { sub: "x", repository: "y" } },
    ];
    const token = await issuer.token(claims, more);
    const refused = await check(token, rules);
    const issuerName = failed === "issuer" ? "https://evil.example.com/" : ISSUER;
    expect(refused).toEqual({
      kind: "refused",
      refusal: { issuer: issuerName, check: failed, claims: names },
    });
    expect(JSON.stringify(refused)).not.toContain(token.split(".")[1]);
  });

  test("with the signature of another key that has the same ID", async () => {
    const { check } = await createIssuer();
    const { issuer: forger } = await createIssuerWithOtherKey();
    expect(await check(await forger.token())).toMatchObject({ kind: "refused" });
  });

  test("without a signature", async () => {
    const { check } = await createIssuer();
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
    const payload = encode({ ...CLAIMS, iss: ISSUER, aud: "notifier", exp: NOW });
    expect(await check(`${encode({ alg: "none" })}.${payload}.`)).toMatchObject({ kind: "refused" });
  });

  test("that is signed with a shared secret", async () => {
    const { check } = await createIssuer();
    const token = await new SignJWT(CLAIMS)
      .setProtectedHeader({ alg: "HS256", kid: "one" })
      .setIssuer(ISSUER)
      .setAudience("notifier")
      .setExpirationTime("1h")
      .sign(Buffer.alloc(32));
    expect(await check(token)).toMatchObject({ kind: "refused" });
  });

  test("without an expiry", async () => {
    const { issuer, check } = await createIssuer();
    const token = await new SignJWT(CLAIMS)
      .setIssuedAt(new Date(NOW))
      .setProtectedHeader({ alg: "RS256", kid: "one" })
      .setIssuer(ISSUER)
      .setAudience("notifier")
      .sign(issuer.privateKey);
    expect(await check(token)).toMatchObject({ kind: "refused" });
  });

  test("with a lifetime that is longer than the setting", async () => {
    const { issuer, check } = await createIssuer();
    const token = await issuer.token({}, { lifetimeMs: 3_600_000 });
    expect(await check(token)).toMatchObject({ kind: "caller" });
    expect(await check(token, [RULE], 59.9)).toMatchObject({ refusal: { check: "lifetime" } });
  });

  test("with a time of issue in the future, which would extend the lifetime", async () => {
    const { issuer, check } = await createIssuer();
    const issuedAfterMs = (ms: number) =>
      issuer.token({}, { expires: NOW + ms + 60_000, lifetimeMs: 60_000 }).then((token) => check(token));
    expect(await issuedAfterMs(30_000)).toMatchObject({ kind: "caller" });
    expect(await issuedAfterMs(31_000)).toMatchObject({
      refusal: { check: "lifetime", claims: ["exp", "iat"] },
    });
    expect(await issuedAfterMs(365 * 86_400_000)).toMatchObject({ kind: "refused" });
  });

  test.each([
    ["a number as key ID", { kid: 1 }],
    ["an array as key ID", { kid: ["one"] }],
    ["a long key ID", { kid: "k".repeat(5000) }],
    ["an unknown critical header", { crit: ["x"], x: 1 }],
    ["its own key in the header", { kid: "two", jwk: { kty: "oct", k: "c2VjcmV0" } }],
    ["no algorithm", { alg: "none" }],
  ])("with %s", async (_, header) => {
    const { issuer, check } = await createIssuer();
    const [, claims, signature] = (await issuer.token()).split(".");
    const encoded = Buffer.from(JSON.stringify({ alg: "RS256", kid: "one", ...header })).toString(
      "base64url",
    );
    expect(await check(`${encoded}.${claims}.${signature}`)).toMatchObject({ kind: "refused" });
  });

  test("with an expiry that is a string, or with an array of other audiences", async () => {
    const { issuer, check } = await createIssuer();
    expect(await check(await issuer.token({}, { audience: ["other", "notifier-2"] }))).toMatchObject({
      refusal: { check: "claim", claims: ["aud"] },
    });
    const token = await new SignJWT({
      ...CLAIMS,
      iss: ISSUER,
      aud: "notifier",
      iat: 0,
      ...JSON.parse('{"exp":"4102444800"}'),
    })
      .setProtectedHeader({ alg: "RS256", kid: "one" })
      .sign(issuer.privateKey);
    expect(await check(token)).toMatchObject({ refusal: { check: "claim", claims: ["exp"] } });
  });

  test("without a time of issue", async () => {
    const { issuer, check } = await createIssuer();
    const token = await new SignJWT(CLAIMS)
      .setProtectedHeader({ alg: "RS256", kid: "one" })
      .setIssuer(ISSUER)
      .setAudience("notifier")
      .setExpirationTime(new Date(NOW + 600_000))
      .sign(issuer.privateKey);
    expect(await check(token)).toMatchObject({ refusal: { check: "claim", claims: ["iat"] } });
  });

  test("that is not a JWT, without a request to the issuer", async () => {
    const { issuer, check } = await createIssuer();
    expect(await check("eyJh.eyJp.c2ln")).toMatchObject({ kind: "refused" });
    expect(issuer.reads).toEqual([]);
  });
});

describe("the issuer's keys", () => {
  test("are read once, and are read again for an unknown key after 30 seconds", async () => {
    const { issuer, check } = await createIssuer();
    await check(await issuer.token());
    await check(await issuer.token());
    expect(issuer.reads).toEqual([`${ISSUER}/.well-known/openid-configuration`, `${ISSUER}/keys`]);
    issuer.keys = issuer.keys.map((key) => ({ ...key, kid: "two" }));
    await check(await issuer.token({}, { kid: "two" }));
    expect(issuer.reads).toHaveLength(2);
    issuer.clock.now += 30_000;
    expect(await check(await issuer.token({}, { kid: "two" }))).toMatchObject({ kind: "caller" });
    expect(issuer.reads).toHaveLength(4);
  });

  test("are read again after an hour", async () => {
    const { issuer, check } = await createIssuer();
    await check(await issuer.token());
    issuer.clock.now += 3_599_999;
    await check(await issuer.token({}, { expires: issuer.clock.now + 1000 }));
    expect(issuer.reads).toHaveLength(2);
    issuer.clock.now += 1;
    await check(await issuer.token({}, { expires: issuer.clock.now + 1000 }));
    expect(issuer.reads).toHaveLength(4);
  });

  test("make the check unavailable for 5 seconds after a failed first read", async () => {
    const { issuer, check } = await createIssuer();
    issuer.down = true;
    expect(await check(await issuer.token())).toMatchObject({ kind: "unavailable" });
    issuer.down = false;
    expect(await check(await issuer.token())).toMatchObject({ kind: "unavailable" });
    expect(issuer.reads).toHaveLength(1);
    issuer.clock.now += 5000;
    expect(await check(await issuer.token())).toMatchObject({ kind: "caller" });
  });

  test("stay in use when a token with an unknown key arrives while the issuer is down", async () => {
    const { issuer, check } = await createIssuer();
    const forged = await issuer.token({}, { kid: "two" });
    await check(await issuer.token());
    issuer.clock.now += 30_000;
    issuer.down = true;
    for (let i = 0; i < 3; i += 1) {
      expect(await check(forged)).toMatchObject({ kind: "unavailable" });
      expect(await check(await issuer.token())).toMatchObject({ kind: "caller" });
    }
    expect(issuer.reads).toHaveLength(3);
  });

  test("stay in use for a day while the issuer is down, and are read again every 30 seconds", async () => {
    const { issuer, check } = await createIssuer();
    await check(await issuer.token());
    issuer.down = true;
    const validToken = () => issuer.token({}, { expires: issuer.clock.now + 600_000 });
    issuer.clock.now += 86_399_999;
    expect(await check(await validToken())).toMatchObject({ kind: "caller" });
    expect(await check(await validToken())).toMatchObject({ kind: "caller" });
    expect(issuer.reads).toHaveLength(3);
    issuer.clock.now += 30_000;
    expect(await check(await validToken())).toMatchObject({ kind: "unavailable" });
    expect(issuer.reads).toHaveLength(4);
  });

  test("make no good token wait for an issuer that hangs", async () => {
    const { issuer, check } = await createIssuer();
    await check(await issuer.token());
    issuer.hangs = true;
    issuer.clock.now += 30_000;
    const forged = check(await issuer.token({}, { kid: "two" }));
    const good = await issuer.token();
    expect(await check(good)).toMatchObject({ kind: "caller" });
    expect(issuer.waits).toEqual([]);
    expect(await Promise.race([forged, "waits"])).toBe("waits");
    expect(issuer.reads).toHaveLength(3);
  });

  test("that are older than an hour make one good token wait half a second for an issuer that hangs", async () => {
    const { issuer, check } = await createIssuer();
    await check(await issuer.token());
    issuer.hangs = true;
    issuer.clock.now += 3_600_000;
    const good = await issuer.token({}, { expires: issuer.clock.now + 600_000 });
    let endWait = () => {};
    issuer.waitEnd = new Promise((resolve) => {
      endWait = resolve;
    });
    const first = check(good);
    expect(await check(good)).toMatchObject({ kind: "caller" });
    expect(await Promise.race([first, "waits"])).toBe("waits");
    expect(issuer.waits).toEqual([500]);
    endWait();
    expect(await first).toMatchObject({ kind: "caller" });
  });

  test.each([
    ["names another issuer", { issuer: "https://evil.example.com" }],
    ["names the issuer with a slash at the end", { issuer: `${ISSUER}/` }],
    ["has no URL of the keys", { jwks_uri: undefined }],
    ["has a relative URL of the keys", { jwks_uri: "/keys" }],
  ])("are not used if the discovery document %s, and the token is refused", async (_, discovery) => {
    const { issuer, check } = await createIssuer(discovery);
    expect(await check(await issuer.token())).toEqual({
      kind: "refused",
      refusal: { issuer: ISSUER, check: "discovery", claims: [] },
    });
  });

  test("at another origin are only used if the rule names their URL", async () => {
    const jwksUri = "https://keys.example.com/keys";
    const { issuer, check } = await createIssuer({ jwks_uri: jwksUri });
    expect(await check(await issuer.token())).toMatchObject({
      kind: "refused",
      refusal: { issuer: ISSUER, check: "keys_origin" },
    });
    issuer.reads.length = 0;
    expect(await check(await issuer.token(), [RULE, { ...RULE, jwksUri }])).toMatchObject({ kind: "caller" });
    expect(issuer.reads).toEqual([jwksUri]);
  });

  test("are each tried when several keys fit: without a key ID, or with the same key ID", async () => {
    for (const kid of [undefined, "one"]) {
      const { issuer, check } = await createIssuer();
      const { issuer: other } = await createIssuerWithOtherKey();
      Object.assign(issuer, {
        keys: [...other.keys, ...issuer.keys].map(({ kid: _, ...key }) => (kid ? { ...key, kid } : key)),
      });
      expect(await check(await issuer.token())).toMatchObject({ kind: "caller" });
      expect(await check(await other.token())).toMatchObject({ kind: "caller" });
      expect(await check(await issuer.token({}, { kid: undefined }))).toMatchObject({ kind: "caller" });
      const { issuer: forger } = await createIssuerWithOtherKey();
      expect(await check(await forger.token())).toMatchObject({ refusal: { check: "signature" } });
      expect(await check(await issuer.token({}, { expires: NOW - 31_000 }))).toMatchObject({
        refusal: { check: "expiry" },
      });
    }
  });

  test.each([
    [{ kid: null, alg: null, use: null, key_ops: null }, "one"],
    [{ kid: "", alg: "" }, "one"],
    [{ kid: 7, x5c: [7], ext: "no" }, "7"],
  ])("are used although optional parts have another form: %j", async (parts, kid) => {
    const { issuer, check } = await createIssuer();
    Object.assign(issuer, { keys: issuer.keys.map((key) => ({ ...key, ...parts })) });
    expect(await check(await issuer.token({}, { kid }))).toMatchObject({ kind: "caller" });
  });

  test.each([{ use: "enc" }, { key_ops: ["sign"] }, { alg: "RS512" }])(
    "are not used if they are for something else: %j",
    async (parts) => {
      const { issuer, check } = await createIssuer();
      Object.assign(issuer, { keys: issuer.keys.map((key) => ({ ...key, ...parts })) });
      expect(await check(await issuer.token())).toMatchObject({ refusal: { check: "key" } });
    },
  );

  test("with an unknown type or in a broken form are skipped", async () => {
    const { issuer, check } = await createIssuer();
    const strange = [
      null,
      "key",
      { kid: "one" },
      { kty: "quantum", kid: "one" },
      { kty: "RSA", kid: "one", n: "!", e: 7 },
      { kty: "oct", kid: "one", k: "AAAA" },
      { kty: "EC", crv: "P-999", kid: "one" },
      ...Array.from({ length: 150 }, (_, i) => ({ kty: "AKP", kid: `k${i}` })),
    ];
    Object.assign(issuer, { keys: [...strange, ...issuer.keys] });
    expect(await check(await issuer.token())).toMatchObject({ kind: "caller" });
  });

  test("that are new are read again although they have the ID of an old key", async () => {
    const { issuer, check } = await createIssuer();
    await check(await issuer.token());
    const { issuer: rotated } = await createIssuerWithOtherKey();
    issuer.keys = rotated.keys;
    issuer.clock.now += 30_000;
    expect(await check(await rotated.token())).toMatchObject({ kind: "caller" });
  });

  test.each([
    ["EdDSA", "EdDSA"],
    ["Ed25519", "EdDSA"],
    ["EdDSA", "Ed25519"],
    ["Ed25519", undefined],
  ])("verify a token with the algorithm %s when the key says %s", async (alg, keyAlg) => {
    const { issuer, check } = await createIssuer();
    const pair = await generateKeyPair("Ed25519");
    Object.assign(issuer, { keys: [{ ...(await exportJWK(pair.publicKey)), kid: "one", alg: keyAlg }] });
    const token = await new SignJWT(CLAIMS)
      .setProtectedHeader({ alg, kid: "one" })
      .setIssuer(ISSUER)
      .setAudience("notifier")
      .setIssuedAt(new Date(NOW))
      .setExpirationTime(new Date(NOW + 600_000))
      .sign(pair.privateKey);
    expect(await check(token)).toMatchObject({ kind: "caller" });
  });
});

test("recognizes a JWT by its three parts", () => {
  expect(hasJwtForm("eyJhbGci.eyJpc3Mi.c2ln")).toBe(true);
  for (const text of ["abc", "eyJ.a", "eyJhbGci.eyJpc3Mi.", "x.eyJpc3Mi.c2ln"])
    expect(hasJwtForm(text)).toBe(false);
});

test.each([
  ["org/*", "org/infra", true],
  ["org/*", "org/", true],
  ["org/*", "organ/infra", false],
  ["*/infra", "org/infra", true],
  ["a*b*c", "a-b-c", true],
  ["a*a", "a", false],
  ["a*ab", "aab", true],
  ["*", "", true],
  ["", "", true],
  ["", "x", false],
  ["a.c", "abc", false],
  ["repo:org/*:ref:refs/heads/main", "repo:org/x:ref:refs/heads/main-evil", false],
])("the pattern '%s' matches '%s': %s", (pattern, text, expected) => {
  expect(matchesAsteriskPattern(text, pattern)).toBe(expected);
});

test("a pattern matches the same texts as a regular expression made from the pattern", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 6 });
  fc.assert(
    fc.property(pattern, text, (wanted, given) => {
      expect(matchesAsteriskPattern(given, wanted)).toBe(
        new RegExp(`^${wanted.replaceAll("*", ".*")}$`).test(given),
      );
    }),
  );
});

describe("a rule", () => {
  const rule = { ...RULE, issuer: "https://i", audience: "us" };
  const claims = { aud: ["them", "us"], groups: ["x", "ops-1"], run: 7, gone: null, deep: { a: "b" } };

  test("matches an array by one of its values, and a number by its digits", () => {
    expect(listMismatchedClaimNames(claims, { ...rule, claims: { groups: "ops-*", run: "7" } })).toEqual([]);
  });

  test.each(["gone", "deep", "toString", "absent"])("does not match the claim '%s'", (name) => {
    expect(listMismatchedClaimNames(claims, { ...rule, claims: { [name]: "*", run: "7" } })).toEqual([name]);
  });

  test("does not match another audience", () => {
    expect(listMismatchedClaimNames({ ...claims, aud: "usual" }, { ...rule, claims: { run: "7" } })).toEqual([
      "aud",
    ]);
  });
});
