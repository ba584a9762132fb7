import * as z from "zod/mini";
import { MaybeText, numberSchema } from "./zod-fields.ts";

/**
 * Says whether the resource of a succeeded job is usable. In the state `unknown`, no poll could read the state of the
 * resource. Every state except `pending` is final.
 */
export const ReadyState = z.enum(["pending", "ready", "not_ready", "unknown"]);

/** The state of the resource of a succeeded job. Only watches with `until: "ready"` have the field `ready`. */
export const Ready = z.lazy(() =>
  z.object({
    state: ReadyState,
    /**
     * The reason that CCE returned for the state of the resource. If CCE returned no reason, `reason` contains the
     * phase of the resource.
     */
    reason: MaybeText,
    message: MaybeText,
  }),
);
export type Ready = Readonly<z.infer<typeof Ready>>;

/** What the polls of a resource have found since its job succeeded. */
export const ReadyProgress = z.lazy(() =>
  z.object({
    /** The time of the poll that detected the success of the job. */
    succeededAt: z.number(),
    /** The number of consecutive polls, including the latest poll, that found the resource usable. */
    readyPolls: z.int(),
    /** True if at least one poll found the resource not usable. */
    wasNotReady: z.boolean(),
    reason: MaybeText,
    message: MaybeText,
  }),
);
export type ReadyProgress = Readonly<z.infer<typeof ReadyProgress>>;

/**
 * Converts the progress of a watch that waits for a usable resource. The returned state is `pending`. If the watch does
 * not wait for a resource, the result is undefined.
 */
export function toPendingReady(progress: ReadyProgress | null): Ready | undefined {
  if (progress === null) return undefined;
  return { state: "pending", reason: progress.reason, message: progress.message };
}

/** The value of `readyMinutes` for a project without this key in the config. */
export const DEFAULT_READY_MINUTES = 15;
/**
 * A watch may wait for at most one day until its resource is usable. Until its job succeeds, a watch may run for a
 * week. SQS keeps a poll message for at most 14 days.
 */
const MAX_READY_MINUTES = 1440;

/** With the value `ready`, a watch ends only when the resource of its job is usable. */
export const Until = z.literal("ready");
/** The maximum number of minutes between the success of a job and the time at which its resource is usable. */
export const ReadyMinutes = z.lazy(() => numberSchema(z.positive(), z.maximum(MAX_READY_MINUTES)));
