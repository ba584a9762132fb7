import { readAllowList } from "./allow-list.ts";
import { placeOf } from "./check-url.ts";

/**
 * Whether a caller's own URL names one of the hosts (`host`, for every port the guard lets through, or
 * `host:port`) the operator lists. No patterns and no subdomains; a URL that cannot be read names none.
 */
export function isCallbackHostAllowed(url: string, callbackHosts: readonly string[]): boolean {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return false;
  const { host, port } = placeOf(parsed);
  const listed = readAllowList(callbackHosts.filter((entry) => !entry.includes("/")));
  return listed.hasName(host, port) || listed.hasAddress(host, port);
}
