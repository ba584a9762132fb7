import { type Caller, isKnown, mayUse } from "../auth/caller.ts";
import type { Config } from "../config/config.ts";
import type { Context } from "../domain/context.ts";
import { Name } from "../domain/job.ts";
import { type Callback, type CallbackGuard, checkCallback } from "./callback.ts";
import { type Fault, type Refusal, refuse } from "./problem.ts";
import { forbidden, type MissingScope } from "./refusals.ts";
import type { Submission } from "./submission.ts";

/** A submission with every name looked up and every default filled in. */
export interface Resolved {
  readonly kind: "resolved";
  readonly project: string;
  /** Configured targets, and the caller's own; sorted, each once. */
  readonly targets: readonly string[];
  readonly callbacks: Readonly<Record<string, string>>;
  readonly deadlineMinutes: number;
  readonly context: Context;
  readonly digest: boolean;
  /** As asked: with repetitions, in order, not yet checked one by one. */
  readonly jobIds: readonly string[];
}

type Place = (field: "project" | "notify" | "callbackUrl", index?: number) => Omit<Fault, "detail">;
type Indexed = readonly [index: number, name: string];

/**
 * Decides what a submission means for this caller under this config. Scopes are judged before anything is polled
 * up, so that who may not see a project learns nothing about it. All missing scopes, or all faults, are told at once.
 */
export function resolve(
  submission: Submission,
  fromReply: boolean,
  caller: Caller,
  config: Config,
  guard: CallbackGuard,
): Resolved | Refusal {
  const place = fromReply ? parameterPlace : pointerPlace;
  const { settings } = config;
  const project = submission.project ?? settings.defaultProject;
  const asked = submission.notify;
  const names = namesIn(submission);

  const missing: MissingScope[] = [];
  if (project !== undefined && !mayUse(caller, "projects", project))
    missing.push({ ...place("project"), scope: "projects", name: project });
  for (const [i, name] of names)
    if (!mayUse(caller, "targets", name)) missing.push({ ...place("notify", i), scope: "targets", name });
  if (missing.length > 0) return forbidden(missing);

  const faults: Fault[] = [];
  if (project === undefined)
    faults.push({
      ...place("project"),
      detail: "is needed: the operator has set no settings.defaultProject",
    });
  else if (!isKnown(config, "projects", project))
    faults.push({ ...place("project"), detail: "is not a configured project" });
  for (const [i, name] of names)
    if (!isKnown(config, "targets", name))
      faults.push({
        ...place("notify", i),
        // A query has one place for all names, so the fault itself says which it is.
        detail: `${fromReply ? `'${name}' ` : ""}is not a configured target`,
      });
  const callback = ownTarget(submission.callbackUrl, config, guard);
  if (callback !== null && "detail" in callback)
    faults.push({ ...place("callbackUrl"), detail: callback.detail });
  if (faults.length > 0 || project === undefined || (callback !== null && "detail" in callback))
    return refuse("invalid-request", "Nothing was accepted. Each fault is in 'errors'.", faults);

  const named = asked ?? settings.defaultTargets.filter((name) => mayUse(caller, "targets", name));
  return {
    kind: "resolved",
    project,
    targets: [...new Set([...named, ...(callback === null ? [] : [callback.target])])].sort(),
    callbacks: callback === null ? {} : { [callback.target]: callback.encryptedUrl },
    deadlineMinutes: submission.deadlineMinutes ?? settings.deadlineMinutes,
    context: submission.context ?? {},
    digest: submission.digest ?? false,
    jobIds: submission.jobIds ?? (submission.jobId === undefined ? [] : [submission.jobId]),
  };
}

/** Whether the config lacks a name that the submission asks for: then it may be older than the caller's knowledge. */
export function asksForUnknown(submission: Submission, config: Config): boolean {
  return (
    (submission.project !== undefined && !isKnown(config, "projects", submission.project)) ||
    namesIn(submission).some(([, name]) => !isKnown(config, "targets", name))
  );
}

/** The names in `notify`, each with its place. What is no name at all was told as a fault of form before. */
function namesIn({ notify = [] }: Submission): readonly Indexed[] {
  return [...notify.entries()].filter(([, name]) => Name.safeParse(name).success);
}

function ownTarget(
  url: string | undefined,
  { settings }: Config,
  guard: CallbackGuard,
): Callback | { readonly detail: string } | null {
  if (url === undefined) return null;
  const checked = checkCallback(url, settings, guard);
  return checked.kind === "callback" ? checked.callback : checked;
}

const pointerPlace: Place = (field, index) => ({
  pointer: `#/${field}${index === undefined ? "" : `/${index}`}`,
});
const parameterPlace: Place = (field) => ({ parameter: field });
