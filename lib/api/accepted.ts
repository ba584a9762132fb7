import * as z from "zod/mini";
import { MaybeText } from "../domain/zod-fields.ts";
import { type ApiResponse, jsonResponse } from "./http.ts";
import { Problem, type ProblemKind, problem, type Refusal } from "./problem.ts";

/** What became of one job of a call. */
export const JobAnswer = z.object({
  project: z.string(),
  jobId: z.string(),
  status: z.enum(["accepted", "already_watching", "rejected"]),
  statusUrl: MaybeText,
  pageUrl: z.nullable(z.string()).register(z.globalRegistry, {
    description: "A page for people: the link opens without a token, until it expires.",
  }),
  error: z.optional(Problem),
});
export type JobAnswer = z.infer<typeof JobAnswer>;

/** The answer of `POST /v1/jobs`, in the order asked. */
export const Accepted = z.object({ jobs: z.array(JobAnswer) });
export type Accepted = z.infer<typeof Accepted>;

/**
 * The answer for a whole call: 202 as soon as one job is accepted or already watched. When none is, a problem that
 * tells every job's own: 503 if asking again may help one of them, else 422.
 * @param field where the job IDs stood in the request.
 */
export function acceptedResponse(
  jobs: readonly JobAnswer[],
  field: "jobId" | "jobIds" | "reply",
): ApiResponse | Refusal {
  if (jobs.some(({ status }) => status !== "rejected")) {
    const only = jobs.length === 1 ? jobs[0]?.statusUrl : undefined;
    return jsonResponse(202, { jobs: [...jobs] } satisfies Accepted, only ? { location: only } : {});
  }
  const again = jobs.some(({ error }) => error?.status === 503);
  const kind: ProblemKind = again ? "unavailable" : "invalid-request";
  const place = (i: number) => (field === "jobIds" ? `#/jobIds/${i}` : field === "jobId" ? "#/jobId" : "#");
  return {
    kind: "refused",
    problem: problem(
      kind,
      again
        ? "Nothing was accepted; asking again is harmless."
        : "Nothing was accepted. Each fault is in 'errors'.",
      jobs.map(({ error }, i) => ({ pointer: place(i), detail: error?.detail ?? "was not accepted" })),
    ),
    ...(again ? { headers: { "retry-after": "5" } } : {}),
  };
}
