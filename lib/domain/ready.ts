import * as z from "zod/mini";
import { MaybeText } from "./zod-fields.ts";

/**
 * Says whether the resource of a succeeded job is usable. The state `unknown` means that no poll could see the
 * resource. Only the state `pending` is not final.
 */
export const ReadyState = z.enum(["pending", "ready", "not_ready", "unknown"]);

/**
 * The state of the resource of a succeeded job. The service polls the state of a resource only for a watch with `until:
 * "ready"`.
 */
export const Ready = z.object({
  state: ReadyState,
  /** The reason that CCE gives for the state of the resource, or the phase of the resource if CCE gives no reason. */
  reason: MaybeText,
  message: MaybeText,
});
export type Ready = Readonly<z.infer<typeof Ready>>;

/** The results of the polls of a resource after the success of its job. */
export const ReadyProgress = z.object({
  /** The time of the poll that saw the success of the job. */
  succeededAt: z.number(),
  /** The number of polls in a row, up to the latest poll, that found the resource usable. */
  readyPolls: z.int(),
  /**
   * `wasNotReady` is true if any poll has found the resource not usable. A resource may become usable and not usable
   * several times.
   */
  wasNotReady: z.boolean(),
  reason: MaybeText,
  message: MaybeText,
});
export type ReadyProgress = Readonly<z.infer<typeof ReadyProgress>>;

/** Returns the state of a resource for which the service waits, or undefined if the service does not wait. */
export function toPendingReady(progress: ReadyProgress | null): Ready | undefined {
  if (progress === null) return undefined;
  return { state: "pending", reason: progress.reason, message: progress.message };
}
