import { isCallbackHostAllowed } from "../../../lib/http/callback-host.ts";

const HOSTS = ["ci.example.com", "hooks.example.com:8443", "10.0.0.5"];

describe("a caller's own URL", () => {
  it.each([
    "https://ci.example.com/done",
    "https://CI.example.com./done",
    "https://ci.example.com:9000/",
    "https://hooks.example.com:8443/",
    "http://10.0.0.5:1234/",
  ])("may name a host the operator lists: %s", (url) => expect(isCallbackHostAllowed(url, HOSTS)).toBe(true));

  it.each([
    "https://example.com/",
    "https://evil.ci.example.com/",
    "https://ci.example.com.evil.net/",
    "https://ci.example.com@evil.net/",
    "https://hooks.example.com/",
    "https://10.0.0.6/",
    "ftp://ci.example.com/",
    "ci.example.com",
    "",
  ])("may name no other: %j", (url) => expect(isCallbackHostAllowed(url, HOSTS)).toBe(false));

  it("may name none where none is listed, and no range of addresses", () => {
    expect(isCallbackHostAllowed("https://ci.example.com/", [])).toBe(false);
    expect(isCallbackHostAllowed("https://8.8.8.8/", ["0.0.0.0/0"])).toBe(false);
  });
});
