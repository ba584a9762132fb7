import type { Failure, SubJobCounts } from "../conclusion.ts";
import type { Job } from "../job.ts";
import type { JobDocument } from "../status.ts";
import { rememberingHints } from "./hints.ts";
import { pathOf, survey } from "./outcome/tree.ts";
import { isoOrNull } from "./text/iso.ts";

/** How many subjobs the whole tree below the root has, by state. */
export function countSubJobs(job: Job): SubJobCounts {
  return survey(job).counts;
}

/** Every failed subjob in tree order, uncut, with hints. */
export function failuresOf(job: Job): Failure[] {
  const hintFor = rememberingHints();
  return survey(job).failed.map((place) => ({
    path: pathOf(place),
    jobId: place.job.jobId,
    resourceName: place.job.resourceName,
    reason: place.job.reason,
    hint: hintFor(place.job.reason),
  }));
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
