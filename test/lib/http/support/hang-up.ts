import type { Connections } from "../../../../lib/http/connections.ts";

/** Closes every connection immediately, even in the middle of an answer. */
export function hangUp({ http, https }: Connections): void {
  http.destroy();
  https.destroy();
}
