import { getCachedSecretMask } from "../../../lib/domain/cached-secret-mask.ts";
import { Secret } from "../../../lib/domain/secret.ts";

const login = Buffer.from("deploy-bot:pass:word-1").toString("base64");
const owner = {
  name: "not-a-secret-name",
  url: new Secret("https://chat.example/hooks/T0000001?key=query-value"),
  nested: [{ secret: new Secret(" chat-secret-1\n") }],
  headers: { authorization: new Secret(`Basic ${login}`), "x-env": new Secret("prod") },
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
    ["the body of a private key", "MIIEabcdefgh\nijklmnop"],
  ])("masks %s", (_, secret) => {
    expect(getCachedSecretMask(owner)(`before ${secret} after`)).toBe("before <secret> after");
  });

  it.each(["not-a-secret-name", "hooks", "chat.example", "Basic"])("does not mask '%s'", (text) => {
    expect(getCachedSecretMask(owner)(text)).toBe(text);
  });

  it("is created once for an object", () => {
    expect(getCachedSecretMask(owner)).toBe(getCachedSecretMask(owner));
    expect(getCachedSecretMask({ ...owner })).not.toBe(getCachedSecretMask(owner));
  });

  it("leaves the text as it is if the object has no secrets", () => {
    expect(getCachedSecretMask({})("any text")).toBe("any text");
  });
});
