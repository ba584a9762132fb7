import { refusalAfterNetworkError } from "../../../lib/cce/cce-error.ts";

describe("refusalAfterNetworkError", () => {
  it.each([
    ["ECONNREFUSED", "CCE cannot be reached (ECONNREFUSED)"],
    ["DEADLINE_PASSED", "CCE did not answer in time"],
    [
      "CERT_HAS_EXPIRED",
      "CCE cannot be reached (CERT_HAS_EXPIRED): its certificate is out of date, so check endpoint of project prod",
    ],
    [
      "CERT_UNTRUSTED",
      "CCE cannot be reached (CERT_UNTRUSTED): its certificate is not trusted, so check ca and endpoint of project prod",
    ],
    [
      "HPE_INVALID_CONSTANT",
      "CCE answered, but not in valid HTTP (HPE_INVALID_CONSTANT): check endpoint of project prod",
    ],
    ["EPROTO", "CCE refused the TLS handshake (EPROTO): check endpoint of project prod"],
    [
      "BODY_UNDECODABLE",
      "CCE answered with a body that cannot be decompressed (BODY_UNDECODABLE): check each proxy in front of endpoint of project prod",
    ],
    ["PROXY_REFUSED", "CCE cannot be reached through the proxy in HTTPS_PROXY (PROXY_REFUSED)"],
  ])("says for the code %s what happened and what to check", (code, text) => {
    expect(refusalAfterNetworkError("prod", code)).toEqual({ kind: "unavailable", text });
  });

  it("names IAM and the address of IAM when a sign-in got no reply", () => {
    expect(refusalAfterNetworkError("prod", "CERT_UNTRUSTED", "IAM")).toMatchObject({
      text: expect.stringMatching(/^IAM cannot be reached .* check ca and iamEndpoint of project prod$/),
    });
  });
});
