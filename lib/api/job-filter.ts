import * as z from "zod/mini";
import { Context } from "../domain/context-and-labels.ts";
import { type Instant, WATCH_STATES, type WatchState } from "../domain/job.ts";
import { STATE_TEXTS } from "../domain/state-text.ts";
import { limitedTextSchema, textSchema, unwrapLazy, withChecks } from "../domain/zod-fields.ts";
import type { Watch } from "../ledger/watch.ts";
import type { RequestError } from "./problem-response.ts";
import { readListParameter } from "./request-errors.ts";

/**
 * The fields with which a caller selects jobs of the job list. The job list contains a job only if the job matches
 * every field of the filter.
 */
export interface JobFilter {
  /** The states of the selected jobs. If `states` is null, the state does not matter. */
  readonly states: readonly WatchState[] | null;
  readonly type: string | null;
  /** The labels that a job must have. Each label has the form `KEY:VALUE`. */
  readonly labels: readonly string[];
  readonly actor: string | null;
  /** The words of a text search, in lower case. A job matches a text search if it contains all words of the search. */
  readonly searchTerms: readonly string[];
  /** The filter selects jobs that were submitted between `since` and `to`. */
  readonly since: Instant | null;
  readonly to: Instant | null;
}

/**
 * A query may contain each parameter in `FILTER_PARAMETERS` at most once. A query may contain each parameter in
 * `REPEATED_FILTER_PARAMETERS` several times.
 */
export const FILTER_PARAMETERS = ["type", "actor", "text", "since", "to"] as const;
export const REPEATED_FILTER_PARAMETERS = ["state", "label"] as const;

const MAX_CHARACTERS = 300;
export const MAX_FILTER_LABELS = 20;
export const FilterText = z.lazy(() => limitedTextSchema({ min: 1, max: MAX_CHARACTERS }));
export const Label = z.lazy(() =>
  withChecks(
    limitedTextSchema({ min: 1, max: MAX_CHARACTERS }),
    z.regex(/^[^:]+:/, "must be a key and a value, such as 'team:checkout'"),
  ),
);
const TimeOrDate = z.lazy(() => z.union([z.iso.datetime({ offset: true }), z.iso.date()]));
export const FilterTime = z.lazy(() =>
  textSchema(
    z.refine(
      (text) => TimeOrDate.safeParse(text).success,
      "must be a date such as '2026-11-23', or a time with a zone such as '2026-11-23T09:30:00Z' or '2026-11-23T10:30:00+01:00' ('+' in a URL is '%2B')",
    ),
  ),
);

const DAY_MS = 86_400_000;

interface FilterAndErrors {
  readonly filter: JobFilter;
  readonly errors: readonly RequestError[];
}

/**
 * Reads the filter for the job list from the query of a URL. Returns all errors in the query, and a filter with the
 * valid fields. If the query has errors, a page shows the errors and the filtered list.
 */
export function readJobFilterAndErrors(query: URLSearchParams): FilterAndErrors {
  const errors: RequestError[] = [];
  const check = (parameter: string, schema: z.ZodMiniType<string>, text: string): string | null => {
    const { success, error } = schema.safeParse(text);
    if (!success) errors.push({ parameter, detail: error.issues[0]?.message ?? "is not valid" });
    return success ? text : null;
  };
  const readOne = (
    parameter: (typeof FILTER_PARAMETERS)[number],
    schema: z.ZodMiniType<string> = FilterText,
  ) => {
    const text = query.get(parameter);
    return text === null ? null : check(parameter, schema, text);
  };
  const to = readOne("to", FilterTime);
  const given = query.getAll("label");
  if (given.length > MAX_FILTER_LABELS)
    errors.push({ parameter: "label", detail: `at most ${MAX_FILTER_LABELS} labels` });
  const labels = given.slice(0, MAX_FILTER_LABELS).map((label) => check("label", Label, label));
  const since = readOne("since", FilterTime);
  const filter: JobFilter = {
    states: readStates(query, errors),
    type: readOne("type"),
    labels: labels.filter((label) => label !== null),
    actor: readOne("actor", unwrapLazy(Context).shape.actor.def.innerType),
    searchTerms: readOne("text")?.toLowerCase().split(/\s+/).filter(Boolean) ?? [],
    since: since === null ? null : Date.parse(since),
    // If `to` is only a date, it means the end of this day in UTC.
    to: to === null ? null : Date.parse(to) + (to.includes("T") ? 0 : DAY_MS - 1),
  };
  return { filter, errors };
}

function readStates(query: URLSearchParams, errors: RequestError[]): WatchState[] | null {
  if (!query.has("state")) return null;
  const names = readListParameter(query, "state");
  if (names.length === 0)
    errors.push({ parameter: "state", detail: "must not be empty. Omit 'state' to get all states." });
  const states = names.flatMap((name) => WATCH_STATES.find((state) => state === name) ?? []);
  for (const name of names.filter((text) => !states.some((state) => state === text)))
    errors.push({
      parameter: "state",
      detail: `unknown state '${name}'. States: ${WATCH_STATES.join(", ")}.`,
    });
  return states.length === 0 ? null : states;
}

/** Returns true if the filter has at least one field. */
export function isAnyFilterFieldGiven(filter: JobFilter): boolean {
  const { states, type, since, to } = filter;
  return states !== null || type !== null || since !== null || to !== null || filterNeedsContext(filter);
}

/** Returns true if a field of the filter is about the context of a job, such as its labels. */
export function filterNeedsContext(filter: Pick<JobFilter, "labels" | "actor" | "searchTerms">): boolean {
  const { labels, actor, searchTerms } = filter;
  return labels.length > 0 || actor !== null || searchTerms.length > 0;
}

/** Returns true if the state, the job type and the acceptance time of a watch match the filter. */
export function matchesFieldsWithoutContext(watch: Watch, { states, type, since, to }: JobFilter): boolean {
  return (
    (states?.includes(watch.state) ?? true) &&
    (type === null || isSame(watch.jobType, type)) &&
    (since === null || watch.acceptedAt >= since) &&
    (to === null || watch.acceptedAt <= to)
  );
}

/**
 * Returns true if a watch matches the labels, the actor and the search text of the filter.
 * @param context the part of the context that the reader may see
 */
export function matchesFieldsOfContext(
  watch: Watch,
  context: Context,
  { labels, actor, searchTerms }: JobFilter,
): boolean {
  const own = Object.entries(context.labels ?? {}).map(([key, value]) => `${key}:${value}`);
  const { jobId, jobType, resourceName, phase, state, cause } = watch;
  const { actor: by, pipeline } = context;
  const texts = [jobId, jobType, resourceName, phase, STATE_TEXTS[state], cause, by, pipeline];
  const searched = texts.join("\n").toLowerCase();
  return (
    labels.every((label) => own.includes(label)) &&
    (actor === null || isSame(by, actor)) &&
    searchTerms.every((term) => searched.includes(term))
  );
}

function isSame(text: string | null | undefined, wanted: string): boolean {
  return text?.toLowerCase() === wanted.toLowerCase();
}
