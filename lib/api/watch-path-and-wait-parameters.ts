import { type Caller, mayUse } from "../auth/caller-rights.ts";
import type { CallerOperation } from "../config/config.ts";
import { JobId, type WatchKey } from "../domain/job.ts";
import { Name } from "../domain/names.ts";
import {
  forbidden,
  malformedPathNotFound,
  missingRightError,
  nameNotFound,
  type ProblemResponse,
} from "./problem-response.ts";
import { invalidRequest, listParameterErrors, toRequestErrors } from "./request-errors.ts";

/**
 * Returns an error response if the caller may not use the operation for the project. If the caller may use the
 * operation, returns null. If the caller may use the project for other operations, the status is 403. Otherwise, the
 * status is 404, so that the caller cannot find out whether the project exists.
 */
export function rejectForbiddenOrHiddenProject(
  caller: Caller,
  operation: CallerOperation,
  project: string,
): ProblemResponse | null {
  if (mayUse(caller, { operation, project })) return null;
  if (!mayUse(caller, { project })) return nameNotFound("project", project);
  return forbidden(operation, [missingRightError(operation, "project", project, { parameter: "project" })]);
}

/**
 * Reads the project and the job ID from the path of a request. The project, the job ID and the caller together are the
 * key of a watch. The function also checks that the caller may use the operation for the project. The function reads
 * only the caller's rights, and not the ledger, so that nobody can find out whether another project exists.
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
  if (!project.success) return malformedPathNotFound(errors);
  const problem = rejectForbiddenOrHiddenProject(caller, operation, project.data);
  if (problem !== null) return problem;
  if (!jobId.success) return malformedPathNotFound(errors);
  return { kind: "key", key: { project: project.data, jobId: jobId.data, caller: caller.name } };
}

/**
 * The maximum number of seconds in the query parameter `wait`. API Gateway ends a call after 30 seconds, and the
 * service needs 5 seconds for the response.
 */
export const MAX_WAIT_SECONDS = 25;

/**
 * Reads the query parameter `wait`, which is an integer from 1 to 25. If the query contains no `wait`, the result is 0.
 * If `wait` is invalid or the query contains any other parameter, the result is an error response with status 400.
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
