import type { ReadyProgress } from "../domain/ready.ts";
import { countUtf8Bytes, truncate } from "../domain/truncate-text.ts";
import type { EndedJob, ObservedJob } from "./watch.ts";

/**
 * The maximum size of a text from CCE in a watch. A watch must be small in the ledger, because each poll writes the
 * watch.
 */
const TEXT_BYTES = 200;

/** Truncates a text from CCE so that the text is short enough for a watch. */
export function truncateObservedText<Text extends string | null>(text: Text): Text | string {
  return text === null ? text : truncate(text, TEXT_BYTES, countUtf8Bytes);
}

/** Truncates the texts about a resource so that they are short enough for a watch. */
export function truncateReady(ready: ReadyProgress): ReadyProgress {
  const { reason, message } = ready;
  return { ...ready, reason: truncateObservedText(reason), message: truncateObservedText(message) };
}

/** Truncates the texts of an observed job so that they are short enough for a watch. */
export function truncateObservedJob({ phase, jobType, resourceName }: ObservedJob): ObservedJob {
  return {
    phase: truncateObservedText(phase),
    jobType: truncateObservedText(jobType),
    resourceName: truncateObservedText(resourceName),
  };
}

/** Truncates the texts of a job that has ended so that they are short enough for a watch. */
export function truncateEndedJob(job: EndedJob): EndedJob {
  return {
    ...truncateObservedJob(job),
    cause: truncateObservedText(job.cause),
    durationSeconds: job.durationSeconds,
  };
}
