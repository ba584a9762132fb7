import { createPublicKey, verify } from "node:crypto";
import * as z from "zod";
import { signDingtalk } from "../../lib/channels/dingtalk/signature.ts";
import { signFeishu } from "../../lib/channels/feishu/signature.ts";
import { signWebhook } from "../../lib/channels/webhook/signature.ts";
import { Secret } from "../../lib/domain/secret.ts";
import { checkSdkCanonical, checkSdkSignature } from "./sdk-signatures.ts";

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

/** Signs, or verifies where we do not sign, one published vector by its scheme. Null when it comes out the same. */
export function check(testCase: unknown): string | null {
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
      return checkSdkSignature(testCase);
    case "sdk-hmac-sha256-canonical":
      return checkSdkCanonical(testCase);
    default:
      return `scheme: ${scheme} is not known`;
  }
}

const compare = (what: string, expected: string, got: string | undefined): string | null =>
  got === expected ? null : `${what}: expected ${expected}, got ${got}`;

function checkStandardWebhooks(vector: z.infer<typeof StandardWebhooks>): string | null {
  const [, id = "", seconds = "", body = ""] = /^([^.]*)\.(\d+)\.(.*)$/s.exec(vector.signed_content) ?? [];
  const headers = signWebhook({
    id,
    now: Number(seconds) * 1000,
    body: Buffer.from(body),
    secrets: [new Secret(vector.secret)],
  });
  return compare("signature", vector.signature, headers["webhook-signature"]);
}

/** The asymmetric scheme is the receivers' choice, not ours: the vector is held against Node's own Ed25519. */
function checkEd25519(vector: z.infer<typeof Ed25519>): string | null {
  const publicKey = Buffer.from(vector.key_b64_seed_pub, "base64").subarray(-32).toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: publicKey }, format: "jwk" });
  const signature = Buffer.from(vector.signature.replace(/^v1a,/, ""), "base64");
  return verify(null, Buffer.from(vector.signed_content), key, signature) ? null : "signature: not verified";
}

function checkFeishu(vector: z.infer<typeof Feishu>): string | null {
  return compare("sign", vector.sign, signFeishu(vector.secret, Number(vector.timestamp_s) * 1000).sign);
}

function checkDingtalk(vector: z.infer<typeof Dingtalk>): string | null {
  const query = signDingtalk(vector.secret, Number(vector.timestamp_ms));
  const written = /&sign=(.*)$/.exec(query)?.[1];
  const expected = vector.sign_query ?? encodeURIComponent(vector.sign);
  return (
    compare("sign", vector.sign, new URLSearchParams(query).get("sign") ?? undefined) ??
    compare("sign_query", expected, written)
  );
}
