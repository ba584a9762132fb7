import { type Caller, isConfigured, mayUse } from "../auth/caller.ts";
import type { Config } from "../config/config.ts";
import type { Context } from "../domain/context.ts";
import { Name } from "../domain/job.ts";
import { checkCallback } from "./callback.ts";
import {
  forbidden,
  type MissingScope,
  missingScopeError,
  type ProblemResponse,
  type RequestError,
} from "./problem.ts";
import type { ReadSubmission } from "./read-submission.ts";
import { describeUnknownName, invalidRequest } from "./request-errors.ts";
import type { Submission } from "./submission.ts";

/** A submission after all checks. Every missing value has its default. */
export interface ResolvedSubmission {
  readonly kind: "resolved";
  readonly project: string;
  /** The sorted names of the targets to notify, without repetitions. The callback of the caller is also a target. */
  readonly targets: readonly string[];
  /** The encrypted callback URLs, by name of the target. */
  readonly callbacks: Readonly<Record<string, string>>;
  readonly deadlineMinutes: number;
  readonly context: Context;
  readonly digest: boolean;
  /** The job IDs in the order of the request, including repetitions and malformed IDs. */
  readonly jobIds: readonly string[];
}

/**
 * Checks a submission against the scopes of the caller and against the config, and fills in the defaults. The scopes
 * are checked first, so a caller learns nothing about projects outside the scopes of the caller. Returns a problem with
 * the status 403 for missing scopes. Returns a problem with the status 422 and all errors for any other invalid
 * submission.
 */
export function resolveSubmission(
  { submission, errors: formErrors, locate }: ReadSubmission,
  caller: Caller,
  config: Config,
): ResolvedSubmission | ProblemResponse {
  const { settings } = config;
  const project = submission.project ?? settings.defaultProject;
  const names: MissingScope[] = namesIn(submission).map(([i, name]) => ({
    ...locate(["notify", i]),
    scope: "targets",
    name,
  }));
  if (project !== undefined) names.unshift({ ...locate(["project"]), scope: "projects", name: project });
  const missing = names.filter(({ scope, name }) => !mayUse(caller, scope, name));
  if (missing.length > 0)
    return formErrors.length === 0
      ? forbidden(missing)
      : invalidSubmission(formErrors, missing.map(missingScopeError));

  const nameErrors: RequestError[] = names
    .filter(({ scope, name }) => !isConfigured(config, scope, name))
    .map(({ scope, name, ...at }) => ({ ...at, detail: describeUnknownName(scope, name, caller, config) }));
  if (project === undefined)
    nameErrors.unshift({
      ...locate(["project"]),
      detail: "is missing. The operator has configured no default project, so a request must name a project.",
    });
  const { callbackUrl } = submission;
  const callback = callbackUrl === undefined ? null : checkCallback(callbackUrl, settings);
  if (callback?.kind === "error") nameErrors.push({ ...locate(["callbackUrl"]), detail: callback.detail });
  if (formErrors.length + nameErrors.length > 0 || project === undefined || callback?.kind === "error")
    return invalidSubmission(formErrors, nameErrors);

  const targets =
    submission.notify ?? settings.defaultTargets.filter((name) => mayUse(caller, "targets", name));
  return {
    kind: "resolved",
    project,
    targets: [...new Set(callback === null ? targets : [...targets, callback.target])].sort(),
    callbacks: callback === null ? {} : { [callback.target]: callback.encryptedUrl },
    deadlineMinutes: submission.deadlineMinutes ?? settings.deadlineMinutes,
    context: submission.context ?? {},
    digest: submission.digest ?? false,
    jobIds: submission.jobIds ?? (submission.jobId === undefined ? [] : [submission.jobId]),
  };
}

/** Returns whether a name in the submission is unknown to the config. An unknown name may belong to a newer config. */
export function hasUnknownName(submission: Submission, config: Config): boolean {
  const { project } = submission;
  return (
    (project !== undefined && !isConfigured(config, "projects", project)) ||
    namesIn(submission).some(([, name]) => !isConfigured(config, "targets", name))
  );
}

/**
 * Returns the well-formed names in `notify`, each with its index. A malformed name is already reported by the schema.
 */
function namesIn({ notify = [] }: Submission): readonly (readonly [index: number, name: string])[] {
  return [...notify.entries()].filter(([, name]) => Name.safeParse(name).success);
}

/**
 * Makes the problem for a submission with errors. When a schema error and a name error have the same position, only the
 * schema error is reported. The parameter `notify` may have several errors, because the parameter contains many names.
 */
function invalidSubmission(
  formErrors: readonly RequestError[],
  nameErrors: readonly RequestError[],
): ProblemResponse {
  const reported = new Set(formErrors.map(({ pointer, parameter }) => pointer ?? parameter));
  const others = nameErrors.filter(
    ({ pointer, parameter }) => parameter === "notify" || !reported.has(pointer ?? parameter),
  );
  return invalidRequest([...formErrors, ...others], "invalid-request");
}
