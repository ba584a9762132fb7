import { getCachedSecretMask } from "../../../lib/domain/cached-secret-mask.ts";
import { Secret } from "../../../lib/domain/secret.ts";

const login = Buffer.from("deploy-bot:pass:word-1").toString("base64");
const owner = {
  name: "not-a-secret-name",
  url: new Secret("https://chat.example/hooks/T0000001?key=query-value"),
  nested: [{ secret: new Secret(" chat-secret-1\n") }],
  headers: { authorization: new Secret(`Basic ${login}`), "x-env": new Secret("prod") },
  signingKey: new Secret("whsec_c2lnbmluZy1rZXk"),
  bearer: new Secret("Bearer  the-bearer-token"),
  phrase: new Secret("three separate words"),
  sentence: new Secret("Basic wordwordword with more"),
  short: new Secret(`basic ${Buffer.from("me:abc-def").toString("base64")}`),
  padded: new Secret("  trimmed-secret\n"),
  middle: new Secret("a-whsec_bcdefgh"),
  notBasic: new Secret(`xbasic ${Buffer.from("first-user:first-word").toString("base64")}`),
  notBasicEither: new Secret(`basicx ${Buffer.from("other-user:other-word").toString("base64")}`),
  shortLogin: new Secret(`Basic ${Buffer.from("abcd:xyz").toString("base64")}`),
  nothing: null,
  certificate: new Secret("-----BEGIN PRIVATE KEY-----\nMIIEabcdefgh\nijklmnop\n-----END PRIVATE KEY-----\n"),
};

describe("a mask of the secrets in an object", () => {
  it.each([
    ["a URL", "https://chat.example/hooks/T0000001?key=query-value"],
    ["a long part of the path", "T0000001"],
    ["a long value of the query", "query-value"],
    ["a secret in an array", "chat-secret-1"],
    ["a header with a login", `Basic ${login}`],
    ["a login in base64", login],
    ["a decoded login", "deploy-bot:pass:word-1"],
    ["the user of a login", "deploy-bot"],
    ["the password of a login", "pass:word-1"],
    ["a header with only one word", "prod"],
    ["the path and the query of a URL", "/hooks/T0000001?key=query-value"],
    ["the path of a URL", "/hooks/T0000001"],
    ["the query of a URL", "key=query-value"],
    ["a signing key without its prefix", "c2lnbmluZy1rZXk"],
    ["a bearer token without its scheme", "the-bearer-token"],
    ["a secret without the spaces around it", "trimmed-secret"],
    ["a user of four characters", "abcd"],
    ["a secret of several words", "three separate words"],
    ["the password of a login with a short user name", "abc-def"],
    ["the body of a private key", "MIIEabcdefgh\nijklmnop"],
  ])("masks %s", (_, secret) => {
    expect(getCachedSecretMask({ ...owner })(`before ${secret} after`)).toBe("before <secret> after");
  });

  it.each([
    "not-a-secret-name",
    "hooks",
    "chat.example",
    "Basic",
    "Bearer",
    "separate words",
    "wordwordword",
    "whsec_",
    "me",
    "xyz",
    "first-word",
    "other-word",
    "a-bcdefgh",
    "Stryker",
    "PRIVATE KEY",
  ])("does not mask '%s'", (text) => {
    expect(getCachedSecretMask({ ...owner })(text)).toBe(text);
  });

  it("is created once for an object", () => {
    expect(getCachedSecretMask(owner)).toBe(getCachedSecretMask(owner));
    expect(getCachedSecretMask({ ...owner })).not.toBe(getCachedSecretMask(owner));
  });

  it("leaves the text as it is if the object has no secrets", () => {
    expect(getCachedSecretMask({})("any text")).toBe("any text");
  });
});
