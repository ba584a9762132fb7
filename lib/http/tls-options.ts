import { createPrivateKey, X509Certificate } from "node:crypto";
import * as z from "zod/mini";
import { Secret, toSecret } from "../domain/secret.ts";
import { textSchema, withChecks } from "../domain/zod-fields.ts";

const BEGIN = /-----BEGIN CERTIFICATE-----/g;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** One or more certificates in PEM, for example the certificate of a private certificate authority. */
export const Certificates = z.lazy(() =>
  textSchema(
    z.refine(
      (pem) => parseCertificates(pem) !== null,
      "must be one or more certificates in PEM ('-----BEGIN CERTIFICATE-----')",
    ),
  ),
);

/**
 * A client certificate and its private key. The service identifies itself to a server with this certificate. Most
 * targets have no client certificate, so the code creates the schema only at the first use.
 */
export const ClientCertificate = z.lazy(() =>
  withChecks(
    z.strictObject({ cert: Certificates, key: privateKeySchema() }),
    z.refine(({ cert, key }) => isKeyOf(cert, key), {
      message: "must be the private key of the first certificate in cert",
      path: ["key"],
    }),
  ),
);

function privateKeySchema() {
  const error = "must be a private key in PEM, without a passphrase ('-----BEGIN PRIVATE KEY-----')";
  return z.pipe(textSchema(z.refine(isPrivateKey, error)), toSecret);
}

/** The TLS settings of a target or project. */
interface TlsConfig {
  readonly ca?: string | undefined;
  readonly clientCertificate?: z.infer<typeof ClientCertificate> | undefined;
}

/**
 * The TLS options of one HTTP request. With `ca`, the service trusts only the given certificate authorities. Requests
 * with different options use different connections.
 */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export function toTlsOptions({ ca, clientCertificate }: TlsConfig): TlsOptions {
  return {
    ...(ca !== undefined && { ca }),
    ...(clientCertificate !== undefined && {
      cert: clientCertificate.cert,
      key: clientCertificate.key.reveal(),
    }),
  };
}

function parseCertificates(pem: unknown): readonly X509Certificate[] | null {
  if (typeof pem !== "string") return null;
  const blocks = pem.match(CERTIFICATE) ?? [];
  // If one certificate is incomplete, the function refuses the whole text. If the function ignored the incomplete
  // certificate, a certificate authority would be missing without an error.
  if (blocks.length !== pem.match(BEGIN)?.length) return null;
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return null;
  }
}

function isPrivateKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).type === "private";
  } catch {
    return false;
  }
}

/**
 * Returns true if the private key belongs to the first certificate. If the key or the certificate is invalid, the
 * result is also true, because another schema already reports an invalid key or certificate.
 */
function isKeyOf(cert: string, key: unknown): boolean {
  const certificate = parseCertificates(cert)?.[0];
  if (certificate === undefined || !(key instanceof Secret)) return true;
  return certificate.checkPrivateKey(createPrivateKey(key.reveal()));
}

/**
 * Error codes of Node.js for a certificate that does not prove the identity of the host. Most error codes for
 * certificates come from OpenSSL. https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
const CERTIFICATE_CODES = [
  /^(ERR_TLS_CERT_ALTNAME|CERT|ERROR_IN_CERT|SELF_SIGNED_CERT)_/,
  /^UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF|DECODE_ISSUER|DECRYPT_CERT)/,
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)$/,
];

const CERTIFICATE_TIME_CODES: ReadonlySet<string> = new Set(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"]);

/**
 * Returns true if the server's certificate has expired or is not valid yet. An expired certificate needs no change of
 * the config: the operator of the server must install a new certificate.
 */
export const isCertificateTimeError = (code: string): boolean => CERTIFICATE_TIME_CODES.has(code);

/** Returns true if the server's certificate is not valid for the host. */
export const isCertificateError = (code: string): boolean =>
  CERTIFICATE_CODES.some((pattern) => pattern.test(code));
