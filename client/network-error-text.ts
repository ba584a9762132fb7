import { toObjectOrEmpty } from "../lib/domain/json.ts";

const CERTIFICATE =
  "its TLS certificate is not valid for this host or not trusted. NODE_EXTRA_CA_CERTS can name a file with more certificate authorities";

/** For each Node.js error code, the text with which the client's error message ends. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/^ECONNREFUSED$/, "it refused the connection"],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, "the connection was closed before the answer"],
  [/^(ENOTFOUND|ENODATA)$/, "the host name does not exist"],
  [/^(EAI_AGAIN|ESERVFAIL|ETIMEOUT)$/, "the host name cannot be resolved now"],
  [/^(ETIMEDOUT|UND_ERR_\w*TIMEOUT)$/, "it did not answer in time"],
  [/^(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/, "there is no network route to it"],
  [/^PROXY_AUTHENTICATION$/, "the proxy in HTTPS_PROXY does not accept the user name and the password"],
  [/^PROXY_/, "the proxy in HTTPS_PROXY cannot be reached or refused the connection"],
  [/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/, CERTIFICATE],
  [/^(EPROTO|ERR_SSL)/, "it does not use TLS. Check whether the URL must begin with http or https"],
  [/^(HPE_|UND_ERR_)/, "its answer is not valid HTTP"],
];

/**
 * Returns the reason why a network call failed, as the end of a sentence. The returned text contains the error code of
 * Node.js, so that a person can search for the code.
 */
export function explainNetworkError(error: unknown): string {
  const { name, code, message, cause } = toObjectOrEmpty(error);
  if (name === "TimeoutError") return "it did not answer in time";
  if (typeof code === "string") {
    const text = TEXTS.find(([pattern]) => pattern.test(code))?.[1] ?? "the connection failed";
    return `${text} (${code})`;
  }
  if (typeof message === "string" && message.includes("redirect")) return "it answers with a redirect";
  if (message === "bad port") return "HTTP may not use this port";
  return cause === undefined ? "it gave no answer" : explainNetworkError(cause);
}
