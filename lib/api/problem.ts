import "../domain/zod-fields.ts";
import * as z from "zod/mini";
import type { ApiResponse } from "./http.ts";

/** Everything that can go wrong for a caller: the closed list of problem types, each with its status and title. */
export const PROBLEMS = {
  "malformed-json": { status: 400, title: "The body is not JSON" },
  "invalid-parameter": { status: 400, title: "A parameter has faults" },
  unauthenticated: { status: 401, title: "Who is calling is not known" },
  forbidden: { status: 403, title: "The caller may not do this" },
  "not-found": { status: 404, title: "There is no such thing" },
  "method-not-allowed": { status: 405, title: "This method is not for this path" },
  "not-concluded": { status: 409, title: "The watch has not concluded" },
  "too-large": { status: 413, title: "The body is too large" },
  "unsupported-media-type": { status: 415, title: "The body is of another type" },
  "invalid-request": { status: 422, title: "The request has faults" },
  "internal-error": { status: 500, title: "Internal server error" },
  unavailable: { status: 503, title: "Not possible at the moment" },
} as const;
export type ProblemKind = keyof typeof PROBLEMS;

/** One fault: a place (in the body, the query or the path) and what is wrong there. */
export const Fault = z.object({
  pointer: z.optional(z.string()).register(z.globalRegistry, {
    description: "Where in the body: a JSON pointer (RFC 6901) as a URI fragment, `#/jobIds/3`.",
  }),
  parameter: z
    .optional(z.string())
    .register(z.globalRegistry, { description: "The parameter at fault, of the query or the path." }),
  detail: z.string(),
});
export type Fault = z.infer<typeof Fault>;

/** RFC 9457, "Problem Details for HTTP APIs", with the faults as `errors`. */
export const Problem = z
  .object({
    type: z
      .string()
      .register(z.globalRegistry, { description: "A URI reference that names the kind of problem." }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z
      .optional(z.string())
      .register(z.globalRegistry, { description: "The request's ID as a URN." }),
    errors: z.optional(z.array(Fault)),
  })
  .register(z.globalRegistry, { description: "What went wrong (RFC 9457); every fault is in `errors`." });
export type Problem = z.infer<typeof Problem>;

/** A problem and the headers its answer needs. */
export interface Refusal {
  readonly kind: "refused";
  readonly problem: Problem;
  readonly headers?: Readonly<Record<string, string>>;
}

/** As many as a call may name jobs. A body can hold thousands, and their answer must not be longer than the body. */
const MAX_FAULTS = 100;

/** Makes a problem of the list. `detail` is for a person and holds nothing internal. */
export function problem(kind: ProblemKind, detail: string, errors: readonly Fault[] = []): Problem {
  const { status, title } = PROBLEMS[kind];
  const more = errors.length - MAX_FAULTS;
  return {
    type: `/docs#problem-${kind}`,
    title,
    status,
    detail: more > 0 ? `${detail} These are the first ${MAX_FAULTS}; there are ${more} more.` : detail,
    ...(errors.length === 0 ? {} : { errors: errors.slice(0, MAX_FAULTS) }),
  };
}

/** The same as a refusal, for functions that answer either a value or why not. */
export function refuse(
  kind: ProblemKind,
  detail: string,
  errors: readonly Fault[] = [],
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  return { kind: "refused", problem: problem(kind, detail, errors), headers };
}

/** The answer that tells a problem; the request's ID becomes its `instance`. */
export function problemResponse({ problem, headers }: Refusal, requestId: string): ApiResponse {
  return {
    status: problem.status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      ...headers,
    },
    body: JSON.stringify({ ...problem, instance: `urn:request:${encodeURIComponent(requestId)}` }),
  };
}
