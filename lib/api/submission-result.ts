import * as z from "zod/mini";
import { MaybeText, withDescription } from "../domain/zod-fields.ts";
import { type ApiResponse, jsonResponse } from "./http-message.ts";
import { Problem, type ProblemResponse, problemResponse, unavailable } from "./problem-response.ts";
import type { Locate } from "./request-errors.ts";

/** The result of a submission for one job. */
export const JobResult = z.object({
  project: z.string(),
  jobId: z.string(),
  status: z.enum(["accepted", "already_watching", "rejected"]),
  deadlineAt: withDescription(
    z.nullable(z.iso.datetime()),
    "The deadline of the watch. If the caller already had a running watch of the job, the later of both deadlines holds. The value is null for a rejected job.",
  ),
  statusUrl: MaybeText,
  pageUrl: withDescription(
    z.nullable(z.string()),
    "The URL of a web page about the job. The link needs no token and expires.",
  ),
  error: z.optional(Problem),
});
export type JobResult = z.infer<typeof JobResult>;

/** The response body of `POST /v1/jobs`. The jobs have the same order as in the request. */
export const SubmissionResult = z.object({ jobs: z.array(JobResult) });
export type SubmissionResult = z.infer<typeof SubmissionResult>;

/**
 * Creates the response to a request `POST /v1/jobs`. If the service accepted at least one job or already watches it,
 * the status is 202. If the service accepted no job, the result is an error response with the errors of all jobs. If
 * the same request may succeed later, the status of the error response is 503. Otherwise, the status is 422.
 * @param locateInRequest returns the position of a job in the request, for an error
 */
export function createAcceptedOrAllRejectedResponse(
  jobs: readonly JobResult[],
  locateInRequest: (index: number) => ReturnType<Locate>,
): ApiResponse | ProblemResponse {
  if (jobs.some(({ status }) => status !== "rejected")) {
    const location = jobs.length === 1 ? jobs[0]?.statusUrl : undefined;
    return jsonResponse(202, { jobs: [...jobs] } satisfies SubmissionResult, location ? { location } : {});
  }
  const errors = jobs.map(({ error }, i) => ({
    ...locateInRequest(i),
    detail: error?.detail ?? "was rejected",
  }));
  return jobs.some(({ error }) => error?.status === 503)
    ? unavailable("No job was accepted. Send the request again.", errors)
    : problemResponse("invalid-request", "No job was accepted. See 'errors'.", errors);
}
