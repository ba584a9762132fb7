import type { Connections } from "../../../../lib/http/connections.ts";

/** Closes every connection at once, also in the middle of an exchange. */
export function hangUp({ http, https }: Connections): void {
  http.destroy();
  https.destroy();
}
