import { createHash } from "node:crypto";
import { encrypt } from "../auth/encryption.ts";
import { CALLBACK_PREFIX } from "../channels/targets.ts";
import type { Settings } from "../config/settings.ts";

/** The caller's own webhook as the ledger keeps it: a name that gives nothing away, and the URL encrypted. */
export interface Callback {
  readonly target: string;
  readonly encryptedUrl: string;
}

export type CheckedCallback =
  | { readonly kind: "callback"; readonly callback: Callback }
  | { readonly kind: "fault"; readonly detail: string };

/** The sender's own rules for addresses, asked at acceptance so that a caller learns at once what would never arrive. */
export interface CallbackGuard {
  /** Whether the URL's host is one of these (`host` or `host:port`). */
  listsHost(url: string, hosts: readonly string[]): boolean;
  /** What stands against calling the URL, in words that do not repeat it, or null. What is in `allow` may be private or plain http. */
  objection(url: string, allow: readonly string[]): string | null;
}

/**
 * Checks a `callbackUrl` against the operator's `callbackHosts` and the sender's rules, and encrypts it. The address
 * behind the name is judged at every delivery. No fault repeats the URL.
 */
export function checkCallback(text: string, settings: Settings, guard: CallbackGuard): CheckedCallback {
  const fault = (detail: string): CheckedCallback => ({ kind: "fault", detail });
  if (settings.linkKey === undefined)
    return fault("cannot be taken: the operator has not set settings.linkKey, which encrypts it");
  if (settings.callbackHosts.length === 0)
    return fault("cannot be taken: the operator has listed no hosts in settings.callbackHosts");
  if (!URL.canParse(text)) return fault("must be a URL");
  if (!guard.listsHost(text, settings.callbackHosts))
    return fault("names a host that is not among settings.callbackHosts");
  const objection = guard.objection(text, settings.egress.allow);
  if (objection !== null) return fault(`would never be called: ${objection}`);
  const { href } = new URL(text);
  const target = CALLBACK_PREFIX + createHash("sha256").update(href).digest("hex").slice(0, 16);
  return {
    kind: "callback",
    callback: { target, encryptedUrl: encrypt({ key: settings.linkKey, purpose: target, text: href }) },
  };
}
