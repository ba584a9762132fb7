import { explainNetworkError } from "../../client/network-error-text.ts";

const errorWith = (code: string) => Object.assign(new Error("failed"), { code });

test.each([
  ["ECONNREFUSED", "it refused the connection"],
  ["ECONNRESET", "the connection was closed before the answer"],
  ["EPIPE", "the connection was closed before the answer"],
  ["UND_ERR_SOCKET", "the connection was closed before the answer"],
  ["ENOTFOUND", "the host name does not exist"],
  ["ENODATA", "the host name does not exist"],
  ["EAI_AGAIN", "the host name cannot be resolved now"],
  ["ESERVFAIL", "the host name cannot be resolved now"],
  ["ETIMEOUT", "the host name cannot be resolved now"],
  ["ETIMEDOUT", "it did not answer in time"],
  ["UND_ERR_HEADERS_TIMEOUT", "it did not answer in time"],
  ["EHOSTUNREACH", "there is no network route to it"],
  ["ENETUNREACH", "there is no network route to it"],
  ["EADDRNOTAVAIL", "there is no network route to it"],
  ["PROXY_AUTHENTICATION", "the proxy in HTTPS_PROXY does not accept the user name and the password"],
  ["PROXY_REFUSED", "the proxy in HTTPS_PROXY cannot be reached or refused the connection"],
  ["EPROTO", "it does not use TLS. Check whether the URL must begin with http or https"],
  [
    "ERR_SSL_WRONG_VERSION_NUMBER",
    "it does not use TLS. Check whether the URL must begin with http or https",
  ],
  ["HPE_INVALID_CONSTANT", "its answer is not valid HTTP"],
  ["UND_ERR_INVALID_ARG", "its answer is not valid HTTP"],
  ["EOTHER", "the connection failed"],
  ["XECONNREFUSED", "the connection failed"],
  ["ECONNREFUSEDX", "the connection failed"],
  ["XENOTFOUND", "the connection failed"],
  ["ENOTFOUNDX", "the connection failed"],
  ["XEPIPE", "the connection failed"],
  ["EPIPEX", "the connection failed"],
  ["XEAI_AGAIN", "the connection failed"],
  ["ETIMEOUTX", "the connection failed"],
  ["XETIMEDOUT", "the connection failed"],
  ["ETIMEDOUTX", "the connection failed"],
  ["XEHOSTUNREACH", "the connection failed"],
  ["ENETUNREACHX", "the connection failed"],
  ["PROXY_AUTHENTICATION_X", "the proxy in HTTPS_PROXY cannot be reached or refused the connection"],
  ["XPROXY_AUTHENTICATION", "the connection failed"],
  ["XPROXY_REFUSED", "the connection failed"],
  ["XEPROTO", "the connection failed"],
  ["XHPE_INVALID", "the connection failed"],
])("a call that failed with the code %s is explained: %s", (code, text) => {
  expect(explainNetworkError(errorWith(code))).toBe(`${text} (${code})`);
});

test.each([
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_ALTNAME_INVALID",
])("a call that failed with the code %s says that the certificate is not trusted", (code) => {
  expect(explainNetworkError(errorWith(code))).toBe(
    `its TLS certificate is not valid for this host or not trusted. NODE_EXTRA_CA_CERTS can name a file with more certificate authorities (${code})`,
  );
});

test.each([
  [new DOMException("late", "TimeoutError"), "it did not answer in time"],
  [
    new TypeError("fetch failed", { cause: errorWith("ECONNREFUSED") }),
    "it refused the connection (ECONNREFUSED)",
  ],
  [new TypeError("fetch failed", { cause: new Error("unexpected redirect") }), "it answers with a redirect"],
  [new TypeError("fetch failed", { cause: new Error("bad port") }), "HTTP may not use this port"],
  [new TypeError("fetch failed"), "it gave no answer"],
  [undefined, "it gave no answer"],
  ["text", "it gave no answer"],
])("a call without an error code is explained (%#)", (error, text) => {
  expect(explainNetworkError(error)).toBe(text);
});
