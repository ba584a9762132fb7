import { log } from "../../lib/runtime/log.ts";

/** A token could not be checked because its issuer did not answer. */
export function tellIssuerFailure(cause: unknown): void {
  log.error("issuer unreachable", {}, cause);
}
