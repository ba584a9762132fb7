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
import { invalidRequest, unknownNameDetail } from "./request-errors.ts";
import type { Submission } from "./submission.ts";

/** A submission after all checks, with every default filled in. */
export interface ResolvedSubmission {
  readonly kind: "resolved";
  readonly project: string;
  /** Names of configured targets and of the caller's callback, sorted, without repetitions. */
  readonly targets: readonly string[];
  /** Encrypted callback URLs by target name. */
  readonly callbacks: Readonly<Record<string, string>>;
  readonly deadlineMinutes: number;
  readonly context: Context;
  readonly digest: boolean;
  /** In the order of the request, with repetitions. Malformed IDs are included. */
  readonly jobIds: readonly string[];
}

/**
 * Checks a submission against the caller's scopes and the config, and fills in the defaults.
 * The scopes are checked first, so that a caller learns nothing about a project outside the caller's scopes.
 * Returns a 403 for missing scopes, and a 422 with all errors for any other error.
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
    .map(({ scope, name, ...at }) => ({ ...at, detail: unknownNameDetail(scope, name, caller, config) }));
  if (project === undefined)
    nameErrors.unshift({
      ...locate(["project"]),
      detail: "is missing. The operator has configured no default project.",
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

/** Returns whether the config lacks a name of the submission. Then the caller may know a newer config. */
export function hasUnknownName(submission: Submission, config: Config): boolean {
  const { project } = submission;
  return (
    (project !== undefined && !isConfigured(config, "projects", project)) ||
    namesIn(submission).some(([, name]) => !isConfigured(config, "targets", name))
  );
}

/** Returns the well-formed names in `notify`, each with its index. A malformed name is an error of form. */
function namesIn({ notify = [] }: Submission): readonly (readonly [index: number, name: string])[] {
  return [...notify.entries()].filter(([, name]) => Name.safeParse(name).success);
}

/** Of the errors at one position, the error of form is reported. The parameter `notify` is the position of many names. */
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
