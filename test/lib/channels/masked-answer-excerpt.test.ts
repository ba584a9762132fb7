import fc from "fast-check";
import { maskedAnswerExcerpt } from "../../../lib/channels/masked-answer-excerpt.ts";
import { Target } from "../../../lib/channels/registry.ts";
import { maskSecretsIn } from "../../../lib/domain/mask-secrets-in.ts";
import { CHAT_KINDS } from "./samples.ts";

const masked = (text: string, of: Target, isTruncated = false) =>
  maskedAnswerExcerpt({ text, isTruncated }, maskSecretsIn(of));

const KEY = Buffer.alloc(24, 7).toString("base64");
const target = Target.parse({
  kind: "webhook",
  url: "https://receiver.example.net/hooks/T0123456/abc+def?sig=a%2Fb%26cdefgh&v=1",
  secrets: [`whsec_${KEY}`],
  headers: { authorization: 'Bearer tok-en/"1"', "x-flag": "on" },
});

describe("a masked answer", () => {
  it.each([
    ["the whole URL", "https://receiver.example.net/hooks/T0123456/abc+def?sig=a%2Fb%26cdefgh&v=1"],
    ["path and query", "/hooks/T0123456/abc+def?sig=a%2Fb%26cdefgh&v=1"],
    ["only the path", "/hooks/T0123456/abc+def"],
    ["a long part of the path", "T0123456"],
    ["a long value of the query, decoded", "a/b&cdefgh"],
    ["the query, escaped for HTML", "sig=a%2Fb%26cdefgh&amp;v=1"],
    ["the path in JSON with escaped slashes", "\\/hooks\\/T0123456\\/abc+def"],
    ["the path, encoded for a query", encodeURIComponent("/hooks/T0123456/abc+def")],
    ["the secret", `whsec_${KEY}`],
    ["the signing key without the prefix", KEY],
    ["a header", 'Bearer tok-en/"1"'],
    ["a header in JSON", 'Bearer tok-en/\\"1\\"'],
    ["the last word of a header", 'tok-en/"1"'],
    ["a secret split by a line break", `whsec_${KEY.slice(0, 5)}\r\n  ${KEY.slice(5)}`],
    ["a header with a line break in place of its space", 'Bearer\ntok-en/"1"'],
    ["capital letters", "/HOOKS/T0123456/ABC+DEF"],
    ["a secret that contains control characters", `whsec_\u0000${KEY.slice(0, 5)}\u200b${KEY.slice(5)}`],
  ])("does not contain %s", (_, echo) => {
    expect(masked(`got ${echo} here`, target)).toMatch(/^got (<secret>)+ here$/);
  });

  it("shows text that is not secret in one readable line", () => {
    expect(masked("  no\r\nsuch\thook \u001b[31mred on v=1 ", target)).toBe("no such hook [31mred on v=1");
  });

  it("has at most 200 whole characters after masking", () => {
    const text = masked(`${"😀".repeat(198)}whsec_${KEY}`, target);
    expect([...text]).toHaveLength(200);
    expect(text.endsWith("😀<s")).toBe(true);
  });

  it("does not end with the first part of a secret when the answer was truncated", () => {
    const beginning = `whsec_${KEY}`.slice(0, -1);
    expect(masked(`whsec_${KEY} ${beginning}`, target, true)).not.toContain("whsec_");
    expect(masked(`${"\u0000".repeat(16_000)}${beginning}`, target, true)).toBe("");
    expect(masked(`${"x".repeat(16_000)} ${beginning}`, target, true)).toBe("x".repeat(200));
  });

  it("contains no secret at any position in the answer", () => {
    const secrets = ["/hooks/T0123456", `whsec_${KEY}`, KEY, "tok-en", "cdefgh"];
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom(...secrets.slice(1, 3)),
        fc.string(),
        (before, secret, after) => {
          return !masked(before + secret + after, target).includes(secret);
        },
      ),
    );
  });

  it.each(CHAT_KINDS)("does not contain the URL of %s", (kind) => {
    const chat = Target.parse({ kind, url: "https://chat.example.net/hook?key=0123-4567-89ab" });
    expect(masked("bad key 0123-4567-89ab at /hook?key=0123-4567-89ab", chat)).toBe(
      "bad key <secret> at <secret>",
    );
  });

  it.each(["feishu", "dingtalk"] as const)("does not contain the secret of %s", (kind) => {
    const chat = Target.parse({ kind, url: "https://chat.example.net/", secret: "SEC1" });
    expect(masked("not SEC1", chat)).toBe("not <secret>");
  });
});
