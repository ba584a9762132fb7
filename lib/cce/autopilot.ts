import type { Project } from "../config/projects.ts";
import type { Instant, Job, Observation } from "../domain/job.ts";
import type { Refusal } from "./cce-error.ts";

/**
 * Some clouds have no API for Autopilot clusters. If a cloud refuses a query to the API for Autopilot clusters, the
 * service does not query this API again for one hour.
 */
const REFUSED_MS = 3_600_000;

/** The two APIs of CCE that return jobs: the API for standard and Turbo clusters, and the API for Autopilot clusters. */
export type CceApi = "standard" | "autopilot";

/** The service remembers at most 1000 jobs and resources of Autopilot clusters. */
const MAX_AUTOPILOT_JOBS = 1000;

/**
 * The key `autopilot` of a project in the config. With `true`, the service asks the API for Autopilot clusters first.
 * With `false`, the service never asks the API for Autopilot clusters. Without the key, the service asks the API for
 * Autopilot clusters second.
 */
type AutopilotSetting = Project["autopilot"];

/**
 * Creates a function that queries a job or a resource by both APIs of CCE, because a caller does not say to which API a
 * job belongs.
 * @param query queries one API for a job or a resource. `query` never throws an error.
 */
export function createQueryForBothApis<Wanted>(
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
      if (autopilotJobs.size >= MAX_AUTOPILOT_JOBS) autopilotJobs.clear();
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
 * have no API for Autopilot clusters, and some users have no right to use it. A refusal by the API for Autopilot
 * clusters counts only if the service expects that this API has the job. If this API returned the job before, the API
 * exists, so a page of a proxy in front of the API does not mean that the job is gone.
 */
function mayKnowJob({ kind }: Observation, isExpected: boolean, wasFound: boolean): boolean {
  if (kind === "throttled" || kind === "unavailable") return true;
  if (kind === "misconfigured") return wasFound;
  return isExpected && (kind === "unauthorized" || kind === "forbidden");
}

/**
 * A job in a list of jobs, with the data that the list contains. A list of jobs contains no subjobs, so a listed job
 * has an empty list of subjobs.
 */
export type ListedJob = Job & { readonly jobId: string };

/**
 * The result of a request for a list of jobs. The jobs themselves are not part of the result, because the function
 * `onJob` has already received each job.
 */
export type ListReply =
  | {
      readonly kind: "list";
      /**
       * `isComplete` is false if the reply ended early or was longer than the limit. After an incomplete reply, CCE may
       * have more jobs.
       */
      readonly isComplete: boolean;
      /**
       * The time in the header `Date` of the reply, by the clock of the cloud. `date` is null if the reply has no
       * header `Date`.
       */
      readonly date: Instant | null;
    }
  | Refusal;

/**
 * Creates a function that lists the jobs of a project by both APIs of CCE, because each API lists only the jobs of its
 * own clusters. If the API for Autopilot clusters refuses the request, the list contains only the jobs of the standard
 * API. But if the config says that the project has Autopilot clusters, the refusal is the result.
 */
export function createJobListerForBothApis(
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
