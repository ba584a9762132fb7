import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import type { Unreadable } from "./read-message.ts";

/** A message that could not be read: dead, or waiting for its reader. */
export function tellUnreadable(kind: Unreadable, reason: string): void {
  log.warn("message unreadable", { kind, reason });
  if (kind !== "newer") meter.add("DeadLetters", 1);
}
