import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { readJobReply } from "../../lib/cce/read-job-reply.ts";
import type { Instant, Job } from "../../lib/domain/job.ts";

const Case = z.object({
  status: z.int(),
  body: z.string(),
  expect: z.record(z.string(), z.unknown()),
});

/** Reads one reply that may hold a job, and compares every field that the case expects. Null when all agree. */
export function check(testCase: unknown): string | null {
  const { status, body, expect } = Case.parse(testCase);
  const seen = readJobReply({ status, headers: {}, body }, Date.now());
  const got: Readonly<Record<string, unknown>> =
    seen.kind === "job" ? summaryOf(seen.job) : { state: "unreadable" };
  const wrong = Object.keys(expect).filter((field) => !isDeepStrictEqual(got[field], expect[field]));
  return wrong.length === 0
    ? null
    : wrong.map((field) => mismatch(field, expect[field], got[field])).join("; ");
}

const mismatch = (field: string, expected: unknown, got: unknown): string =>
  `${field}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`;

interface Failed {
  readonly path: readonly string[];
  readonly jobId: string | null;
  readonly reason: string | null;
}

function summaryOf(job: Job): Readonly<Record<string, unknown>> {
  const { state, phase, type, jobId, reason } = job;
  return {
    state,
    phase,
    type,
    jobId,
    reason,
    subJobs: countOf(job),
    failures: failuresOf(job, [nameOf(job)]),
    createdAt: isoOf(job.createdAt),
    updatedAt: isoOf(job.updatedAt),
  };
}

const countOf = (job: Job): number => job.subJobs.reduce((sum, subJob) => sum + 1 + countOf(subJob), 0);

const failuresOf = (job: Job, path: readonly string[]): Failed[] =>
  job.subJobs.flatMap((subJob) => {
    const here = [...path, nameOf(subJob)];
    const own = { path: here, jobId: subJob.jobId, reason: subJob.reason };
    return [...(subJob.state === "failed" ? [own] : []), ...failuresOf(subJob, here)];
  });

const nameOf = (job: Job): string => job.type ?? "unknown";

const isoOf = (at: Instant | null): string | null => (at === null ? null : new Date(at).toISOString());
