import {
  type Exchanged as AnyExchanged,
  type ExchangeRequest,
  exchange as exchangeBytes,
} from "../http/exchange.ts";

export type { ExchangeRequest };

/** `cut`: the body is longer than was allowed, and ends in the middle. Bytes that are no UTF-8 become U+FFFD. */
export type Exchanged =
  | (Omit<Extract<AnyExchanged, { kind: "answer" }>, "body"> & { readonly body: string })
  | Pick<Extract<AnyExchanged, { kind: "failed" }>, "kind" | "code">;

/** One exchange with CCE or IAM, its body as text. Never throws (see `lib/exchange.ts`). */
export async function exchange(request: ExchangeRequest): Promise<Exchanged> {
  const result = await exchangeBytes(request);
  if (result.kind === "failed") return { kind: "failed", code: result.code || "UNKNOWN" };
  const body = result.body.toString("utf8");
  release(result.body);
  return { ...result, body };
}

/** Gives the memory of a large body back at once: the garbage collector does not hurry for what lies outside of its heap. */
function release({ buffer, length }: Buffer): void {
  if (length > Buffer.poolSize && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
