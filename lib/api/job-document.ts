import { rememberingHints } from "../domain/hints.ts";
import { isoOrNull } from "../domain/iso-text.ts";
import type { Job } from "../domain/job.ts";
import { tellFailures } from "../domain/list-failures.ts";
import type { Failure, SubJobCounts } from "../domain/outcome-summary.ts";
import { survey } from "../domain/walk-tree.ts";
import { leftOutWarning, unlistedWarning } from "../domain/warnings.ts";
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
  const { counts, failed } = survey(job);
  const failures = tellFailures(failed, FAILURES_BYTES);
  const left = counts.failed - failures.length;
  return { counts, failures, warnings: left === 0 ? [] : [unlistedWarning(left)] };
}

/** What to say of a tree that is not shown whole; nothing where it is. */
export function leftOutWarnings(shown: Job): string[] {
  const { counts, omitted } = survey(shown);
  return omitted === 0 ? [] : [leftOutWarning(omitted, counts.total)];
}

/** The tree as the API and the page show it. Works without recursion, as a tree may be deeper than the call stack. */
export function jobDocument(job: Job): JobDocument {
  const hintFor = rememberingHints();
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
    createdAt: isoOrNull(job.createdAt),
    updatedAt: isoOrNull(job.updatedAt),
    subJobs: [],
  };
}
