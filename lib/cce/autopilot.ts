import type { Project } from "../config/projects.ts";
import type { Instant, Job, Observation } from "../domain/job.ts";
import type { Refusal } from "./cce-error.ts";

/**
 * The time for which the service does not ask the API for Autopilot clusters again for a list of jobs, after this API
 * refused the request. Some clouds have no API for Autopilot clusters.
 */
const REFUSED_MS = 3_600_000;

/**
 * The two APIs of CCE that return jobs: the API for standard and Turbo clusters, and the API for Autopilot clusters.
 */
export type CceApi = "standard" | "autopilot";

/** The maximum number of jobs and resources of Autopilot clusters whose IDs the service keeps in memory. */
const MAX_AUTOPILOT_JOBS = 1000;

/**
 * The setting `autopilot` of a project in the config. With `autopilot: true`, the service queries the API for Autopilot
 * clusters first. With `autopilot: false`, the service never queries the API for Autopilot clusters. Without
 * `autopilot`, the service queries the API for Autopilot clusters after the standard API.
 */
type AutopilotSetting = Project["autopilot"];

/**
 * Creates a function that finds a job or a resource in the standard API of CCE or in the API for Autopilot clusters.
 * Callers do not say whether a job belongs to an Autopilot cluster.
 * @param query a function that asks one of the two APIs for a job or a resource. `query` never throws an error.
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
 * Returns true if the API for Autopilot clusters may have the job although this API did not return the job. Some clouds
 * have no API for Autopilot clusters, and some users have no right to use this API. So the service ignores a refusal by
 * the API for Autopilot clusters, unless the service expects the job in this API. If the API for Autopilot clusters
 * returned the job before, even an error page of a proxy does not mean that the job is gone.
 */
function mayKnowJob({ kind }: Observation, isExpected: boolean, wasFound: boolean): boolean {
  if (kind === "throttled" || kind === "unavailable") return true;
  if (kind === "misconfigured") return wasFound;
  return isExpected && (kind === "unauthorized" || kind === "forbidden");
}

/**
 * A job in CCE's list of the jobs of a project. CCE lists jobs without their subjobs, so the array `subJobs` of a
 * listed job is empty.
 */
export type ListedJob = Job & { readonly jobId: string };

/**
 * The result of a request for a list of jobs. The result does not contain the jobs, because the function `onJob` has
 * already received each job.
 */
export type ListReply =
  | {
      readonly kind: "list";
      /**
       * `isComplete` is false if the list of jobs in the reply of CCE ended early or was too long. If `isComplete` is
       * false, CCE may have more jobs.
       */
      readonly isComplete: boolean;
      /**
       * The time in the header `Date` of the reply of CCE, which is the time of the cloud. `date` is null if the reply
       * of CCE has no header `Date`.
       */
      readonly date: Instant | null;
    }
  | Refusal;

/**
 * Creates a function that lists the jobs of a project from the standard API of CCE and from the API for Autopilot
 * clusters. Each of the two CCE APIs lists only the jobs of its own clusters. If the API for Autopilot clusters refuses
 * the request, the function lists only the jobs of the standard API. With the setting `autopilot: true`, the function
 * returns the refusal of the API for Autopilot clusters instead.
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
