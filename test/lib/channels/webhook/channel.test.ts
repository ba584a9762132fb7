import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { createWebhookSignatureHeaders } from "../../../../lib/channels/webhook/signature.ts";
import { Secret } from "../../../../lib/domain/secret.ts";
import fc, { anyCharacter } from "../../../support/properties.ts";

const OLD = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
const NEW = `whsec_${Buffer.alloc(64, 2).toString("base64")}`;

const signed = (body: string, secrets: readonly string[], now = Date.now()) =>
  createWebhookSignatureHeaders({
    id: "msg_1",
    now,
    body: Buffer.from(body),
    secrets: secrets.map((secret) => new Secret(secret)),
  });

describe("a signature of Standard Webhooks", () => {
  it.each([
    ["standardwebhooks", StandardWebhook],
    ["svix", SvixWebhook],
  ])("is verified by the package %s for every body", (_, Webhook) => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string({ unit: anyCharacter })), (document) => {
        const body = JSON.stringify(document);
        expect(() => new Webhook(OLD).verify(body, signed(body, [OLD]))).not.toThrow();
      }),
      { numRuns: 30 },
    );
  });

  it.each([OLD, NEW])("is verified with the old and with the new secret during a rotation", (secret) => {
    const headers = signed('{"a":"ä"}', [OLD, NEW]);
    expect(headers["webhook-signature"]?.split(" ")).toHaveLength(2);
    expect(new StandardWebhook(secret).verify('{"a":"ä"}', headers)).toEqual({ a: "ä" });
  });

  it.each([
    ["another body", '{"a":2}', {}],
    ["another id", '{"a":1}', { "webhook-id": "msg_2" }],
    ["another time", '{"a":1}', { "webhook-timestamp": String(Math.floor(Date.now() / 1000) + 60) }],
  ])("is not verified over %s", (_, body, headers) => {
    const verify = () => new StandardWebhook(OLD).verify(body, { ...signed('{"a":1}', [OLD]), ...headers });
    expect(verify).toThrow("No matching signature found");
  });

  it("contains the time in whole seconds, and is absent without a secret", () => {
    expect(signed("{}", [], 1_700_000_000_999)).toEqual({
      "webhook-id": "msg_1",
      "webhook-timestamp": "1700000000",
    });
  });
});
