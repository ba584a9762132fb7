import {
  type Exchanged as AnyExchanged,
  type ExchangeRequest as AnyRequest,
  exchange as exchangeBytes,
} from "../exchange.ts";

/** A job with 20,000 subjobs takes about 4 MiB; nothing real comes near it. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

export type ExchangeRequest = Omit<AnyRequest, "maxBytes">;

/** A body over the limit is cut; bytes that are no UTF-8 become U+FFFD. */
export type Exchanged =
  | (Omit<Extract<AnyExchanged, { kind: "answer" }>, "body" | "cut"> & { readonly body: string })
  | Pick<Extract<AnyExchanged, { kind: "failed" }>, "kind" | "code">;

/** One exchange with CCE or IAM, its body as text. Never throws (see `lib/exchange.ts`). */
export async function exchange(request: ExchangeRequest): Promise<Exchanged> {
  const result = await exchangeBytes({ ...request, maxBytes: MAX_BODY_BYTES });
  if (result.kind === "failed") return { kind: "failed", code: result.code || "UNKNOWN" };
  const { kind, status, headers, body } = result;
  return { kind, status, headers, body: body.toString("utf8") };
}
