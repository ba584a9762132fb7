import type { Instant, Job } from "../domain/job.ts";
import type { CceApi } from "./autopilot-fallback.ts";
import type { Refusal } from "./refusal.ts";

/** A job in a list, with the data that a list contains. The list of subjobs is empty. */
export type ListedJob = Job & { readonly jobId: string };

/** The result of a list of jobs. The jobs themselves went to the function `onJob`. */
export type ListReply =
  | {
      readonly kind: "list";
      /** Is false if the reply ended early or was longer than the limit. More jobs may exist. */
      readonly isComplete: boolean;
      /** The time in the header `Date` of the reply, by the clock of the cloud. Is null without such a header. */
      readonly date: Instant | null;
    }
  | Refusal;

/** Some clouds have no API for Autopilot clusters. After a refusal, the API is not asked for this time. */
const REFUSED_MS = 3_600_000;

/**
 * Creates a function that lists the jobs of a project by both APIs of CCE, because each API lists only the jobs of its
 * own clusters. If the API for Autopilot clusters refuses the list, the list of the standard API counts alone, unless
 * the project says that Autopilot clusters exist.
 * @param autopilot the key `autopilot` of the project. With `false`, the API for Autopilot clusters is never asked.
 */
export function createListOfBothApis(
  autopilot: boolean | undefined,
  now: () => Instant,
  list: (api: CceApi, onJob: (job: ListedJob) => void, endAt: number) => Promise<ListReply>,
): (onJob: (job: ListedJob) => void, endAt: number) => Promise<ListReply> {
  let refusedUntil = 0;
  return async (onJob, endAt) => {
    const standard = await list("standard", onJob, endAt);
    if (standard.kind !== "list" || autopilot === false || now() < refusedUntil) return standard;
    const other = await list("autopilot", onJob, endAt);
    if (other.kind === "list") return { ...standard, isComplete: standard.isComplete && other.isComplete };
    if (other.kind === "throttled" || other.kind === "unavailable") return { ...standard, isComplete: false };
    if (autopilot === true) return other;
    refusedUntil = now() + REFUSED_MS;
    return standard;
  };
}
