import fc from "fast-check";
import { maskAnswer as mask } from "../../../lib/channels/mask-answer.ts";
import { Target } from "../../../lib/channels/targets.ts";

const maskAnswer = (answer: string, of: Target, cut = false) => mask(answer, of, cut);

const KEY = Buffer.alloc(24, 7).toString("base64");
const target = Target.parse({
  kind: "webhook",
  url: "https://receiver.example.net/hooks/T0123456/abc+def?sig=a%2Fb%26cdefgh&v=1",
  secrets: [`whsec_${KEY}`],
  headers: { authorization: 'Bearer tok-en/"1"', "x-flag": "on" },
});

describe("the answer that is kept", () => {
  it.each([
    ["the whole URL", "https://receiver.example.net/hooks/T0123456/abc+def?sig=a%2Fb%26cdefgh&v=1"],
    ["path and query", "/hooks/T0123456/abc+def?sig=a%2Fb%26cdefgh&v=1"],
    ["the path alone", "/hooks/T0123456/abc+def"],
    ["a telling part of the path", "T0123456"],
    ["a telling value of the query, as it is meant", "a/b&cdefgh"],
    ["the query for HTML", "sig=a%2Fb%26cdefgh&amp;v=1"],
    ["the path as PHP writes JSON", "\\/hooks\\/T0123456\\/abc+def"],
    ["the URL in a query of its own", encodeURIComponent("/hooks/T0123456/abc+def")],
    ["the secret", `whsec_${KEY}`],
    ["the key without its prefix", KEY],
    ["a header", 'Bearer tok-en/"1"'],
    ["a header in JSON", 'Bearer tok-en/\\"1\\"'],
    ["the last word of a header", 'tok-en/"1"'],
    ["capital letters", "/HOOKS/T0123456/ABC+DEF"],
    ["a secret taken apart by control characters", `whsec_\u0000${KEY.slice(0, 5)}\u200b${KEY.slice(5)}`],
  ])("hides %s", (_, echo) => {
    expect(maskAnswer(`seen ${echo} here`, target)).toMatch(/^seen (<secret>)+ here$/);
  });

  it("keeps the rest of an answer readable, in one line", () => {
    expect(maskAnswer("  no\r\nsuch\thook \u001b[31mred on v=1 ", target)).toBe(
      "no such hook [31mred on v=1",
    );
  });

  it("is cut at 200 characters, after masking and without splitting one", () => {
    const kept = maskAnswer(`${"😀".repeat(198)}whsec_${KEY}`, target);
    expect([...kept]).toHaveLength(200);
    expect(kept.endsWith("😀<s")).toBe(true);
  });

  it("does not keep the beginning of a secret where reading stopped", () => {
    const beginning = `whsec_${KEY}`.slice(0, -1);
    expect(maskAnswer(`whsec_${KEY} ${beginning}`, target, true)).not.toContain("whsec_");
    expect(maskAnswer(`${"x".repeat(300)} ${beginning}`, target, true)).toBe("x".repeat(200));
  });

  it("holds no secret wherever it stands in an answer", () => {
    const secrets = ["/hooks/T0123456", `whsec_${KEY}`, KEY, "tok-en", "cdefgh"];
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom(...secrets.slice(1, 3)),
        fc.string(),
        (before, secret, after) => {
          return !maskAnswer(before + secret + after, target).includes(secret);
        },
      ),
    );
  });

  it.each(["slack", "wecom", "teams", "discord", "feishu", "dingtalk"] as const)(
    "hides the URL of %s",
    (kind) => {
      const chat = Target.parse({ kind, url: "https://chat.example.net/hook?key=0123-4567-89ab" });
      expect(maskAnswer("bad key 0123-4567-89ab at /hook", chat)).toBe("bad key <secret> at <secret>");
    },
  );

  it.each(["feishu", "dingtalk"] as const)("hides the secret of %s", (kind) => {
    const chat = Target.parse({ kind, url: "https://chat.example.net/", secret: "SEC1" });
    expect(maskAnswer("not SEC1", chat)).toBe("not <secret>");
  });
});
