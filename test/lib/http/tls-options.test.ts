import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  Certificates,
  ClientCertificate,
  isCertificateError,
  isCertificateTimeError,
  toTlsOptions,
} from "../../../lib/http/tls-options.ts";

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url), "utf8");
const [authority, cert, key] = [fixture("authority.crt"), fixture("receiver.crt"), fixture("receiver.key")];

it("accepts one or more certificates in PEM, also with comments and Windows line breaks", () => {
  for (const pem of [authority, `# root\n${authority}\n${cert}`, authority.replaceAll("\n", "\r\n")])
    expect(Certificates.safeParse(pem).success).toBe(true);
});

it.each([
  "",
  "no PEM",
  key,
  authority.slice(0, -40),
  authority + cert.slice(0, -40),
  `${cert.slice(0, 200)}\n${authority}`,
  authority.replace(/MII/, "AAA"),
  7,
])("refuses %j, which is not a certificate in PEM", (pem) =>
  expect(Certificates.safeParse(pem).success).toBe(false),
);

it("accepts a client certificate only with its private key, and does not print the key", () => {
  const parsed = ClientCertificate.parse({ cert, key });
  expect(JSON.stringify(parsed)).not.toContain("PRIVATE KEY");
  const passphrase = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" } as const;
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const others = [fixture("expired.key"), authority, privateKey.export(passphrase), "hunter2"];
  for (const other of others) {
    const error = ClientCertificate.safeParse({ cert, key: other }).error;
    expect(error?.issues.map(({ path }) => path)).toEqual([["key"]]);
    expect(JSON.stringify(error)).not.toContain("hunter2");
  }
  expect(ClientCertificate.safeParse({ cert }).success).toBe(false);
});

it.each([
  [{ cert, key: fixture("expired.key") }, "key", "must be the private key of the first certificate in cert"],
  [{ cert, key: "hunter2" }, "key", "must be a private key in PEM, without a passphrase"],
  [{ cert: "no PEM", key }, "cert", "must be one or more certificates in PEM"],
  [{ cert: "no PEM", key: "hunter2" }, "cert,key", "must be one or more certificates in PEM"],
  [{ cert, key, ca: authority }, "", "ca"],
])("says what is wrong with a client certificate (case %#)", (value, path, message) => {
  const issues = ClientCertificate.safeParse(value).error?.issues ?? [];
  expect(issues.flatMap((issue) => issue.path).join()).toBe(path);
  expect(issues[0]?.message).toContain(message);
});

it("passes only the configured TLS settings to a request", () => {
  expect(Object.entries(toTlsOptions({}))).toEqual([]);
  expect(Object.entries(toTlsOptions({ ca: authority }))).toEqual([["ca", authority]]);
  const clientCertificate = ClientCertificate.parse({ cert, key });
  expect(Object.entries(toTlsOptions({ clientCertificate }))).toEqual([
    ["cert", cert],
    ["key", key],
  ]);
});

it.each([
  ["CERT_HAS_EXPIRED", true, true],
  ["CERT_NOT_YET_VALID", true, true],
  ["CERT_REVOKED", true, false],
  ["ERR_TLS_CERT_ALTNAME_INVALID", true, false],
  ["ERROR_IN_CERT_NOT_AFTER_FIELD", true, false],
  ["SELF_SIGNED_CERT_IN_CHAIN", true, false],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", true, false],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", true, false],
  ["UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY", true, false],
  ["UNABLE_TO_DECRYPT_CERT_SIGNATURE", true, false],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", true, false],
  ["HOSTNAME_MISMATCH", true, false],
  ["INVALID_CA", true, false],
  ["INVALID_PURPOSE", true, false],
  ["PATH_LENGTH_EXCEEDED", true, false],
  ["ECONNRESET", false, false],
  ["NO_CERT_", false, false],
  ["PROXY_UNABLE_TO_GET_ISSUER_CERT", false, false],
  ["NO_INVALID_CA", false, false],
  ["INVALID_CALL", false, false],
  ["", false, false],
])(
  "the error code %s is about the certificate: %s, and about its time: %s",
  (code, isCertificate, isTime) => {
    expect([isCertificateError(code), isCertificateTimeError(code)]).toEqual([isCertificate, isTime]);
  },
);
