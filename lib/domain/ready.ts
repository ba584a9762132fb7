import * as z from "zod/mini";
import { MaybeText } from "./zod-fields.ts";

/**
 * Whether the resource of a succeeded job is usable. The state `pending` is the only state that is not final. The state
 * `unknown` means that no poll could see the resource.
 */
export const ReadyState = z.enum(["pending", "ready", "not_ready", "unknown"]);

/** The state of the resource of a succeeded job. Only a watch with `until: "ready"` has the state of the resource. */
export const Ready = z.object({
  state: ReadyState,
  /**
   * The reason that CCE gives for the state of the resource. If CCE gives no reason, the value is the phase of the
   * resource.
   */
  reason: MaybeText,
  message: MaybeText,
});
export type Ready = Readonly<z.infer<typeof Ready>>;

/** The information about the resource of a job that the polls after the success of the job have found. */
export const ReadyProgress = z.object({
  /** The time of the poll that saw the success of the job. */
  succeededAt: z.number(),
  /**
   * The number of latest polls in a row that found the resource usable. A poll that found another state sets the number
   * to 0.
   */
  readyPolls: z.int(),
  /**
   * `wasNotReady` is true if a poll has found the resource not usable. The resource may flip between usable and not
   * usable.
   */
  wasNotReady: z.boolean(),
  reason: MaybeText,
  message: MaybeText,
});
export type ReadyProgress = Readonly<z.infer<typeof ReadyProgress>>;

/** Returns the state of the resource while polls wait until the resource is usable. */
export function toPendingReady(progress: ReadyProgress | null): Ready | undefined {
  if (progress === null) return undefined;
  return { state: "pending", reason: progress.reason, message: progress.message };
}
