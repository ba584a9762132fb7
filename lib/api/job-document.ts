import { type Failure, listFailures } from "../domain/failures.ts";
import { createHintLookup } from "../domain/hints.ts";
import type { Job, SubJobCounts } from "../domain/job.ts";
import { unlistedFailuresWarning } from "../domain/outcome-summary.ts";
import { collectSubJobs } from "../domain/subjob-tree.ts";
import { toIsoOrNull } from "../domain/time-text.ts";
import type { JobDocument } from "./status-document.ts";

/** What failures may take in JSON, as in the event that tells them in the end. The tree has longer reasons. */
const FAILURES_BYTES = 20_000;

/** What is to be told of a tree beside itself: how many subjobs it has, which failed, and what does not show. */
export interface TreeSummary {
  /** All below the root, by state. */
  readonly counts: SubJobCounts;
  /** In tree order, with hints; long reasons are cut, and what does not fit is left out with a warning. */
  readonly failures: Failure[];
  readonly warnings: string[];
}

export function summarizeTree(job: Job): TreeSummary {
  const { counts, failed } = collectSubJobs(job);
  const failures = listFailures(failed, FAILURES_BYTES);
  const left = counts.failed - failures.length;
  return { counts, failures, warnings: left === 0 ? [] : [unlistedFailuresWarning(left)] };
}

/** Returns a warning if subjobs were omitted from the tree. */
export function omittedSubJobsWarnings(shown: Job): string[] {
  const { counts, omittedCount } = collectSubJobs(shown);
  return omittedCount === 0
    ? []
    : [
        `The tree is too large to be shown whole: ${omittedCount} of its ${counts.total} subjobs are omitted.`,
      ];
}

/** The tree as the API and the page show it. Works without recursion, as a tree may be deeper than the call stack. */
export function jobDocument(job: Job): JobDocument {
  const hintFor = createHintLookup();
  const root = withoutSubJobs(job, hintFor);
  const open: [Job, JobDocument][] = [[job, root]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [from, to] = pair;
    for (const subJob of from.subJobs) {
      const document = withoutSubJobs(subJob, hintFor);
      to.subJobs.push(document);
      if (subJob.subJobs.length > 0) open.push([subJob, document]);
    }
  }
  return root;
}

function withoutSubJobs(job: Job, hintFor: (reason: string | null) => string | null): JobDocument {
  return {
    ...job,
    hint: job.state === "failed" ? hintFor(job.reason) : null,
    createdAt: toIsoOrNull(job.createdAt),
    updatedAt: toIsoOrNull(job.updatedAt),
    subJobs: [],
  };
}
