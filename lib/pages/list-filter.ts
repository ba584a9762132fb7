import { type WatchState, wasJobObserved } from "../domain/job.ts";
import { pendingReady } from "../domain/ready.ts";
import type { Watch } from "../ledger/watch.ts";
import { type Html, html } from "./html.ts";
import { presentState, type StatePresentation } from "./state-presentation.ts";

/** The fields of a watch that the list page shows. */
export interface ListedWatch
  extends Pick<Watch, "jobId" | "state" | "jobType" | "resourceName" | "phase" | "ready">,
    Pick<Watch, "acceptedAt" | "concludedAt" | "nextPollAt" | "accessError" | "lastPollError"> {
  /** The URL of the status page of the job. The URL contains a link key. */
  readonly url: string;
}

export interface ListFilter {
  /** The filter selects watches in this state. If the state is null, the filter selects watches in all states. */
  readonly state: WatchState | null;
  /**
   * The search text of the reader. Each word must occur in the ID, type, resource, phase or state of the job. The
   * search ignores the difference between upper case and lower case.
   */
  readonly text: string;
}

const FILTER_STATES = [
  "watching",
  "failed",
  "not_ready",
  "timed_out",
  "lost",
  "succeeded",
  "stopped",
] as const;

/** Returns the watch state with a given name. Returns null if no watch state has the name. */
export function parseStateFilter(name: string | null): WatchState | null {
  return FILTER_STATES.find((state) => state === name) ?? null;
}

export function presentListedWatch({ state, jobType: type, phase, ready }: ListedWatch): StatePresentation {
  const pending = state === "watching" ? pendingReady(ready) : undefined;
  return presentState(state, wasJobObserved({ type, phase }), pending);
}

/**
 * Returns the watches that match a filter. The watches of running jobs come first. Apart from this rule, the order of
 * the watches does not change.
 */
export function selectWatches(watches: readonly ListedWatch[], filter: ListFilter): readonly ListedWatch[] {
  const terms = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = watches.filter(
    (watch) => (filter.state === null || watch.state === filter.state) && containsAll(watch, terms),
  );
  const isRunning = (watch: ListedWatch) => watch.state === "watching";
  return [...matching.filter(isRunning), ...matching.filter((watch) => !isRunning(watch))];
}

function containsAll(watch: ListedWatch, terms: readonly string[]): boolean {
  const { jobId, jobType, resourceName, phase } = watch;
  const text = [jobId, jobType, resourceName, phase, presentListedWatch(watch).text].join(" ").toLowerCase();
  return terms.every((term) => text.includes(term));
}

/**
 * Renders a search field. Renders a link for each state, with the number of watches in the state. The search form works
 * without a script.
 */
export function filterForm(watches: readonly ListedWatch[], filter: ListFilter, selfUrl: string): Html {
  const countOf = (state: WatchState) => watches.filter((watch) => watch.state === state).length;
  const stateLink = (text: string, count: number, state: WatchState | null) =>
    html`<a href="${replaceListFilter(selfUrl, { state, text: filter.text })}"${state === filter.state && html` aria-current="page"`}>${text} <span>${count}</span></a>`;
  // The filter "Watching" includes running jobs, and jobs that no poll has found in CCE yet.
  const stateText = (state: WatchState) =>
    state === "watching" ? "Watching" : presentState(state, true).text;
  const states = FILTER_STATES.filter((state) => countOf(state) > 0 || state === filter.state);
  return html`<div class="filter"><nav aria-label="By state" id="states">${stateLink("All", watches.length, null)}${states.map(
    (state) => stateLink(stateText(state), countOf(state), state),
  )}</nav>
<form role="search" method="get">${otherParameters(selfUrl).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )}${filter.state && html`<input type="hidden" name="state" value="${filter.state}">`}
<input type="search" name="text" value="${filter.text}" aria-label="Search text" placeholder="Type, resource or ID" maxlength="200" data-keep>
<button>Search</button></form></div>`;
}

const LIST_PARAMETERS = ["state", "text", "before"] as const;

/**
 * Returns the relative URL of the list page with another filter or with older watches. Omits query parameters with
 * empty values.
 * Keeps the other query parameters of `selfUrl`, such as the link key.
 */
export function replaceListFilter(
  selfUrl: string,
  parameters: { readonly state?: string | null; readonly text?: string; readonly before?: string | null },
): string {
  const query = new URLSearchParams(otherParameters(selfUrl));
  for (const name of LIST_PARAMETERS) {
    const value = parameters[name];
    if (value) query.set(name, value);
  }
  return `?${query.toString()}`;
}

function otherParameters(url: string): [string, string][] {
  const start = url.indexOf("?");
  const query = new URLSearchParams(start < 0 ? "" : url.slice(start));
  return [...query].filter(([name]) => !LIST_PARAMETERS.some((own) => own === name));
}
