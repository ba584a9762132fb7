import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

const SHA256_WITH_RSA = "1.2.840.113549.1.1.11";
const COMMON_NAME = "2.5.4.3";
const SEQUENCE = 0x30;

export interface SelfSignedCertificate {
  readonly pem: string;
  readonly privateKey: KeyObject;
}

/**
 * Creates an RSA key and a self-signed certificate for the key. Node.js itself cannot create a certificate.
 * @param validTo the expiry time of the certificate in UTC, in the form `YYMMDDhhmmssZ` of ASN.1. Source: RFC 5280,
 * section 4.1
 */
export function createSelfSignedCertificate(name: string, validTo = "491231235959Z"): SelfSignedCertificate {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const algorithm = der(SEQUENCE, objectId(SHA256_WITH_RSA), der(0x05));
  const nameParts = der(SEQUENCE, objectId(COMMON_NAME), der(0x0c, Buffer.from(name)));
  const owner = der(SEQUENCE, der(0x31, nameParts));
  const serialNumber = der(0x02, Buffer.from([1]), randomBytes(8));
  const validity = der(SEQUENCE, utcTime("200101000000Z"), utcTime(validTo));
  const key = publicKey.export({ type: "spki", format: "der" });
  const body = der(SEQUENCE, serialNumber, algorithm, owner, validity, owner, key);
  const signature = der(0x03, Buffer.from([0]), sign("sha256", body, privateKey));
  const base64 = der(SEQUENCE, body, algorithm, signature).toString("base64");
  const lines = base64.match(/.{1,64}/g) ?? [];
  return {
    pem: ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n"),
    privateKey,
  };
}

const utcTime = (text: string): Buffer => der(0x17, Buffer.from(text));

/** Encodes a value in DER: the tag, the length and the content (ITU-T X.690). */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

/**
 * Encodes an object identifier in DER (ITU-T X.690). In the encoded identifier, each number after the first two is in
 * base 128.
 */
function objectId(text: string): Buffer {
  const [first = 0, second = 0, ...numbers] = text.split(".").map(Number);
  const bytes = numbers.flatMap((number) => {
    const digits = [number & 0x7f];
    for (let rest = number >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 0x7f) | 0x80);
    return digits;
  });
  return der(0x06, Buffer.from([first * 40 + second, ...bytes]));
}
