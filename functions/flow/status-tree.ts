import type { Failure, SubJobCounts } from "../../lib/conclusion.ts";
import type { Job } from "../../lib/job.ts";
import type { JobDocument } from "../../lib/status.ts";
import type { TreeTeller } from "./status-document.ts";

/** Advice for a reason, where it is a known one. */
export type HintFor = (reason: string | null) => string | null;

/** Tells a tree that is still under way; a concluded one is told by its conclusion. */
export function createTreeTeller(hintFor: HintFor): TreeTeller {
  return {
    failures: (job) => failuresBelow(job, [], hintFor),
    counts: countBelow,
    document: (job) => asDocument(job, hintFor),
  };
}

function failuresBelow(job: Job, above: readonly string[], hintFor: HintFor): Failure[] {
  const path = [...above, job.type ?? "unknown"];
  return job.subJobs.flatMap((subJob) => [
    ...(subJob.state === "failed"
      ? [
          {
            path: [...path, subJob.type ?? "unknown"],
            jobId: subJob.jobId,
            resourceName: subJob.resourceName,
            reason: subJob.reason,
            hint: hintFor(subJob.reason),
          },
        ]
      : []),
    ...failuresBelow(subJob, path, hintFor),
  ]);
}

function countBelow(job: Job): SubJobCounts {
  const counts = { total: 0, succeeded: 0, failed: 0, pending: 0 };
  const walk = ({ subJobs }: Job): void => {
    for (const subJob of subJobs) {
      counts.total += 1;
      counts[subJob.state] += 1;
      walk(subJob);
    }
  };
  walk(job);
  return counts;
}

function asDocument(job: Job, hintFor: HintFor): JobDocument {
  const { createdAt, updatedAt, subJobs, ...same } = job;
  return {
    ...same,
    hint: hintFor(job.reason),
    createdAt: createdAt === null ? null : new Date(createdAt).toISOString(),
    updatedAt: updatedAt === null ? null : new Date(updatedAt).toISOString(),
    subJobs: subJobs.map((subJob) => asDocument(subJob, hintFor)),
  };
}
