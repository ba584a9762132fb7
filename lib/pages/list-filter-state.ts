import {
  type AccessError,
  type Instant,
  jobWasSeen,
  type LastPollError,
  type WatchState,
} from "../domain/job.ts";
import { type Face, faceOf } from "./state-presentation.ts";

/** A watch as the list shows it. */
export interface ListedWatch {
  readonly jobId: string;
  readonly state: WatchState;
  readonly jobType: string | null;
  readonly resourceName: string | null;
  readonly phase: string | null;
  readonly acceptedAt: Instant;
  readonly concludedAt: Instant | null;
  readonly nextPollAt: Instant | null;
  readonly accessError: AccessError | null;
  readonly lastPollError: LastPollError | null;
  /** Its status page, with a key of its own. */
  readonly url: string;
}

export interface ListFilter {
  /** null: all of them. */
  readonly state: WatchState | null;
  /** Every word of it must occur in the job's ID, type, resource, phase or state, whatever the case. */
  readonly text: string;
}

export const LIST_STATES: readonly WatchState[] = [
  "watching",
  "failed",
  "timed_out",
  "lost",
  "succeeded",
  "stopped",
];

/** The state a query parameter names; null for anything else. */
export function listState(name: string | null): WatchState | null {
  return LIST_STATES.find((state) => state === name) ?? null;
}

export function faceOfListed({ state, jobType: type, phase }: ListedWatch): Face {
  return faceOf(state, jobWasSeen({ type, phase }));
}

/** The watches that match, those still running first, otherwise in the order given. */
export function selectWatches(watches: readonly ListedWatch[], filter: ListFilter): readonly ListedWatch[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = watches.filter(
    (watch) => (filter.state === null || watch.state === filter.state) && hasAll(watch, words),
  );
  const [running, over] = [true, false].map((wanted) =>
    matching.filter((watch) => (watch.state === "watching") === wanted),
  );
  return [...(running ?? []), ...(over ?? [])];
}

function hasAll(watch: ListedWatch, words: readonly string[]): boolean {
  const { jobId, jobType, resourceName, phase } = watch;
  const haystack = [jobId, jobType, resourceName, phase, faceOfListed(watch).word].join(" ").toLowerCase();
  return words.every((word) => haystack.includes(word));
}
