import type { IncomingMessage } from "node:http";
import { AKSKSigner } from "@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js";
import * as z from "zod";

export interface KeyPair {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly securityToken?: string;
}
const Signed = z.object({ Authorization: z.string() });

/** The header that the vendor's own SDK would have made of this request: code that shares nothing with ours. */
export function vendorAuthorization(request: IncomingMessage, { accessKey, secretKey }: KeyPair): string {
  const names = /SignedHeaders=([^,]*),/.exec(request.headers.authorization ?? "")?.[1]?.split(";") ?? [];
  // The signer knows the date only by this spelling.
  const spelt = (name: string) => (name === "x-sdk-date" ? "X-Sdk-Date" : name);
  const headers = Object.fromEntries(names.map((name) => [spelt(name), String(request.headers[name] ?? "")]));
  const url = new URL(request.url ?? "/", `http://${request.headers.host}`);
  const endpoint = `${url.origin}${decodeURIComponent(url.pathname)}`;
  // Of a request and a credential the signer reads no more than this; their types ask for a whole client.
  const signed: unknown = Reflect.apply(AKSKSigner.sign, AKSKSigner, [
    { method: "GET", endpoint, headers, queryParams: {} },
    { getAk: () => accessKey, getSk: () => secretKey },
  ]);
  return Signed.parse(signed).Authorization;
}
