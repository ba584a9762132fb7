import type { Connections } from "../../../../lib/http/exchange.ts";

/** Closes every connection at once, whatever is under way on it. */
export function hangUp({ http, https }: Connections): void {
  http.destroy();
  https.destroy();
}
