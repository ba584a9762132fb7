import * as z from "zod/mini";
import { MaybeText } from "./zod-fields.ts";

/**
 * Says whether the resource of a succeeded job is usable. `unknown` means that no poll could read the resource. Every
 * state except `pending` is final.
 */
export const ReadyState = z.enum(["pending", "ready", "not_ready", "unknown"]);

/** The state of the resource of a succeeded job. Only watches with `until: "ready"` have this state. */
export const Ready = z.object({
  state: ReadyState,
  /**
   * The reason from CCE for the state of the resource. If CCE gives no reason, the field contains the phase of the
   * resource.
   */
  reason: MaybeText,
  message: MaybeText,
});
export type Ready = Readonly<z.infer<typeof Ready>>;

/** The results of the polls of a resource after its job has succeeded. */
export const ReadyProgress = z.object({
  /** The time of the poll that saw the success of the job. */
  succeededAt: z.number(),
  /** The number of consecutive polls, up to the latest poll, that found the resource usable. */
  readyPolls: z.int(),
  /** True if at least one poll found that the resource was not usable. */
  wasNotReady: z.boolean(),
  reason: MaybeText,
  message: MaybeText,
});
export type ReadyProgress = Readonly<z.infer<typeof ReadyProgress>>;

/** Returns the state of the resource while the service waits for it, else undefined. */
export function toPendingReady(progress: ReadyProgress | null): Ready | undefined {
  if (progress === null) return undefined;
  return { state: "pending", reason: progress.reason, message: progress.message };
}
