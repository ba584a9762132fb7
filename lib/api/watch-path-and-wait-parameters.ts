import { type Caller, mayUse } from "../auth/caller-and-rights.ts";
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
 * Returns an error response if the caller may not use an operation for a project, else null. If the caller may not use
 * the project at all, the status is 404, which does not reveal whether the project exists. If only the operation is
 * missing, the status is 403.
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
 * Reads the project and the job ID of a path. The project, the job ID and the caller are the key of a watch. The right
 * to the operation is checked too. The ledger is not read, so nobody can find out whether another project exists.
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
  const problem = checkProjectRight(caller, operation, project.data);
  if (problem !== null) return problem;
  if (!jobId.success) return malformedPathNotFound(errors);
  return { kind: "key", key: { project: project.data, jobId: jobId.data, caller: caller.name } };
}

/**
 * The maximum of the query parameter `wait` in seconds. API Gateway ends a call after 30 seconds, so 5 seconds remain.
 */
export const MAX_WAIT_SECONDS = 25;

/**
 * Reads the query parameter `wait`, an integer from 1 to 25. If the query does not contain `wait`, the result is 0.
 * For an invalid `wait` or any other parameter, the result is an error response with status 400.
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
