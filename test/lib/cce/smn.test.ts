import { generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import { configuredOrDerivedSmnOrigins } from "../../../lib/cce/endpoints.ts";
import { createSmnStringToSign, isValidSmnSignature, type SmnMessage } from "../../../lib/cce/smn.ts";
import { createSelfSignedCertificate } from "../../../local/cce/self-signed-certificate.ts";

const NOW = Date.parse("2026-11-23T09:30:00Z");
const NOTIFICATION: SmnMessage = {
  type: "Notification",
  topic_urn: "urn:smn:eu-de:74dc9e44d0cc4573adfce91cdfdd3ba9:demo",
  message_id: "88c726942175432bac921eafd0036163",
  message: "My test message",
  subject: "demo",
  timestamp: "2026-11-23T09:30:00Z",
  signature: "",
  signature_version: "v1",
  signing_cert_url: "https://smn.eu-de.otc.t-systems.com/smn/a.pem",
};

function signedBy({ privateKey }: Pick<ReturnType<typeof createSelfSignedCertificate>, "privateKey">) {
  const signature = sign("sha256", Buffer.from(createSmnStringToSign(NOTIFICATION)), privateKey);
  return { ...NOTIFICATION, signature: signature.toString("base64") };
}

test("the signed text of a notification has a name and a value per line, in alphabetical order", () => {
  expect(createSmnStringToSign(NOTIFICATION)).toBe(
    `message\nMy test message\nmessage_id\n${NOTIFICATION.message_id}\nsubject\ndemo\n` +
      `timestamp\n2026-11-23T09:30:00Z\ntopic_urn\n${NOTIFICATION.topic_urn}\ntype\nNotification\n`,
  );
});

test.each([undefined, null, ""])("the signed text of an SMN message omits the subject %j", (value) => {
  expect(createSmnStringToSign({ ...NOTIFICATION, subject: value })).not.toContain("subject");
});

test.each(["SubscriptionConfirmation", "UnsubscribeConfirmation"] as const)(
  "the signed text of a %s contains the link of SMN, but not the subject",
  (type) => {
    const text = createSmnStringToSign({
      ...NOTIFICATION,
      type,
      subscribe_url: "https://console.example/a?b=c",
    });
    expect(text).toContain(
      `message_id\n${NOTIFICATION.message_id}\nsubscribe_url\nhttps://console.example/a?b=c\ntimestamp\n`,
    );
    expect(text).not.toContain("subject");
  },
);

test("a message is valid only with the certificate of its signer", () => {
  const own = createSelfSignedCertificate("smn");
  const message = signedBy(own);
  expect(isValidSmnSignature(new X509Certificate(own.pem), message, NOW)).toBe(true);
  const other = new X509Certificate(createSelfSignedCertificate("smn").pem);
  expect(isValidSmnSignature(other, message, NOW)).toBe(false);
  expect(isValidSmnSignature(new X509Certificate(own.pem), { ...message, signature: "AAAA" }, NOW)).toBe(
    false,
  );
});

test("a message is not valid outside the validity of the certificate", () => {
  const expired = createSelfSignedCertificate("smn", "251231235959Z");
  expect(isValidSmnSignature(new X509Certificate(expired.pem), signedBy(expired), NOW)).toBe(false);
  const own = createSelfSignedCertificate("smn");
  expect(isValidSmnSignature(new X509Certificate(own.pem), signedBy(own), Date.parse("2019-12-31"))).toBe(
    false,
  );
});

test("a key that is not RSA signs no message", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const own = new X509Certificate(createSelfSignedCertificate("smn").pem);
  expect(isValidSmnSignature(own, signedBy({ privateKey }), NOW)).toBe(false);
});

test.each([
  ["eu-de", "https://smn.eu-de.otc.t-systems.com", "https://console.otc.t-systems.com"],
  ["eu-nl", "https://smn.eu-nl.otc.t-systems.com", "https://console.otc.t-systems.com"],
  ["cn-north-4", "https://smn.cn-north-4.myhuaweicloud.com", "https://console.huaweicloud.com"],
  ["ap-southeast-1", "https://smn.ap-southeast-1.myhuaweicloud.com", "https://console-intl.huaweicloud.com"],
  ["eu-west-101", "https://smn.eu-west-101.myhuaweicloud.eu", "https://console.huaweicloud.eu"],
  ["constructor", "https://smn.constructor.myhuaweicloud.com", "https://console.huaweicloud.com"],
])("the hosts of SMN in the region %s are %s and %s", (region, certificate, confirmation) => {
  const origins = configuredOrDerivedSmnOrigins(`urn:smn:${region}:0bcc:events`, undefined);
  expect(origins.certificate).toEqual([certificate]);
  expect(origins.confirmation).toContain(confirmation);
});
