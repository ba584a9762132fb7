import { type Caller, mayUse } from "../auth/caller.ts";
import { JobId, Name, type WatchKey } from "../domain/job.ts";
import { forbidden, malformedPath, type ProblemResponse } from "./problem.ts";
import { findParameterErrors, invalidRequest, toRequestErrors } from "./request-errors.ts";

/**
 * Reads the project and the job ID from a URL path and checks whether the caller may use the project. The function does
 * not read the ledger, so a caller who may not use the project cannot learn whether the project exists.
 */
export function readWatchKey(
  caller: Caller,
  params: Readonly<Record<string, string>>,
): { readonly kind: "key"; readonly key: WatchKey } | ProblemResponse {
  const project = Name.safeParse(params.project);
  const jobId = JobId.safeParse(params.jobId);
  const errors = [
    ...toRequestErrors(project, () => ({ parameter: "project" })),
    ...toRequestErrors(jobId, () => ({ parameter: "jobId" })),
  ];
  if (!project.success) return malformedPath(errors);
  if (!mayUse(caller, "projects", project.data))
    return forbidden([{ parameter: "project", scope: "projects", name: project.data }]);
  if (!jobId.success) return malformedPath(errors);
  return { kind: "key", key: { project: project.data, jobId: jobId.data } };
}

/**
 * The maximum value of the query parameter `wait` in seconds. API Gateway ends a call after 30 seconds, so 5 seconds
 * remain for the response.
 */
export const MAX_WAIT_SECONDS = 25;

/**
 * Reads the query parameter `wait`, an integer from 1 to 25. Returns 0 if the query parameter `wait` is absent. Returns
 * an error response with the status 400 if `wait` is invalid or if the query contains any other parameter.
 */
export function readWaitSeconds(
  query: URLSearchParams,
): { readonly kind: "wait"; readonly seconds: number } | ProblemResponse {
  const errors = findParameterErrors(query, [], ["wait"]);
  const [wait = "0", ...more] = query.getAll("wait");
  const isInRange = /^[1-9]\d?$/.test(wait) && Number(wait) <= MAX_WAIT_SECONDS;
  if (query.has("wait") && (more.length > 0 || !isInRange))
    errors.push({
      parameter: "wait",
      detail: `must be an integer from 1 to ${MAX_WAIT_SECONDS} (seconds)`,
    });
  return errors.length > 0 ? invalidRequest(errors) : { kind: "wait", seconds: Number(wait) };
}
