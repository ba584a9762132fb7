import { foreignName, webUrl, withLinks } from "../../../lib/pages/untrusted.ts";

describe("webUrl", () => {
  it.each([
    "javascript:alert(1)",
    "data:text/html,x",
    " java\nscript:x",
    "//host/x",
    "/x",
    "",
    null,
    undefined,
  ])("is none for %j", (text) => {
    expect(webUrl(text)).toBeNull();
  });

  it("is normalised for http and https", () => {
    expect(webUrl("HTTPS://Example.com/a b")).toBe("https://example.com/a%20b");
    expect(webUrl("http://example.com")).toBe("http://example.com/");
  });
});

describe("withLinks", () => {
  it("links addresses and leaves the sentence around them", () => {
    expect(String(withLinks("See https://example.com/a?b=1&c=2. <Then> go on"))).toBe(
      'See <a href="https://example.com/a?b=1&amp;c=2" rel="noreferrer noopener"><bdi>https://example.com/a?b=1&amp;c=2</bdi></a>. &lt;Then&gt; go on',
    );
  });

  it("leaves what is no address", () => {
    expect(String(withLinks("https://[bad and javascript:x"))).toBe("https://[bad and javascript:x");
  });
});

it("a name may wrap between its words", () => {
  expect(String(foreignName("CreateMasterVM<"))).toBe("<bdi>Create<wbr>Master<wbr>VM&lt;</bdi>");
});
