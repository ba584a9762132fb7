import type { JobDocument } from "../../../lib/api/status-document.ts";

/** The time at which the samples are rendered. */
export const NOW = Date.parse("2026-03-12T09:39:22.000Z");
const START = Date.parse("2026-03-12T09:30:00.000Z");

/** Returns the ISO 8601 time that is `seconds` after the start of the sample job. */
export const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

export function subJob(part: Partial<JobDocument> = {}): JobDocument {
  return {
    jobId: "5c1d7a40-2f6b-11f1-8a3e-0255ac100b07",
    type: "InstallNode",
    phase: "Success",
    state: "succeeded",
    reason: null,
    hint: null,
    clusterId: null,
    resourceId: null,
    resourceName: null,
    createdAt: at(0),
    updatedAt: at(60),
    subJobs: [],
    ...part,
  };
}

/** Returns a subjob that starts and ends at the given seconds of the sample job. */
export function step(type: string, from: number, to: number, part: Partial<JobDocument> = {}): JobDocument {
  return subJob({
    jobId: `job-${type}-${from}`.padEnd(36, "-x"),
    type,
    createdAt: at(from),
    updatedAt: at(to),
    ...part,
  });
}

export const PENDING = { phase: "Running", state: "pending" } as const;
export const FAILED = { phase: "Failed", state: "failed" } as const;

export const REASON = `[VM creation failed]
code: Ecs.0319, message: the flavor c7.2xlarge.4 is sold out in eu-de-02
request: req-91b3f0aa27`;
