import { createPublicKey, verify } from "node:crypto";
import * as z from "zod";
import { createAuthorizationHeader, createCanonicalRequest } from "../../lib/cce/access-key-signature.ts";
import { createDingtalkSignatureQuery } from "../../lib/channels/dingtalk/signature.ts";
import { createFeishuSignature } from "../../lib/channels/feishu/signature.ts";
import { createWebhookSignatureHeaders } from "../../lib/channels/webhook/signature.ts";
import { Secret } from "../../lib/domain/secret.ts";
import { describeDifference } from "./cce-checks.ts";

const Digits = z.string().regex(/^\d+$/);
const StandardWebhooks = z.object({ secret: z.string(), signed_content: z.string(), signature: z.string() });
const Ed25519 = z.object({ key_b64_seed_pub: z.base64(), signed_content: z.string(), signature: z.string() });
const Feishu = z.object({ timestamp_s: Digits, secret: z.string(), sign: z.string() });
const Dingtalk = z.object({
  timestamp_ms: Digits,
  secret: z.string(),
  sign: z.string(),
  sign_query: z.string().optional(),
});
const SdkRequest = z.object({
  method: z.string(),
  path: z.string(),
  query: z.record(z.string(), z.union([z.string(), z.array(z.string())])).default({}),
  headers: z.record(z.string(), z.string()),
  body: z.string().default(""),
});
const SdkSigned = SdkRequest.extend({ ak: z.string(), sk: z.string(), signature: z.string() });
const SdkCanonical = z.object({ gatewayEcho: SdkRequest.extend({ canonicalRequest: z.string() }) });

/**
 * Checks one published example of a signature. If the service does not sign by the scheme of the example, the check
 * only verifies the signature in the example.
 */
export function checkSignature(testCase: unknown): string | null {
  const { scheme } = z.object({ scheme: z.string() }).parse(testCase);
  switch (scheme.replace(/ \(.*$/, "")) {
    case "standard-webhooks v1":
      return checkStandardWebhooks(StandardWebhooks.parse(testCase));
    case "standard-webhooks v1a":
      return checkEd25519(Ed25519.parse(testCase));
    case "feishu":
      return checkFeishu(Feishu.parse(testCase));
    case "dingtalk":
      return checkDingtalk(Dingtalk.parse(testCase));
    case "sdk-hmac-sha256":
      return checkSdkSignature(SdkSigned.parse(testCase));
    case "sdk-hmac-sha256-canonical":
      return checkSdkCanonicalRequest(SdkCanonical.parse(testCase));
    default:
      return `scheme: unknown value ${scheme}`;
  }
}

function checkStandardWebhooks(vector: z.infer<typeof StandardWebhooks>): string | null {
  const [, id = "", seconds = "", body = ""] = /^([^.]*)\.(\d+)\.(.*)$/s.exec(vector.signed_content) ?? [];
  const headers = createWebhookSignatureHeaders({
    id,
    now: Number(seconds) * 1000,
    body: Buffer.from(body),
    secrets: [new Secret(vector.secret)],
  });
  return describeDifference("signature", vector.signature, headers["webhook-signature"]);
}

/** Verifies an Ed25519 signature with Node's own crypto module, because this service does not sign by Ed25519. */
function checkEd25519(vector: z.infer<typeof Ed25519>): string | null {
  const publicKey = Buffer.from(vector.key_b64_seed_pub, "base64").subarray(-32).toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: publicKey }, format: "jwk" });
  const signature = Buffer.from(vector.signature.replace(/^v1a,/, ""), "base64");
  return verify(null, Buffer.from(vector.signed_content), key, signature) ? null : "signature: not verified";
}

function checkFeishu(vector: z.infer<typeof Feishu>): string | null {
  return describeDifference(
    "sign",
    vector.sign,
    createFeishuSignature(vector.secret, Number(vector.timestamp_s) * 1000).sign,
  );
}

function checkDingtalk(vector: z.infer<typeof Dingtalk>): string | null {
  const query = createDingtalkSignatureQuery(vector.secret, Number(vector.timestamp_ms));
  const encodedSign = /&sign=(.*)$/.exec(query)?.[1];
  return (
    describeDifference("sign", vector.sign, new URLSearchParams(query).get("sign") ?? undefined) ??
    describeDifference("sign_query", vector.sign_query ?? encodeURIComponent(vector.sign), encodedSign)
  );
}

function checkSdkSignature(vector: z.infer<typeof SdkSigned>): string | null {
  const { ak, sk, signature, ...request } = vector;
  const authorization = createAuthorizationHeader(request, { accessKey: ak, secretKey: sk });
  return describeDifference("signature", signature, /Signature=([0-9a-f]+)$/.exec(authorization)?.[1]);
}

/** Compares the text that this service signs with the text that the cloud's gateway shows in an error message. */
function checkSdkCanonicalRequest({ gatewayEcho }: z.infer<typeof SdkCanonical>): string | null {
  const { canonicalRequest: expected, ...request } = gatewayEcho;
  return describeDifference("canonicalRequest", expected, createCanonicalRequest(request));
}
