import { createHmac } from "node:crypto";
import { type Caller, isNameInConfig, mayUse } from "../auth/caller-rights.ts";
import { encrypt } from "../auth/encryption.ts";
import { CALLBACK_PREFIX } from "../channels/webhook/target.ts";
import type { Config } from "../config/config.ts";
import type { PublicProject } from "../config/projects.ts";
import type { Settings } from "../config/settings.ts";
import type { Context } from "../domain/context-and-labels.ts";
import { Name } from "../domain/names.ts";
import { jobIdFromTaskOrResourceIds, type Operation } from "../domain/operation.ts";
import {
  checkUrlBeforeDns,
  EGRESS_RULE_TEXT,
  isCallbackHostListedExactly,
  parseAllowListIgnoringInvalid,
} from "../http/egress-rules.ts";
import { forbidden, missingRightError, type ProblemResponse, type RequestError } from "./problem-response.ts";
import type { ReadSubmission } from "./read-submission.ts";
import { describeUnknownName, invalidRequest } from "./request-errors.ts";
import type { Submission } from "./submission.ts";

/** A submission that has passed all checks. Fields that the caller omitted have their default values. */
export interface ResolvedSubmission {
  readonly kind: "resolved";
  /** The name of the caller, to whom the new watches belong. */
  readonly caller: string;
  readonly project: string;
  /**
   * The names of the targets, sorted and without repetitions. If the caller sent a `callbackUrl`, one of the names
   * stands for this URL.
   */
  readonly targets: readonly string[];
  /** The encrypted callback URL for each target name. */
  readonly callbacks: Readonly<Record<string, string>>;
  readonly deadlineMinutes: number;
  /** If the watch ends with its job, `readyMinutes` is null. */
  readonly readyMinutes: number | null;
  readonly context: Context;
  readonly digest: boolean;
  /** All job IDs of the request in their order, including repeated and malformed job IDs. */
  readonly jobIds: readonly string[];
  /**
   * The operation that the caller wants to watch. For an operation, `jobIds` contains one ID that the service has
   * created for the operation. If the caller wants to watch jobs, `operation` is null.
   */
  readonly operation: Operation | null;
}

/**
 * Checks a submission with the caller's rights and the config. Adds default values for omitted fields. The function
 * checks the rights first, so that an error never shows whether another project exists. If the caller may not use the
 * project or a target, the response has the status 403. For all other errors, the response has the status 422 and lists
 * all of them.
 */
export function checkRightsAndResolveSubmission(
  { submission, errors: formErrors, locate }: ReadSubmission,
  caller: Caller,
  config: Config,
): ResolvedSubmission | ProblemResponse {
  const { settings } = config;
  const project = submission.project ?? settings.defaultProject;
  const names: SubmittedName[] = namesIn(submission).map(([i, name]) => {
    return { kind: "target", name, position: locate(["notify", i]) };
  });
  if (project !== undefined) names.unshift({ kind: "project", name: project, position: locate(["project"]) });
  const mayWatchProject = project === undefined || mayUse(caller, { operation: "watch", project });
  const mayNotify = (target: string) =>
    mayUse(caller, { operation: "watch", project: mayWatchProject ? project : undefined, target });
  const missing = names
    .filter(({ kind, name }) => !(kind === "project" ? mayWatchProject : mayNotify(name)))
    .map(({ kind, name, position }) => missingRightError("watch", kind, name, position));
  if (missing.length > 0)
    return formErrors.length === 0 ? forbidden("watch", missing) : invalidSubmission(formErrors, missing);

  const nameErrors: RequestError[] = names
    .filter(({ kind, name }) => !isNameInConfig(config, kind, name))
    .map(({ kind, name, position }) => {
      return { ...position, detail: describeUnknownName(kind, name, caller, config) };
    });
  if (project === undefined)
    nameErrors.unshift({
      ...locate(["project"]),
      detail: "is missing. The operator has configured no default project, so a request must name a project.",
    });
  const { callbackUrl } = submission;
  const callback = callbackUrl === undefined ? null : checkCallback(callbackUrl, caller.name, settings);
  if (callback?.kind === "error") nameErrors.push({ ...locate(["callbackUrl"]), detail: callback.detail });
  if (formErrors.length + nameErrors.length > 0 || project === undefined || callback?.kind === "error")
    return invalidSubmission(formErrors, nameErrors);

  const targets = submission.notify ?? settings.defaultTargets.filter(mayNotify);
  const { targetsPerWatch } = settings.limits;
  if (targetsPerWatch > 0 && new Set(targets).size > targetsPerWatch)
    return invalidSubmission(formErrors, [
      {
        ...locate(["notify"]),
        detail: `must have at most ${targetsPerWatch} targets (settings.limits.targetsPerWatch)`,
      },
    ]);
  return {
    kind: "resolved",
    caller: caller.name,
    project,
    targets: [...new Set(callback === null ? targets : [...targets, callback.target])].sort(),
    callbacks: callback === null ? {} : { [callback.target]: callback.encryptedUrl },
    deadlineMinutes: submission.deadlineMinutes ?? settings.deadlineMinutes,
    readyMinutes: readyMinutesOf(submission, config.projects[project]),
    context: submission.context ?? {},
    digest: submission.digest ?? false,
    jobIds: jobIdsOf(submission),
    operation: submission.operation ?? null,
  };
}

function jobIdsOf({ jobId, jobIds, operation }: Submission): readonly string[] {
  if (operation !== undefined) return [jobIdFromTaskOrResourceIds(operation)];
  return jobIds ?? (jobId === undefined ? [] : [jobId]);
}

/** The minimum of `readyMinutes`: one millisecond, which is the unit of time in the ledger. */
const MIN_READY_MINUTES = 1 / 60_000;

function readyMinutesOf(
  { until, readyMinutes, operation }: Submission,
  project: PublicProject | undefined,
): number | null {
  if ((until ?? project?.until) === undefined) return null;
  // Of all operations with a task, only an upgrade can be watched until the cluster is ready. Operations without a task
  // end when their resource is usable. A pre-check is a task without a resource.
  const isUpgradeTask = operation?.kind === "cluster_upgrade" && operation.taskId !== undefined;
  if (operation !== undefined && !isUpgradeTask) return null;
  const minutes = readyMinutes ?? project?.readyMinutes ?? null;
  // A smaller number becomes `MIN_READY_MINUTES`, because DynamoDB refuses positive numbers below 1e-130.
  return minutes === null ? null : Math.max(minutes, MIN_READY_MINUTES);
}

/**
 * Returns true if the submission contains the name of a project or target that is not in the config. If a name is
 * unknown, the service reads the config again, because the newest config may contain the name.
 */
export function hasUnknownName(submission: Submission, config: Config): boolean {
  const { project } = submission;
  return (
    (project !== undefined && !isNameInConfig(config, "project", project)) ||
    namesIn(submission).some(([, name]) => !isNameInConfig(config, "target", name))
  );
}

/** The name of a project or target in a request, with its position. */
interface SubmittedName {
  readonly kind: "project" | "target";
  readonly name: string;
  readonly position: Omit<RequestError, "detail">;
}

/**
 * Returns the names in `notify` that have a valid form, each with its index. For malformed names, the schema has
 * already reported an error.
 */
function namesIn({ notify = [] }: Submission): readonly (readonly [index: number, name: string])[] {
  return [...notify.entries()].filter(([, name]) => Name.safeParse(name).success);
}

/**
 * Creates the error response for a submission that contains errors. For a malformed name, the response contains only
 * the error of the schema, and no error that the name is unknown. The query parameter `notify` can contain several
 * names, so the response contains all errors about `notify`.
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

type CheckedCallback =
  /**
   * A callback URL that the service accepts. `target` is the name of the target for the callback URL. The name does not
   * contain the URL.
   */
  | { readonly kind: "callback"; readonly target: string; readonly encryptedUrl: string }
  | { readonly kind: "error"; readonly detail: string };

/**
 * Checks a `callbackUrl` with `settings.callbackHosts` and the egress rules (the rules for outgoing connections).
 * Encrypts the callback URL. If the config forbids requests to the callback URL, the API rejects the request at once.
 * Before each delivery, the service checks the IP address of the host again. The error texts do not contain the URL. If
 * two callers have the same callback URL, it becomes two targets with different names. The reason: a notification
 * contains the context of only one caller.
 */
function checkCallback(text: string, caller: string, settings: Settings): CheckedCallback {
  const error = (detail: string): CheckedCallback => ({ kind: "error", detail });
  const [linkKey] = settings.linkKeys;
  if (linkKey === undefined)
    return error(
      "is not available. The operator has not configured settings.linkKeys, which is needed to encrypt the URL.",
    );
  if (settings.callbackHosts.length === 0)
    return error("is not available. The operator has configured no hosts in settings.callbackHosts.");
  if (!URL.canParse(text)) return error("must be a URL");
  if (!isCallbackHostListedExactly(text, settings.callbackHosts))
    return error("has a host that is not in settings.callbackHosts. Ask the operator to add the host.");
  const checked = checkUrlBeforeDns(text, parseAllowListIgnoringInvalid(settings.egress.allow));
  if (checked.kind === "refused") return error(`can never be called: ${EGRESS_RULE_TEXT[checked.rule]}`);
  const { href } = new URL(text);
  const target =
    CALLBACK_PREFIX +
    createHmac("sha256", linkKey.reveal())
      .update(JSON.stringify(["callback", caller, href]))
      .digest("hex")
      .slice(0, 16);
  return {
    kind: "callback",
    target,
    encryptedUrl: encrypt(href, linkKey, target),
  };
}
