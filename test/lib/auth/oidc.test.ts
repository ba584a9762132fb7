import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { createIssuerKeys } from "../../../lib/auth/issuer-keys.ts";
import { hasJwtForm, identify } from "../../../lib/auth/oidc.ts";
import type { OidcRule } from "../../../lib/config/config.ts";

const ISSUER = "https://ci.example.com";
const NOW = Date.parse("2026-11-23T09:00:00Z");
const RULE: OidcRule = {
  issuer: ISSUER,
  audience: "notifier",
  projects: ["prod"],
  targets: ["deploys"],
  claims: { repository: "org/*", ref: "refs/heads/main" },
};
const CLAIMS = { repository: "org/infra", ref: "refs/heads/main" };

/** An issuer with signing keys of its own, whose documents are read through `fetchText`. */
async function createIssuer(discovery: object = {}) {
  const pair = await generateKeyPair("RS256");
  const reads: string[] = [];
  const issuer = {
    reads,
    clock: { now: NOW },
    down: false,
    keys: [{ ...(await exportJWK(pair.publicKey)), kid: "one" }],
    privateKey: pair.privateKey,
    async fetchText(url: string) {
      reads.push(url);
      if (issuer.down) throw new Error("down");
      if (url.endsWith("/.well-known/openid-configuration"))
        return JSON.stringify({ issuer: ISSUER, jwks_uri: `${ISSUER}/keys`, ...discovery });
      return JSON.stringify({ keys: issuer.keys });
    },
    token(
      claims: object = {},
      { kid = "one", issuer: iss = ISSUER, audience = "notifier", expires = NOW + 600_000 } = {},
    ) {
      return new SignJWT({ ...CLAIMS, ...claims })
        .setProtectedHeader({ alg: "RS256", kid })
        .setIssuer(iss)
        .setAudience(audience)
        .setExpirationTime(new Date(expires))
        .sign(issuer.privateKey);
    },
  };
  const keys = createIssuerKeys(issuer.fetchText, () => issuer.clock.now);
  return { issuer, check: (token: string, rules = [RULE]) => identify(token, rules, keys, issuer.clock.now) };
}

test("a token of the issuer, for us, with the claims asked for, is let in with the rule's scopes", async () => {
  const { issuer, check } = await createIssuer();
  expect(await check(await issuer.token())).toEqual({
    kind: "caller",
    caller: { name: "oidc:ci.example.com", projects: ["prod"], targets: ["deploys"] },
  });
});

test("whom several rules let in has the scopes of all of them, and of no other", async () => {
  const { issuer, check } = await createIssuer();
  const rules = [
    RULE,
    { ...RULE, claims: { repository: "org/infra" }, projects: ["test"], targets: ["*"] },
    { ...RULE, claims: { repository: "other/*" }, projects: ["secret"] },
    { ...RULE, audience: "another", projects: ["secret"] },
  ];
  expect(await check(await issuer.token(), rules)).toMatchObject({
    caller: { projects: ["prod", "test"], targets: ["deploys", "*"] },
  });
});

describe("refused is", () => {
  const refuses = async (token: string | Promise<string>, made: Awaited<ReturnType<typeof createIssuer>>) =>
    expect(await made.check(await token)).toEqual({ kind: "refused" });

  test.each([
    ["a claim that does not match", { repository: "organ/infra" }, {}],
    ["a claim that is missing", { ref: undefined }, {}],
    ["another audience", {}, { audience: "someone" }],
    ["another issuer", {}, { issuer: "https://evil.example.com" }],
    ["a token that has expired", {}, { expires: NOW - 31_000 }],
    ["a key the issuer does not have", {}, { kid: "two" }],
  ])("%s", async (_, claims, more) => {
    const made = await createIssuer();
    await refuses(made.issuer.token(claims, more), made);
  });

  test("a signature by another key of the same name", async () => {
    const made = await createIssuer();
    const forged = await createIssuer();
    await refuses(forged.issuer.token(), made);
  });

  test("no signature, or one with a shared secret", async () => {
    const made = await createIssuer();
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
    const payload = encode({ ...CLAIMS, iss: ISSUER, aud: "notifier", exp: NOW });
    await refuses(`${encode({ alg: "none" })}.${payload}.`, made);
    const shared = new SignJWT(CLAIMS).setProtectedHeader({ alg: "HS256", kid: "one" }).setIssuer(ISSUER);
    await refuses(shared.setAudience("notifier").setExpirationTime("1h").sign(Buffer.alloc(32)), made);
  });

  test("a token without an expiry, and text that is no token", async () => {
    const made = await createIssuer();
    const endless = new SignJWT(CLAIMS).setProtectedHeader({ alg: "RS256", kid: "one" }).setIssuer(ISSUER);
    await refuses(endless.setAudience("notifier").sign(made.issuer.privateKey), made);
    await refuses("eyJh.eyJp.c2ln", made);
    expect(made.issuer.reads.length).toBeLessThanOrEqual(2);
  });
});

describe("the issuer's keys", () => {
  test("are read once, and again for an unknown key at most every 30 seconds", async () => {
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

  test("that cannot be read leave the question open, and are not asked for again at once", async () => {
    const { issuer, check } = await createIssuer();
    issuer.down = true;
    expect(await check(await issuer.token())).toMatchObject({ kind: "unavailable" });
    issuer.down = false;
    expect(await check(await issuer.token())).toMatchObject({ kind: "unavailable" });
    expect(issuer.reads).toHaveLength(1);
    issuer.clock.now += 30_000;
    expect(await check(await issuer.token())).toMatchObject({ kind: "caller" });
  });

  test.each([
    ["at another host", { jwks_uri: "https://evil.example.com/keys" }],
    ["of another issuer", { issuer: "https://evil.example.com" }],
  ])("%s are not used", async (_, discovery) => {
    const { issuer, check } = await createIssuer(discovery);
    expect(await check(await issuer.token())).toMatchObject({ kind: "unavailable" });
  });
});

test("only three parts of base64url that begin like JSON look like a token of an issuer", () => {
  expect(hasJwtForm("eyJhbGci.eyJpc3Mi.c2ln")).toBe(true);
  for (const text of ["abc", "eyJ.a", "eyJhbGci.eyJpc3Mi.", "x.eyJpc3Mi.c2ln"])
    expect(hasJwtForm(text)).toBe(false);
});
