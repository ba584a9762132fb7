import type { Project } from "../config/projects.ts";
import type { Instant, Job, Observation } from "../domain/job.ts";
import type { Refusal } from "./cce-error.ts";

/**
 * After the Autopilot API has refused a list of jobs, the service does not ask this API again for `REFUSED_MS`. Some
 * clouds have no Autopilot API.
 */
const REFUSED_MS = 3_600_000;

/**
 * The two APIs of CCE that return jobs: the API for standard and Turbo clusters, and the API for Autopilot clusters.
 */
export type CceApi = "standard" | "autopilot";

/** The maximum number of IDs of Autopilot jobs and resources in memory. */
const MAX_AUTOPILOT_JOBS = 1000;

/**
 * The setting `autopilot` of a project in the config. `true`: the service asks the Autopilot API first. `false`: the
 * service never asks the Autopilot API. If the setting is missing, the service asks the Autopilot API after the
 * standard API.
 */
type AutopilotSetting = Project["autopilot"];

/**
 * Creates a function that searches for a job or resource in both APIs of CCE. A caller does not say whether a job
 * belongs to an Autopilot cluster.
 * @param query a function that asks one of both APIs. It never throws.
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
 * Returns true if the Autopilot API may have the job, although it did not return the job. Some clouds have no Autopilot
 * API, and some users are not allowed to use this API. The service therefore ignores a refusal by the Autopilot API,
 * unless it expects the job in this API. If the Autopilot API returned the job before, even an error page of a proxy
 * does not mean that the job is gone.
 */
function mayKnowJob({ kind }: Observation, isExpected: boolean, wasFound: boolean): boolean {
  if (kind === "throttled" || kind === "unavailable") return true;
  if (kind === "misconfigured") return wasFound;
  return isExpected && (kind === "unauthorized" || kind === "forbidden");
}

/** A job in CCE's list of the jobs of a project. CCE lists jobs without subjobs, so `subJobs` is always empty here. */
export type ListedJob = Job & { readonly jobId: string };

/**
 * The result of a request for a list of jobs. The result contains no jobs, because `onJob` has already received them.
 */
export type ListReply =
  | {
      readonly kind: "list";
      /**
       * False if the response ended before the end of the list, or if the list was too long. If `isComplete` is false,
       * CCE may have more jobs.
       */
      readonly isComplete: boolean;
      /** The time in the header `Date` of the response, or null. */
      readonly date: Instant | null;
    }
  | Refusal;

/**
 * Creates a function that lists the jobs of a project from both APIs of CCE. Each API lists only the jobs of its own
 * clusters. If the Autopilot API refuses the request, only the jobs of the standard API are listed. If `autopilot` is
 * true, a refusal by the Autopilot API is an error.
 */
export function createJobListerToleratingAutopilotRefusal(
  autopilot: AutopilotSetting,
  now: () => Instant,
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
