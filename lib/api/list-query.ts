import { type Caller, isKnown, mayUse } from "../auth/caller.ts";
import type { Config } from "../config/config.ts";
import { Name, WATCH_STATES } from "../domain/job.ts";
import { listedIn, repeatedParameters, unknownParameters } from "./parameters.ts";
import { type Fault, type Refusal, refuse } from "./problem.ts";
import { forbidden } from "./refusals.ts";
import { nameFaults } from "./request-errors.ts";

export const MAX_LISTED = 100;
export const DEFAULT_LISTED = 50;

export interface ListQuery {
  readonly kind: "list";
  readonly project: string;
  /** null: all of them. */
  readonly states: readonly string[] | null;
  readonly limit: number;
  /** Where the page before ended; not yet known to be a place in a list. */
  readonly before: string | null;
}

const ONCE = ["project", "limit", "before"];

/**
 * Reads `GET /v1/jobs?project=…&state=…&limit=…&before=…`. The caller's scope is judged before the project is polled
 * up; otherwise all faults are told at once.
 */
export function readListQuery(query: URLSearchParams, caller: Caller, config: Config): ListQuery | Refusal {
  const project = query.get("project") ?? config.settings.defaultProject;
  if (project !== undefined && Name.safeParse(project).success && !mayUse(caller, "projects", project))
    return forbidden([{ parameter: "project", scope: "projects", name: project }]);
  const states = query.has("state") ? listedIn(query, "state") : null;
  const limit = query.get("limit") ?? String(DEFAULT_LISTED);
  const faults: Fault[] = [
    ...unknownParameters(query, ["state", ...ONCE]),
    ...repeatedParameters(query, ONCE),
    ...projectFaults(project, config),
    ...stateFaults(states),
  ];
  if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > MAX_LISTED)
    faults.push({ parameter: "limit", detail: `must be a whole number from 1 to ${MAX_LISTED}` });
  if (project === undefined || faults.length > 0)
    return refuse("invalid-parameter", "Each fault is in 'errors'.", faults);
  return { kind: "list", project, states, limit: Number(limit), before: query.get("before") };
}

function projectFaults(project: string | undefined, config: Config): Fault[] {
  if (project === undefined)
    return [{ parameter: "project", detail: "is needed: the operator has set no settings.defaultProject" }];
  const ofForm = nameFaults("project", Name.safeParse(project));
  if (ofForm.length > 0 || isKnown(config, "projects", project)) return ofForm;
  return [{ parameter: "project", detail: "is not a configured project" }];
}

function stateFaults(states: readonly string[] | null): Fault[] {
  if (states === null) return [];
  if (states.length === 0) return [{ parameter: "state", detail: "names no state; leave it out for all" }];
  const known: readonly string[] = WATCH_STATES;
  return states.every((state) => known.includes(state))
    ? []
    : [{ parameter: "state", detail: `names a state that is none of ${WATCH_STATES.join(", ")}` }];
}
