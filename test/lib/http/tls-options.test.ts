import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { Certificates, ClientCertificate } from "../../../lib/http/tls-options.ts";

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
