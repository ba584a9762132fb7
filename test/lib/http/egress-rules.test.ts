import {
  checkUrlBeforeDns,
  EgressRefusedError,
  isCallbackHostListedExactly,
  parseAllowListIgnoringInvalid,
} from "../../../lib/http/egress-rules.ts";
import fc, { anyCharacter } from "../../support/properties.ts";

const verdict = (url: string, allow: readonly string[] = []) => {
  const checked = checkUrlBeforeDns(url, parseAllowListIgnoringInvalid(allow));
  return checked.kind === "refused" ? checked.rule : "allowed";
};

describe("checkUrlBeforeDns", () => {
  it.each([
    "https://hooks.slack.com/services/T00/B00/abc",
    "https://prod-1.westeurope.logic.azure.com:443/workflows/a?sp=%2Ftriggers&sig=b",
    "https://bücher.example.net/hook",
    "https://receiver.example.net./hook",
    "HTTPS://Receiver.Example.NET/hook?a=b@c",
    "https://localhost.example.net/",
    "https://internal-tools.example.com/",
    "https://local.example.com/",
    "https://example.com/",
  ])("allows an ordinary receiver: %s", (url) => expect(verdict(url)).toBe("allowed"));

  it.each([
    ["egress_scheme", "http://receiver.example.net/"],
    ["egress_scheme", "ftp://receiver.example.net/"],
    ["egress_scheme", "data:text/plain,x"],
    ["egress_scheme", "javascript:alert(1)"],
    ["egress_port", "https://receiver.example.net:8443/"],
    ["egress_port", "https://receiver.example.net:0/"],
    ["egress_user_info", "https://me@receiver.example.net/"],
    ["egress_user_info", "https://@receiver.example.net/"],
    ["egress_user_info", "https://me:pw@127.0.0.1/"],
    ["egress_fragment", "https://receiver.example.net/#"],
    ["egress_fragment", "https://receiver.example.net/#@inside"],
    ["egress_characters", "https://receiver.example.net\\@inside/"],
    ["egress_characters", "https://receiver.example.net/a b"],
    ["egress_characters", " https://receiver.example.net/"],
    ["egress_characters", "https://receiver.example.net/\u3000"],
    ["egress_characters", "https://rece\u0000iver.example.net/"],
    ["egress_characters", "https://rece\tiver.example.net/"],
    ["egress_malformed_url", "https:///receiver.example.net/"],
    ["egress_malformed_url", "https:receiver.example.net/"],
    ["egress_malformed_url", "//receiver.example.net/"],
    ["egress_malformed_url", "receiver.example.net"],
    ["egress_malformed_url", "https://256.256.256.256/"],
    ["egress_malformed_url", "https://receiver.example.net:99999/"],
    ["egress_malformed_url", ""],
    ["egress_literal_address", "https://8.8.8.8/"],
    ["egress_literal_address", "https://0x7f.1/"],
    ["egress_literal_address", "https://127%2e0%2e0%2e1/"],
    ["egress_literal_address", "https://①②⑦.⓪.⓪.①/"],
    ["egress_literal_address", "https://127.0.0.1./"],
    ["egress_literal_address", "https://[2606:4700::1111]/"],
    ["egress_literal_address", "https://[::ffff:8.8.8.8]/"],
    ["egress_malformed_url", "https:x://receiver.example.net/"],
    ["egress_private_name", "https://localhost/"],
    ["egress_private_name", "https://router/"],
    ["egress_private_name", "https://LOCALHOST./"],
    ["egress_private_name", "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/"],
    ["egress_private_name", "https://local\u00adhost/"],
    ["egress_private_name", "https://metadata.google.internal./"],
    ["egress_private_name", "https://nas.local/"],
    ["egress_private_name", "https://notify.default.svc/"],
    ["egress_private_name", "https://home.arpa/"],
    ["egress_private_name", "https://router.home.arpa/"],
    ["egress_private_name", "https://example..net/"],
    ["egress_private_name", "https://example.net../"],
  ])("applies the rule %s to the URL %j", (rule, url) => expect(verdict(url)).toBe(rule));

  it("allows a private name in the allow list, with any port and over plain http", () => {
    const allow = ["receiver.internal", "router"];
    for (const url of [
      "http://receiver.internal/",
      "https://receiver.internal:8443/",
      "http://router:8080/a",
    ])
      expect(verdict(url, allow)).toBe("allowed");
  });

  it("allows only the listed port when an entry has a port", () => {
    expect(verdict("http://router:8080/", ["router:8080"])).toBe("allowed");
    expect(verdict("http://router:8081/", ["router:8080"])).toBe("egress_scheme");
    expect(verdict("https://router/", ["router:443"])).toBe("allowed");
    expect(verdict("http://router/", ["router:80"])).toBe("allowed");
  });

  it("does not allow a private name when the allow list contains only an address range", () => {
    expect(verdict("http://router/", ["0.0.0.0/0", "::/0"])).toBe("egress_scheme");
  });

  it("allows an IP address that is in the allow list", () => {
    expect(verdict("http://127.0.0.1:9/", ["127.0.0.0/8"])).toBe("allowed");
    expect(verdict("http://[::1]:9/", ["[::1]:9"])).toBe("allowed");
    expect(verdict("http://[::1]:10/", ["[::1]:9"])).toBe("egress_literal_address");
  });

  it("applies the rules for the URL's text also to a host in the allow list", () => {
    const allow = ["router"];
    expect(verdict("http://me@router/", allow)).toBe("egress_user_info");
    expect(verdict("http://router/#", allow)).toBe("egress_fragment");
    expect(verdict("gopher://router/", allow)).toBe("egress_scheme");
  });

  it("refuses every IP address in every notation", () => {
    const octal = (octet: number) => `0${octet.toString(8)}`;
    const hex = (octet: number) => `0x${octet.toString(16)}`;
    const spelling = fc.constantFrom(String, octal, hex);
    fc.assert(
      fc.property(fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }), spelling, (octets, spell) => {
        return verdict(`https://${octets.map(spell).join(".")}/`) === "egress_literal_address";
      }),
    );
    fc.assert(
      fc.property(fc.ipV6(), (address) => verdict(`https://[${address}]/`) === "egress_literal_address"),
    );
    fc.assert(fc.property(fc.nat(0xffffffff), (n) => verdict(`https://${n}/`) === "egress_literal_address"));
  });

  it("allows only https URLs with a public name and port 443, for every text", () => {
    const hostile = fc.webUrl({
      withFragments: true,
      withQueryParameters: true,
      validSchemes: ["https", "http"],
    });
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: anyCharacter }), hostile), (text) => {
        const checked = checkUrlBeforeDns(text, parseAllowListIgnoringInvalid([]));
        if (checked.kind === "refused") return true;
        const { url, hostPort } = checked;
        return (
          url.protocol === "https:" && hostPort.port === 443 && hostPort.host.includes(".") && url.hash === ""
        );
      }),
    );
  });
});

test("the error about a refused address contains the rule, and not the address", () => {
  const error = new EgressRefusedError("egress_port");
  expect(error).toMatchObject({ name: "EgressRefusedError", code: "EGRESS_REFUSED", rule: "egress_port" });
  expect(error.message).toContain("egress_port");
});

const HOSTS = ["ci.example.com", "hooks.example.com:8443", "10.0.0.5"];

describe("isCallbackHostListed", () => {
  it.each([
    "https://ci.example.com/done",
    "https://CI.example.com./done",
    "https://ci.example.com:9000/",
    "https://hooks.example.com:8443/",
    "http://10.0.0.5:1234/",
  ])("returns true for a host in the list: %s", (url) =>
    expect(isCallbackHostListedExactly(url, HOSTS)).toBe(true),
  );

  it.each([
    "https://example.com/",
    "https://evil.ci.example.com/",
    "https://ci.example.com.evil.net/",
    "https://ci.example.com@evil.net/",
    "https://hooks.example.com/",
    "https://10.0.0.6/",
    "ftp://ci.example.com/",
    "xhttps://ci.example.com/",
    "ci.example.com",
    "",
  ])("returns false for any other text: %j", (url) =>
    expect(isCallbackHostListedExactly(url, HOSTS)).toBe(false),
  );

  it("returns false for an empty list and for a range of addresses", () => {
    expect(isCallbackHostListedExactly("https://ci.example.com/", [])).toBe(false);
    expect(isCallbackHostListedExactly("https://8.8.8.8/", ["0.0.0.0/0"])).toBe(false);
  });
});
