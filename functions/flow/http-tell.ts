import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";

/** One line and its count per call that handed jobs over. */
export function tellAccepted(call: {
  readonly caller: string;
  readonly project: string;
  readonly asked: number;
  readonly accepted: number;
}): void {
  log.info("accept", { ...call });
  meter.add("Accepted", call.accepted);
}

/** A job could not be taken; its caller was told to ask again. */
export function tellAcceptFailure(what: "open" | "send" | "digest", error: unknown): void {
  log.error("accept failed", { step: what }, error);
}

/** A token could not be checked because its issuer did not answer. */
export function tellIssuerFailure(cause: unknown): void {
  log.error("issuer unreachable", {}, cause);
}
