import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { findJobId } from "../../lib/cce/find-job-id.ts";
import { interpretJobReplyUnmasked } from "../../lib/cce/interpret-job-reply.ts";
import type { Instant, Job } from "../../lib/domain/job.ts";

/** Returns null if the two values are equal. If the two values differ, returns a text about the difference. */
export function describeDifference(field: string, expected: unknown, actual: unknown): string | null {
  if (isDeepStrictEqual(actual, expected)) return null;
  return `${field}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`;
}

const JobCase = z.object({
  status: z.int(),
  body: z.string(),
  expect: z.record(z.string(), z.unknown()),
});

/** Parses CCE's response to a job query, and compares the parsed job with every field that the test case expects. */
export function checkCceJob(testCase: unknown): string | null {
  const { status, body, expect } = JobCase.parse(testCase);
  const observation = interpretJobReplyUnmasked({ status, headers: {}, body }, Date.now(), "prod");
  const actual: Readonly<Record<string, unknown>> =
    observation.kind === "job" ? summaryOf(observation.job) : { state: "unreadable" };
  const mismatches = Object.keys(expect).flatMap(
    (field) => describeDifference(field, expect[field], actual[field]) ?? [],
  );
  return mismatches.length === 0 ? null : mismatches.join("; ");
}

interface FailedSubJob {
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
    subJobs: countSubJobs(job),
    failures: failedSubJobs(job, [typeOf(job)]),
    createdAt: toIsoText(job.createdAt),
    updatedAt: toIsoText(job.updatedAt),
  };
}

const countSubJobs = (job: Job): number =>
  job.subJobs.reduce((sum, subJob) => sum + 1 + countSubJobs(subJob), 0);

const failedSubJobs = (job: Job, path: readonly string[]): FailedSubJob[] =>
  job.subJobs.flatMap((subJob) => {
    const subPath = [...path, typeOf(subJob)];
    const failure = { path: subPath, jobId: subJob.jobId, reason: subJob.reason };
    return [...(subJob.state === "failed" ? [failure] : []), ...failedSubJobs(subJob, subPath)];
  });

const typeOf = (job: Job): string => job.type ?? "unknown";

const toIsoText = (at: Instant | null): string | null => (at === null ? null : new Date(at).toISOString());

const ReplyCase = z.object({
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  expect: z.object({ kind: z.string(), retryAfterSeconds: z.number().optional() }),
});

/**
 * Parses CCE's response to a job query, and compares the kind of the result with the kind that the test case expects.
 */
export function checkCceReply(testCase: unknown): string | null {
  const { expect, ...reply } = ReplyCase.parse(testCase);
  const observation = interpretJobReplyUnmasked(reply, Date.now(), "prod");
  if (observation.kind !== expect.kind) return `kind: expected ${expect.kind}, got ${observation.kind}`;
  if (expect.retryAfterSeconds === undefined) return null;
  const actual = observation.kind === "throttled" ? observation.retryAfterSeconds : null;
  return describeDifference("retryAfterSeconds", expect.retryAfterSeconds, actual);
}

const CreateCase = z.object({ body: z.unknown(), expect: z.object({ jobId: z.string().nullable() }) });

/** Checks the job ID that this service finds in CCE's response to a request that starts a job. */
export function checkCreateReply(testCase: unknown): string | null {
  const { body, expect } = CreateCase.parse(testCase);
  return describeDifference("jobId", expect.jobId, findJobId(body));
}
