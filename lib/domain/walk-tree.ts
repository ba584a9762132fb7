import type { Job } from "./job.ts";
import type { SubJobCounts } from "./outcome-summary.ts";

/** A job in its tree; the way up stands in for a path, which is spelled out only for what is told. */
export interface Place {
  readonly job: Job;
  readonly above: Place | null;
}

export interface Survey {
  /** Of all subjobs, those included that were left out of the tree. */
  readonly counts: SubJobCounts;
  /** So many were left out. */
  readonly omitted: number;
  /** Both in tree order: a job before those below it. */
  readonly failed: readonly Place[];
  readonly pending: readonly Place[];
}

/** Visits everything below the root once, with a stack of its own: a tree may be deeper than the call stack. */
export function survey(root: Job | null): Survey {
  const counts = { total: 0, succeeded: 0, failed: 0, pending: 0 };
  let omitted = 0;
  const failed: Place[] = [];
  const pending: Place[] = [];
  const ahead: Place[] = [];
  const descend = (above: Place): void => {
    const { subJobs, omitted: tally } = above.job;
    if (tally !== undefined) {
      omitted += tally.total;
      for (const state of ["total", "succeeded", "failed", "pending"] as const) counts[state] += tally[state];
    }
    for (let i = subJobs.length - 1; i >= 0; i -= 1) {
      const job = subJobs[i];
      if (job !== undefined) ahead.push({ job, above });
    }
  };
  if (root !== null) descend({ job: root, above: null });
  for (let place = ahead.pop(); place !== undefined; place = ahead.pop()) {
    counts.total += 1;
    counts[place.job.state] += 1;
    if (place.job.state === "failed") failed.push(place);
    else if (place.job.state === "pending") pending.push(place);
    descend(place);
  }
  return { counts, omitted, failed, pending };
}

/** The types from the root down to this job; one without a type is `unknown`. */
export function pathOf(place: Place): string[] {
  const path: string[] = [];
  for (let at: Place | null = place; at !== null; at = at.above) path.push(at.job.type ?? "unknown");
  return path.reverse();
}

/** Whether the tree runs through `upper` on its way to `lower`. */
export function isAbove(upper: Place, lower: Place): boolean {
  for (let at = lower.above; at !== null; at = at.above) if (at === upper) return true;
  return false;
}
