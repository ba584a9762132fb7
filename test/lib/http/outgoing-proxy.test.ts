import { readOutgoingProxyOrThrow } from "../../../lib/http/outgoing-proxy.ts";

const read = (env: Record<string, string>) => {
  const proxy = readOutgoingProxyOrThrow(env);
  return proxy === null
    ? null
    : [proxy.protocol, proxy.host, proxy.port, proxy.authorization?.reveal() ?? null];
};
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

describe("readOutgoingProxyOrThrow", () => {
  it.each([
    ["http://proxy.example.com:3128", ["http:", "proxy.example.com", 3128, null]],
    ["http://proxy.example.com", ["http:", "proxy.example.com", 1080, null]],
    ["http://proxy.example.com:80/", ["http:", "proxy.example.com", 80, null]],
    ["https://proxy.example.com", ["https:", "proxy.example.com", 443, null]],
    ["proxy.example.com:3128", ["http:", "proxy.example.com", 3128, null]],
    [" 10.0.0.7:3128 ", ["http:", "10.0.0.7", 3128, null]],
    ["http://[fd00::1]:3128", ["http:", "fd00::1", 3128, null]],
    ["http://kim:p%40ss%3a@proxy:3128", ["http:", "proxy", 3128, basic("kim:p@ss:")]],
    ["http://kim:50%@proxy:3128", ["http:", "proxy", 3128, basic("kim:50%")]],
    ["http://proxy:3128/path?x=1", ["http:", "proxy", 3128, null]],
    ["HTTP://PROXY:80/:9", ["http:", "proxy", 80, null]],
    ["http://kim@proxy:3128", ["http:", "proxy", 3128, basic("kim:")]],
  ])("reads the proxy %s", (text, proxy) => {
    expect(read({ HTTPS_PROXY: text })).toEqual(proxy);
  });

  it("prefers names in lower case and HTTPS_PROXY to ALL_PROXY, and ignores empty variables and HTTP_PROXY", () => {
    const host = (env: Record<string, string>) => read(env)?.[1] ?? null;
    expect(host({ https_proxy: "http://a", HTTPS_PROXY: "http://b", ALL_PROXY: "http://c" })).toBe("a");
    expect(host({ https_proxy: "", HTTPS_PROXY: "http://b", ALL_PROXY: "http://c" })).toBe("b");
    expect(host({ all_proxy: "http://c" })).toBe("c");
    expect(host({ HTTP_PROXY: "http://d", http_proxy: "http://d", HTTPS_PROXY: " " })).toBeNull();
  });

  it.each([
    "socks5://proxy:1080",
    "http://",
    "http://kim:hunter2@",
    '"http://kim:hunter2@proxy:3128"',
    "ftp://kim:hunter2@proxy",
    "xhttps://kim:hunter2@proxy",
    "http://kim:hunter2@proxy!.example.com",
    "a b",
  ])("refuses %s with an error that does not contain the value", (text) => {
    expect(() => readOutgoingProxyOrThrow({ HTTPS_PROXY: text })).toThrow(
      /^HTTPS_PROXY must be the URL of an HTTP proxy/,
    );
    expect(() => readOutgoingProxyOrThrow({ HTTPS_PROXY: text })).not.toThrow(/hunter2/);
  });

  it("names the variable that contains the refused proxy", () => {
    expect(() => readOutgoingProxyOrThrow({ all_proxy: "socks5://proxy:1080" })).toThrow(
      /^ALL_PROXY must be/,
    );
  });

  it.each([
    ["", "cce.example.com", true],
    ["*", "cce.example.com", false],
    ["example.com", "example.com", false],
    ["example.com", "cce.example.com", false],
    [".example.com", "example.com", false],
    [".example.com", "cce.EXAMPLE.com.", false],
    ["*.example.com", "cce.example.com", false],
    ["example.com.", "cce.example.com", false],
    ["example.com", "notexample.com", true],
    ["cce.example.com", "example.com", true],
    ["a.b, ,example.com", "example.com", false],
    [" , ", "", true],
    ["10.0.0.0/16", "10.0.200.1", false],
    ["10.0.0.0/1x", "10.0.200.1", true],
    ["10.0.0.0/8", "10.example.com", true],
    ["fd00::/8", "fd12::1", false],
    ["fd00::/8", "fe12::1", true],
    ["a.b example.com", "example.com", false],
    ["LOCALHOST", "localhost", false],
    ["10.0.0.1", "10.0.0.1", false],
    ["10.0.0.1", "10.0.0.10", true],
    ["10.0.0.0/8", "10.9.9.9", false],
    ["10.0.0.0/8", "11.0.0.1", true],
    ["10.0.0.0/99", "10.0.0.1", true],
    ["fd00::/8", "fd00::7", false],
    ["[::1]", "::1", false],
    ["example.com:443", "cce.example.com", false],
    ["*.example.com:443", "cce.example.com", false],
    ["example.com:8443", "example.com", true],
    ["10.0.0.1:443,10.0.0.2:80", "10.0.0.1", false],
    ["10.0.0.1:443,10.0.0.2:80", "10.0.0.2", true],
    ["[fd00::7]:443", "fd00::7", false],
    ["*:8443", "example.com", true],
    ["fd00::7:443", "fd00::7", true],
    ["10.0.0.0/", "10.0.0.1", true],
    ["10.0.0.0/1e1", "10.0.0.1", true],
    ["0.1", "10.0.0.1", true],
  ])("with NO_PROXY '%s', the use of the proxy for %s is %s", (noProxy, host, isUsed) => {
    expect(
      readOutgoingProxyOrThrow({ HTTPS_PROXY: "http://p", NO_PROXY: noProxy })?.isUsedFor(host, 443),
    ).toBe(isUsed);
  });
});
