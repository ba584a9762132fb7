import type { Project } from "../config/projects.ts";
import type { Clock, Instant, Job, Observation } from "../domain/job.ts";
import type { Refusal } from "./cce-error.ts";

/**
 * If the Autopilot API refuses to list jobs, the service does not ask this API for its jobs again for one hour. Some
 * clouds do not have the Autopilot API.
 */
const REFUSED_MS = 3_600_000;

/**
 * The two APIs of CCE. The API `autopilot` returns jobs of Autopilot clusters, and the API `standard` returns all other
 * jobs.
 */
export type CceApi = "standard" | "autopilot";

/** The maximum number of jobs and resources of Autopilot clusters that the service remembers. */
const MAX_AUTOPILOT_JOBS = 1000;

/**
 * The setting `autopilot` of a project. With `autopilot: true`, the service queries the Autopilot API first. With
 * `autopilot: false`, the service never queries the Autopilot API. Without this setting, the service queries the
 * standard API first and then the Autopilot API.
 */
type AutopilotSetting = Project["autopilot"];

/**
 * Creates a function that searches for a job or resource in both APIs of CCE. The service does not know in advance
 * whether a job belongs to an Autopilot cluster.
 * @param query a function that asks one of the two APIs. The function never throws an error.
 */
export function createQueryTryingBothApis<Wanted>(
  autopilot: AutopilotSetting,
  query: (api: CceApi, wanted: Wanted, endAt: number) => Promise<Observation>,
): (jobId: string, wanted: Wanted, endAt: number) => Promise<Observation> {
  const autopilotJobs = new Set<string>();
  return async (jobId, wanted, endAt) => {
    const standardFirst = autopilot !== true && !autopilotJobs.has(jobId);
    let standard: Observation | null = null;
    if (standardFirst) {
      standard = await query("standard", wanted, endAt);
      if (standard.kind !== "gone" || autopilot === false) return standard;
    }
    const other = await query("autopilot", wanted, endAt);
    if (other.kind === "job") {
      if (autopilotJobs.size >= MAX_AUTOPILOT_JOBS && !autopilotJobs.has(jobId)) autopilotJobs.clear();
      autopilotJobs.add(jobId);
      return other;
    }
    standard ??= await query("standard", wanted, endAt);
    const wasFound = autopilotJobs.has(jobId);
    const isExpected = autopilot === true || wasFound;
    return standard.kind === "gone" && mayKnowJob(other, isExpected, wasFound) ? other : standard;
  };
}

/**
 * Returns true if the job may exist in the Autopilot API, although its response did not contain the job. Some clouds
 * have no Autopilot API, and some users are not allowed to use the Autopilot API. If the job probably belongs to the
 * standard API, the service ignores a refusal by the Autopilot API. Unless the Autopilot API has returned the job
 * before, the service also ignores an error page of a proxy.
 */
function mayKnowJob({ kind }: Observation, isExpected: boolean, wasFound: boolean): boolean {
  if (kind === "throttled" || kind === "unavailable") return true;
  if (kind === "misconfigured") return wasFound;
  return isExpected && (kind === "unauthorized" || kind === "forbidden");
}

/**
 * A job in the list of jobs that CCE returns for a project. The list of CCE contains no subjobs, so `subJobs` of a
 * listed job is always empty.
 */
export type ListedJob = Job & { readonly jobId: string };

/**
 * The result of a request for the list of jobs. The result does not contain the jobs, because the function `onJob` has
 * received each job.
 */
export type ListReply =
  | {
      readonly kind: "list";
      /** False if the response ended too early or was too long, so that `onJob` may not have received all jobs. */
      readonly isComplete: boolean;
      /** The time in the header `Date` of the response. Without the header `Date`, the field `date` is null. */
      readonly date: Instant | null;
    }
  | Refusal;

/**
 * Creates a function that lists the jobs of a project. The function queries both APIs of CCE, because each API lists
 * only the jobs of its own clusters. If the Autopilot API refuses the request, the function lists only the jobs of the
 * standard API. If the setting `autopilot` is true, the function returns the refusal.
 */
export function createJobListerToleratingOptionalApiRefusal(
  autopilot: AutopilotSetting,
  now: Clock,
  list: (api: CceApi, onJob: (job: ListedJob) => void, endAt: number) => Promise<ListReply>,
): (onJob: (job: ListedJob) => void, endAt: number) => Promise<ListReply> {
  let refusedUntil = 0;
  return async (onJob, endAt) => {
    const standard = await list("standard", onJob, endAt);
    if (standard.kind !== "list" || autopilot === false || now() < refusedUntil) return standard;
    const other = await list("autopilot", onJob, endAt);
    if (other.kind === "list") return { ...standard, isComplete: standard.isComplete && other.isComplete };
    if (other.kind === "throttled" || other.kind === "unavailable") return { ...standard, isComplete: false };
    if (autopilot === true) return other;
    refusedUntil = now() + REFUSED_MS;
    return standard;
  };
}
