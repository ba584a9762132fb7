import { type Caller, mayUse } from "../auth/caller.ts";
import type { CallerOperation } from "../config/config.ts";
import { JobId, Name, type WatchKey } from "../domain/job.ts";
import {
  forbidden,
  malformedPath,
  missingRightError,
  nameNotFound,
  type ProblemResponse,
} from "./problem-response.ts";
import { invalidRequest, listParameterErrors, toRequestErrors } from "./request-errors.ts";

/**
 * Returns an error response if the caller may not use an operation for a project, or null if the caller may use the
 * operation. The status of the response is 404 if the caller may not use the project at all, because the caller may not
 * know whether the project exists. If the caller may use the project but not the operation, the status is 403.
 */
export function checkProjectRight(
  caller: Caller,
  operation: CallerOperation,
  project: string,
): ProblemResponse | null {
  if (mayUse(caller, { operation, project })) return null;
  if (!mayUse(caller, { project })) return nameNotFound("project", project);
  return forbidden(operation, [missingRightError(operation, "project", project, { parameter: "project" })]);
}

/**
 * Reads the project and the job ID from a URL path. The project and the job ID are the key of the caller's own watch.
 * Also checks whether the caller may use the operation for the project. The ledger is not read, so a caller who may not
 * use the project cannot learn whether the project exists.
 */
export function checkRightAndReadWatchKey(
  caller: Caller,
  operation: CallerOperation,
  params: Readonly<Record<string, string>>,
): { readonly kind: "key"; readonly key: WatchKey } | ProblemResponse {
  const project = Name.safeParse(params.project);
  const jobId = JobId.safeParse(params.jobId);
  const errors = [
    ...toRequestErrors(project, () => ({ parameter: "project" })),
    ...toRequestErrors(jobId, () => ({ parameter: "jobId" })),
  ];
  if (!project.success) return malformedPath(errors);
  const problem = checkProjectRight(caller, operation, project.data);
  if (problem !== null) return problem;
  if (!jobId.success) return malformedPath(errors);
  return { kind: "key", key: { project: project.data, jobId: jobId.data, caller: caller.name } };
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
  const errors = listParameterErrors(query, [], ["wait"]);
  const [wait = "0", ...more] = query.getAll("wait");
  const isInRange = /^[1-9]\d?$/.test(wait) && Number(wait) <= MAX_WAIT_SECONDS;
  if (query.has("wait") && (more.length > 0 || !isInRange))
    errors.push({
      parameter: "wait",
      detail: `must be an integer from 1 to ${MAX_WAIT_SECONDS} (seconds)`,
    });
  return errors.length > 0 ? invalidRequest(errors) : { kind: "wait", seconds: Number(wait) };
}
