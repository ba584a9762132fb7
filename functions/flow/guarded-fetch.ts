import type { GuardedFetch } from "../../lib/deliver/http/guarded-fetch.ts";

/** A guarded `fetch`, loaded when it is first needed: the HTTP client behind it takes longer to load than a call. */
export async function openGuardedFetch(allow: readonly string[]): Promise<GuardedFetch> {
  const { guardedFetch } = await import("../../lib/deliver/http/guarded-fetch.ts");
  return guardedFetch({ allow });
}
