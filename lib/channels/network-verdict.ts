import { EGRESS_REFUSED } from "../domain/job.ts";
import { DEADLINE_PASSED, REQUEST_INVALID } from "../http/exchange.ts";
import type { Judgement } from "./reasons.ts";
import { again, rejected } from "./verdicts.ts";

/** Some call a refused address by the attack's name. */
const REFUSED: ReadonlySet<string> = new Set([EGRESS_REFUSED, "SSRF_REFUSED"]);

/**
 * OpenSSL's verification errors as Node spells them: whoever answered could not prove to be the host that was
 * called. https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
const CERTIFICATE: ReadonlySet<string> = new Set([
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "ERR_TLS_CERT_ALTNAME_FORMAT",
  "CERT_CHAIN_TOO_LONG",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REJECTED",
  "CERT_REVOKED",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERROR_IN_CERT_NOT_AFTER_FIELD",
  "ERROR_IN_CERT_NOT_BEFORE_FIELD",
  "HOSTNAME_MISMATCH",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "PATH_LENGTH_EXCEEDED",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
  "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

const TIMEOUT: ReadonlySet<string> = new Set([
  DEADLINE_PASSED,
  "ETIMEDOUT",
  "ESOCKETTIMEDOUT",
  "ERR_SOCKET_CONNECTION_TIMEOUT",
]);

const NAME: ReadonlySet<string> = new Set(["ENOTFOUND", "EAI_AGAIN", "ENODATA", "ESERVFAIL"]);

/** Judges an attempt that brought no complete reply. What is not known to be hopeless is tried again. */
export function judgeNetwork(code: string): Judgement {
  if (REFUSED.has(code)) return rejected("egress_private_address");
  if (CERTIFICATE.has(code)) return rejected("certificate_refused");
  if (code === REQUEST_INVALID) return rejected("request_invalid");
  if (TIMEOUT.has(code)) return again("timeout");
  if (NAME.has(code)) return again("name_not_found");
  return again("connection_failed");
}
