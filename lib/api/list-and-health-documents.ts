import * as z from "zod/mini";
import { type Caller, isNameInConfig } from "../auth/caller-rights.ts";
import type { Config } from "../config/config.ts";
import { WatchState } from "../domain/job.ts";
import { Name } from "../domain/names.ts";
import { Ready } from "../domain/ready.ts";
import { Count, IsoTime, MaybeIsoTime, MaybeText, withDescription } from "../domain/zod-fields.ts";
import {
  FILTER_PARAMETERS,
  type JobFilter,
  REPEATED_FILTER_PARAMETERS,
  readJobFilterAndErrors,
} from "./job-filter.ts";
import type { ProblemResponse, RequestError } from "./problem-response.ts";
import {
  describeUnknownName,
  invalidRequest,
  listParameterErrors,
  toRequestErrors,
} from "./request-errors.ts";
import { rejectForbiddenOrHiddenProject } from "./watch-path-and-wait-parameters.ts";

/** A watch in the job list. The list entry of a watch contains no subjobs and no deliveries. */
export const ListedJob = z.object({
  project: z.string(),
  jobId: z.string(),
  state: WatchState,
  done: z.boolean(),
  phase: MaybeText,
  type: MaybeText,
  resourceName: MaybeText,
  cause: withDescription(
    z.nullable(z.string()),
    "The cause of the failure in one line. A long cause is truncated and ends in `…`. Is null if nothing failed.",
  ),
  actor: withDescription(
    z.nullable(z.string()),
    "The actor from the context. Is null if the watch belongs to another caller.",
  ),
  pipeline: withDescription(
    z.nullable(z.string()),
    "The pipeline from the context. Is null if the watch belongs to another caller.",
  ),
  polls: Count,
  acceptedAt: IsoTime,
  concludedAt: MaybeIsoTime,
  durationSeconds: withDescription(
    z.nullable(z.number()),
    "The duration of the job that has ended. Is null if the duration is unknown.",
  ),
  statusUrl: z.string(),
  pageUrl: withDescription(
    MaybeText,
    "The URL of the status page. Is null if the page shows targets or a context that the caller may not see, or if the service has no link keys.",
  ),
  ready: withDescription(
    z.optional(Ready),
    "Present while the job has succeeded and the watch waits until the resource of the job is usable.",
  ),
});
export type ListedJob = z.infer<typeof ListedJob>;

/** The response body of `GET /v1/jobs`. The jobs are sorted by acceptance time, latest first. */
export const JobList = z.object({
  jobs: z.array(ListedJob),
  next: withDescription(
    z.nullable(z.string()),
    "Send this value as `before` to get older jobs. The value is null on the last page. A page with a `next` may contain fewer jobs than `limit`, or no jobs.",
  ),
});
export type JobList = z.infer<typeof JobList>;

export const MAX_LIST_LIMIT = 100;
export const DEFAULT_LIST_LIMIT = 50;

/** The checked query of a job list. */
interface JobListQuery {
  readonly kind: "list";
  readonly project: string;
  readonly filter: JobFilter;
  readonly limit: number;
  /**
   * The page token from the previous response (field `next`). The page token may be malformed, because the service has
   * not checked it yet.
   */
  readonly before: string | null;
}

/**
 * Reads the query of `GET /v1/jobs`. The function first checks the caller's right to the project, and then whether the
 * config contains the project. If the caller may not use the project, the response has status 404. If the caller may
 * use the project but may not read jobs, the status is 403. If the query is invalid, the status is 400, and the
 * response contains all errors.
 */
export function checkRightAndReadJobListQuery(
  query: URLSearchParams,
  caller: Caller,
  config: Config,
): JobListQuery | ProblemResponse {
  const project = query.get("project") ?? config.settings.defaultProject;
  if (project !== undefined && Name.safeParse(project).success) {
    const problem = rejectForbiddenOrHiddenProject(caller, "read", project);
    if (problem !== null) return problem;
  }
  const { filter, errors: filterErrors } = readJobFilterAndErrors(query);
  const limit = query.get("limit") ?? String(DEFAULT_LIST_LIMIT);
  const errors = [
    ...listParameterErrors(
      query,
      ["project", "limit", "before", ...FILTER_PARAMETERS],
      REPEATED_FILTER_PARAMETERS,
    ),
    ...projectErrors(project, caller, config),
    ...filterErrors,
  ];
  if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > MAX_LIST_LIMIT)
    errors.push({ parameter: "limit", detail: `must be an integer from 1 to ${MAX_LIST_LIMIT}` });
  if (project === undefined || errors.length > 0) return invalidRequest(errors);
  return { kind: "list", project, filter, limit: Number(limit), before: query.get("before") };
}

function projectErrors(project: string | undefined, caller: Caller, config: Config): RequestError[] {
  if (project === undefined)
    return [
      {
        parameter: "project",
        detail:
          "is missing. The operator has configured no default project, so a request must name a project.",
      },
    ];
  const malformed = toRequestErrors(Name.safeParse(project), () => ({ parameter: "project" }));
  if (malformed.length > 0 || isNameInConfig(config, "project", project)) return malformed;
  return [{ parameter: "project", detail: describeUnknownName("project", project, caller, config) }];
}

export const ListedTarget = z.object({
  name: Name,
  kind: withDescription(z.string(), "The kind of the target, such as `slack`."),
});
/** The response body of `GET /v1/targets`: the caller's targets, sorted by name. */
export const TargetList = z.object({ targets: z.array(ListedTarget) });
export type TargetList = z.infer<typeof TargetList>;

export const ListedProject = z.object({ name: Name });
/** The response body of `GET /v1/projects`: the caller's projects, sorted by name. */
export const ProjectList = z.object({ projects: z.array(ListedProject) });
export type ProjectList = z.infer<typeof ProjectList>;

const Check = z.enum(["ok", "unreachable"]);

/** The response body of `GET /v1/health`. */
export const HealthDocument = z.object({
  status: z.enum(["ok", "degraded"]),
  checks: z.object({ config: Check, ledger: Check, queue: Check }),
});
export type HealthDocument = z.infer<typeof HealthDocument>;
