import { isValidAllowEntry, parseAllowListIgnoringInvalid } from "../../../lib/http/egress-rules.ts";
import fc from "../../support/properties.ts";

const hasAddress = (entry: string, address: string, port = 443) =>
  parseAllowListIgnoringInvalid([entry]).hasAddress(address, port);

describe("an allow list", () => {
  it.each([
    ["10.0.0.0/8", "10.255.0.1"],
    ["10.0.0.5", "10.0.0.5"],
    ["10.0.0.5:443", "10.0.0.5"],
    ["fd00::/8", "fd12::1"],
    ["::1", "::1"],
    ["[::1]", "0:0:0:0:0:0:0:1"],
    ["[::1]:443", "::1"],
    ["0.0.0.0/0", "127.0.0.1"],
    ["::/128", "::"],
    ["10.0.0.0/32", "10.0.0.0"],
  ])("with the entry %s contains the address %s", (entry, address) =>
    expect(hasAddress(entry, address)).toBe(true),
  );

  it.each([
    ["10.0.0.0/8", "11.0.0.1"],
    ["10.0.0.5:80", "10.0.0.5"],
    ["10.0.0.0/33", "10.0.0.1"],
    ["10.0.0.0/", "10.0.0.0"],
    ["10.0.0.0/8/8", "10.0.0.0"],
    ["10.0.0.0/8x", "10.0.0.0"],
    ["[::1]:44x", "::1"],
    ["10.0.0.0:443x", "10.0.0.0"],
    ["10.0.0.0:65536", "10.0.0.0"],
    ["10.0.0.0/-1", "10.0.0.0"],
    ["::/129", "::1"],
    ["fe80::1%eth0", "fe80::1"],
    ["", "10.0.0.0"],
    ["/8", "10.0.0.0"],
    ["receiver.internal", "10.0.0.0"],
  ])("with the entry %j does not contain the address %s", (entry, address) =>
    expect(hasAddress(entry, address)).toBe(false),
  );

  it("compares host names in lower case, in punycode and without a trailing dot", () => {
    const list = parseAllowListIgnoringInvalid([" Bücher.Example ", "router.:80"]);
    expect(list.hasName("xn--bcher-kva.example", 1)).toBe(true);
    expect(list.hasName("router", 80)).toBe(true);
    expect(list.hasName("router", 81)).toBe(false);
    expect(list.hasName("sub.xn--bcher-kva.example", 1)).toBe(false);
  });

  it("ignores an invalid entry, and uses the other entries", () => {
    const list = parseAllowListIgnoringInvalid(["10.0.0.0/99", "not a host!!", "router:65535", "fd00::/8"]);
    expect([list.hasName("router", 65_535), list.hasAddress("fd00::1", 443)]).toEqual([true, true]);
    expect([list.hasName("host", 443), list.hasAddress("10.0.0.1", 443)]).toEqual([false, false]);
  });

  it("allows no address when the entry is invalid", () => {
    fc.assert(
      fc.property(
        fc.string(),
        (entry) => !parseAllowListIgnoringInvalid([`${entry}|`]).hasAddress("127.0.0.1", 443),
      ),
    );
  });

  it.each([
    "receiver.internal",
    "receiver:8080",
    "10.0.0.5",
    "10.0.0.0/8",
    "::1",
    "[::1]:443",
    "fd00::/8",
    "Bücher.Example",
  ])("accepts the entry %s", (entry) => expect(isValidAllowEntry(entry)).toBe(true));

  it.each([
    "",
    "not a host!!",
    "10.0.0.0/99",
    "10.0.0",
    "https://x/y",
    "*.example.com",
    "host/8",
    "host:70000",
    "fe80::1%eth0",
  ])("does not accept the entry %j", (entry) => expect(isValidAllowEntry(entry)).toBe(false));
});
