import type { Observation } from "../domain/job.ts";

/** The two APIs of CCE that return jobs: the API for standard and Turbo clusters, and the API for Autopilot clusters. */
export type CceApi = "standard" | "autopilot";

/** The service remembers at most this number of jobs and resources of Autopilot clusters. */
const MAX_AUTOPILOT_JOBS = 1000;

/**
 * Creates a function that queries a job or a resource by both APIs of CCE, because a caller does not say to which API a
 * job belongs. The second API is asked only if the first API does not return the job or the resource.
 * @param autopilot the key `autopilot` of the project. With `true`, the API for Autopilot clusters is asked first. With
 * `false`, that API is never asked.
 * @param query queries one API for a job or a resource. Never throws.
 */
export function createAutopilotFallback<Wanted>(
  autopilot: boolean | undefined,
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
    const isExpected = autopilot === true || autopilotJobs.has(jobId);
    return standard.kind === "gone" && mayKnowJob(other, isExpected) ? other : standard;
  };
}

/**
 * Returns true if the API for Autopilot clusters may have the job although the API did not return the job. Some clouds
 * have no such API, and some users have no right to use the API. Therefore a refusal by this API counts only if the job
 * is expected there.
 */
function mayKnowJob({ kind }: Observation, isExpected: boolean): boolean {
  if (kind === "throttled" || kind === "unavailable") return true;
  return isExpected && (kind === "unauthorized" || kind === "forbidden");
}
