import { generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import { configuredOrDerivedSmnOrigins } from "../../../lib/cce/endpoints.ts";
import {
  confirmVerifiedSmnSubscriptionOrThrow,
  createCachedCertificateFetcher,
  createSmnStringToSign,
  EventResult,
  type FetchFromSmn,
  isCtsTraceOfCce,
  isValidSmnSignature,
  SmnMessage,
} from "../../../lib/cce/smn.ts";
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

test("a message is valid from the first to the last millisecond of the certificate", () => {
  const own = createSelfSignedCertificate("smn");
  const certificate = new X509Certificate(own.pem);
  const [from, to] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()];
  const isValidAt = (now: number) => isValidSmnSignature(certificate, signedBy(own), now);
  expect([from - 1, from, to, to + 1].map(isValidAt)).toEqual([false, true, true, false]);
});

test("the form of an SMN message is checked", () => {
  const isAccepted = (changes: object) =>
    SmnMessage.safeParse({ ...NOTIFICATION, signature: "s", ...changes }).success;
  const accepted = [
    {},
    { other: 1 },
    { type: "SubscriptionConfirmation" },
    { type: "UnsubscribeConfirmation" },
    ...[null, "", "s".repeat(2048)].map((value) => ({ subject: value })),
    { topic_urn: "t".repeat(2048) },
    { message_id: "m".repeat(128) },
    { message: "two\nlines" },
    { subscribe_url: "https://smn.example" },
    { signature_version: "V1" },
    { timestamp: "2026-11-23T09:30:00+08:00" },
  ];
  const refused = [
    { type: "Other" },
    ...["two\nlines", "line\r", "s".repeat(2049)].map((value) => ({ subject: value })),
    { topic_urn: "a\nb" },
    { topic_urn: "" },
    { topic_urn: "t".repeat(2049) },
    { message_id: "m".repeat(129) },
    { signature: "\ra" },
    { signature_version: "v2" },
    { signature_version: "av1" },
    { signature_version: "v1a" },
    { timestamp: "today" },
  ];
  expect(accepted.filter((changes) => !isAccepted(changes))).toEqual([]);
  expect(refused.filter(isAccepted)).toEqual([]);
});

test.each([
  ['{"service_type":"CCE"}', true],
  ['{"service_type":"cce"}', true],
  ['{"service_type":"ECS"}', false],
  ['{"service_type":1}', false],
  ["CCE", false],
])(
  "the message of an SMN notification is a trace of CCE only if its service type is CCE: %s",
  (text, expected) => {
    expect(isCtsTraceOfCce(text)).toBe(expected);
  },
);

describe("the certificates of SMN", () => {
  const { pem } = createSelfSignedCertificate("smn");
  const HOUR_MS = 3_600_000;

  function createFetcher(answers: Record<string, { status: number; text: string }> = {}) {
    const requests: string[] = [];
    const clock = { now: NOW };
    const fetchCertificate = createCachedCertificateFetcher(() => clock.now);
    const fetchFromSmn: FetchFromSmn = async (url, limits) => {
      requests.push(url);
      expect(limits).toEqual({ timeLimitMs: 1500, maxBytes: 65_536 });
      const { status, text } = answers[url] ?? { status: 200, text: pem };
      return { status, text } as Awaited<ReturnType<FetchFromSmn>>;
    };
    const fetch = (url: string) => fetchCertificate(url, fetchFromSmn);
    return { requests, clock, fetch, get: async (url: string) => (await fetch(url)).kind };
  }

  test("are fetched once for simultaneous calls, and kept for an hour", async () => {
    const { requests, clock, get } = createFetcher();
    expect(await Promise.all([get("a"), get("a")])).toEqual(["certificate", "certificate"]);
    clock.now = NOW + HOUR_MS - 1;
    await get("a");
    expect(requests).toHaveLength(1);
    clock.now = NOW + HOUR_MS;
    await get("a");
    expect(requests).toHaveLength(2);
  });

  test("are fetched again after the clock was set back by an hour", async () => {
    const { requests, clock, get } = createFetcher();
    await get("a");
    clock.now = NOW - HOUR_MS;
    expect(await get("a")).toBe("certificate");
    expect(requests).toHaveLength(2);
  });

  test("are fetched at most once per second", async () => {
    const { requests, clock, fetch, get } = createFetcher();
    expect(await get("a")).toBe("certificate");
    clock.now = NOW + 999;
    expect(await fetch("b")).toEqual({
      kind: "unavailable",
      cause: new Error("another certificate was fetched less than a second ago"),
    });
    expect(await get("a")).toBe("certificate");
    expect(requests).toEqual(["a"]);
    clock.now = NOW + 1000;
    expect(await get("b")).toBe("certificate");
  });

  test("are forgotten when another certificate is fetched and twenty are known", async () => {
    const { requests, clock, get } = createFetcher();
    const getLater = (url: string) => {
      clock.now += 1000;
      return get(url);
    };
    for (let i = 0; i < 20; i += 1) await getLater(`url-${i}`);
    await getLater("url-0");
    expect(requests).toHaveLength(20);
    await getLater("url-20");
    await getLater("url-0");
    expect(requests).toHaveLength(22);
  });

  test.each([
    ["a status other than 200", { status: 404, text: pem }],
    ["a body that is not a certificate", { status: 200, text: "<html>" }],
  ])("are requested again after %s", async (_, answer) => {
    const { requests, clock, fetch, get } = createFetcher({ a: answer });
    const refused = await fetch("a");
    expect(refused.kind).toBe("unavailable");
    if (answer.status !== 200)
      expect(refused).toMatchObject({ cause: new Error("SMN responded with the HTTP status 404") });
    clock.now = NOW + 1000;
    expect(await get("a")).toBe("unavailable");
    expect(requests).toHaveLength(2);
  });

  test.each([
    [199, false],
    [200, true],
    [299, true],
    [300, false],
  ])("the subscription is confirmed only by a status from 200 to 299: %i", async (status, isConfirmed) => {
    const fetchFromSmn: FetchFromSmn = async (_url, limits) => {
      expect(limits).toEqual({ timeLimitMs: 1500, maxBytes: 65_536 });
      return { status, text: "" } as Awaited<ReturnType<FetchFromSmn>>;
    };
    const confirmed = confirmVerifiedSmnSubscriptionOrThrow("https://smn.example", fetchFromSmn);
    if (isConfirmed) await expect(confirmed).resolves.toBeUndefined();
    else await expect(confirmed).rejects.toThrow(`SMN responded with the HTTP status ${status}`);
  });
});

test("a fault of an SMN message says what must be there", () => {
  const faultsOf = (changes: object) =>
    SmnMessage.safeParse({ ...NOTIFICATION, signature: "s", ...changes }).error?.issues.map(
      ({ message }) => message,
    );
  expect(faultsOf({ topic_urn: "a\nb" })).toEqual(["must be one line of text"]);
  expect(faultsOf({ subject: "a\nb" })).toEqual(["must be one line of text"]);
  expect(faultsOf({ signature_version: "v2" })).toEqual(["must be v1"]);
});

test.each(["listed", "requested", "confirmed", "ignored"])(
  "the response to a message may be %s",
  (result) => {
    expect(EventResult.parse({ result })).toEqual({ result });
    expect(EventResult.safeParse({ result: "other" }).success).toBe(false);
  },
);

test.each(["sha256", "sha384", "sha512"])(
  "a message is signed with the hash function %s of the certificate",
  (hash) => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const certificateWith = (signatureAlgorithm: string | undefined, key = publicKey) =>
      ({
        validFromDate: new Date(NOW - 1),
        validToDate: new Date(NOW + 1),
        signatureAlgorithm,
        publicKey: key,
      }) as unknown as X509Certificate;
    const signature = sign(hash, Buffer.from(createSmnStringToSign(NOTIFICATION)), privateKey).toString(
      "base64",
    );
    const message = { ...NOTIFICATION, signature };
    const isValidWith = (algorithm: string | undefined) =>
      isValidSmnSignature(certificateWith(algorithm), message, NOW);
    expect(isValidWith(`${hash}WithRSAEncryption`)).toBe(true);
    expect(["sha1WithRSAEncryption", "", undefined].map(isValidWith)).toEqual([false, false, false]);
    const { privateKey: ecKey, publicKey: ecPublicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const byEc = sign(hash, Buffer.from(createSmnStringToSign(NOTIFICATION)), ecKey).toString("base64");
    const certificate = certificateWith(`${hash}WithRSAEncryption`, ecPublicKey);
    expect(isValidSmnSignature(certificate, { ...NOTIFICATION, signature: byEc }, NOW)).toBe(false);
  },
);

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
