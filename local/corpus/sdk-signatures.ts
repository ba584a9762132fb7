import * as z from "zod";
import { canonicalRequest, signRequest } from "../../lib/cce/sign-request.ts";

const Request = z.object({
  method: z.string(),
  path: z.string(),
  query: z.record(z.string(), z.union([z.string(), z.array(z.string())])).default({}),
  headers: z.record(z.string(), z.string()),
  body: z.string().default(""),
});

const Signed = Request.extend({ ak: z.string(), sk: z.string(), signature: z.string() });
const Canonical = z.object({ gatewayEcho: Request.extend({ canonicalRequest: z.string() }) });

/** Signs a request as the vendor's SDKs do. Null when the signature is the published one. */
export function checkSdkSignature(testCase: unknown): string | null {
  const { ak, sk, signature, ...request } = Signed.parse(testCase);
  const authorization = signRequest(request, { accessKey: ak, secretKey: sk });
  const got = /Signature=([0-9a-f]+)$/.exec(authorization)?.[1];
  return got === signature ? null : `signature: expected ${signature}, got ${got}`;
}

/** Spells out what is signed. Null when it is what the gateway says it expected. */
export function checkSdkCanonical(testCase: unknown): string | null {
  const { canonicalRequest: expected, ...request } = Canonical.parse(testCase).gatewayEcho;
  const got = canonicalRequest(request);
  return got === expected
    ? null
    : `canonicalRequest: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`;
}
