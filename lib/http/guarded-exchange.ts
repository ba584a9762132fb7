import { EgressRefusedError } from "./egress-refused-error.ts";
import type { EgressRule } from "./egress-rules.ts";
import { type ExchangeRequest, type Exchanged as Plain, exchange as plainExchange } from "./exchange.ts";

/** What came back; a refusal of the guard, which works where the socket opens, names its rule. */
export type Exchanged =
  | Extract<Plain, { kind: "answer" }>
  | (Omit<Extract<Plain, { kind: "failed" }>, "error"> & { readonly rule: EgressRule | null });

/** One HTTP exchange through a guarded way out. Never throws (see `lib/exchange.ts`). */
export async function exchange(request: ExchangeRequest): Promise<Exchanged> {
  const result = await plainExchange(request);
  if (result.kind === "answer") return result;
  const { kind, code, error, status } = result;
  const refusal = error instanceof EgressRefusedError ? error : null;
  return { kind, code: refusal?.code ?? code, rule: refusal?.rule ?? null, status };
}
