import type { RequestError } from "../api/problem-response.ts";
import type { Context } from "../domain/context-and-labels.ts";
import {
  ACCESS_ERROR_TEXTS,
  type Instant,
  OUTCOMES,
  type WatchState,
  wasJobObserved,
} from "../domain/job.ts";
import { operationNameOrJobType } from "../domain/operation-kind.ts";
import { toPendingReady } from "../domain/ready.ts";
import { formatDuration } from "../domain/time-text.ts";
import type { Watch } from "../ledger/watch.ts";
import { LIST_PAGE_CSS, PAGE_CSS } from "./browser.generated.ts";
import { type Html, html, renderBdiElement } from "./html.ts";
import { type RenderedPage, renderHtmlPage, renderPageFooter } from "./page-shell.ts";
import { presentState, renderStateIcon, type StatePresentation } from "./state-icons.ts";
import { renderRunningDuration, renderTimeWithAgeAddedByScript, roundNowDownByAge } from "./time-html.ts";

/** The fields of a watch that the list page shows. */
export interface ListedWatch
  extends Pick<
      Watch,
      "jobId" | "state" | "jobType" | "resourceName" | "phase" | "ready" | "cause" | "durationSeconds"
    >,
    Pick<Watch, "acceptedAt" | "concludedAt" | "accessError" | "lastPollError">,
    Pick<Context, "actor" | "pipeline"> {
  /** The URL of the job's status page, including the link key. */
  readonly url: string;
}

interface ListPage {
  readonly project: string;
  /** The watches that match the filter and are on this page, newest first. */
  readonly watches: readonly ListedWatch[];
  /** Errors in the filter, one for each wrong field. */
  readonly errors: readonly RequestError[];
  /** True if the form has a field for labels. */
  readonly hasLabels: boolean;
  readonly now: Instant;
  /**
   * `self` is the URL of this page, with the link key and the filter. `before` is the value of the query parameter
   * `before` in the link to the next page. On the last page, `before` is null.
   */
  readonly link: { readonly self: string; readonly before: string | null };
}

/**
 * Renders one page of the list with all jobs of a project. If the resource of a job has no name, the page shows the job
 * ID. Running jobs come first on the page. The page shows rounded durations, so that its HTML rarely changes.
 */
export function renderListPage({ project, watches, errors, hasLabels, now, link }: ListPage): RenderedPage {
  const isRunning = (watch: ListedWatch) => watch.state === "watching";
  const running = watches.filter(isRunning);
  const sorted = [...running, ...watches.filter((watch) => !isRunning(watch))];
  const icons = running.map((watch) => presentListedWatch(watch).icon);
  return renderHtmlPage({
    title: `${running.length > 0 ? `Running ${running.length} · ` : ""}Jobs of ${project}`,
    icon: icons.includes("running") ? "running" : (icons[0] ?? "succeeded"),
    css: [PAGE_CSS, LIST_PAGE_CSS],
    script: "live",
    hasForms: true,
    body: html`<header class="top"><p>${renderBdiElement(project)}</p><p id="live" data-keep></p></header>
<main class="jobs"><h1>Recent jobs</h1>
${renderFilterForm(link.self, errors, hasLabels)}
<div id="list">${sorted.length === 0 ? emptyList(link.before !== null) : html`<ol>${sorted.map((watch) => listEntry(watch, now))}</ol>`}
<nav class="pages" aria-label="Pages">${
      link.before &&
      html`<a href="${listUrlWithParameterOnFirstPage(link.self, "before", link.before)}">Older jobs</a>`
    }</nav></div></main>
${renderPageFooter("docs")}`,
  });
}

function presentListedWatch({ state, jobType: type, phase, ready }: ListedWatch): StatePresentation {
  const pending = state === "watching" ? toPendingReady(ready) : undefined;
  return presentState(state, wasJobObserved({ type, phase }), pending);
}

function listEntry(watch: ListedWatch, now: Instant): Html {
  const state = presentListedWatch(watch);
  const { actor, pipeline, cause } = watch;
  const origin = [
    pipeline && renderBdiElement(pipeline),
    actor && html`by ${renderBdiElement(actor)}`,
  ].filter(Boolean);
  return html`<li data-key="${watch.jobId}"><a class="c-${state.icon}" href="${watch.url}">
<span class="state">${renderStateIcon(state.icon)}${state.text}</span>
<span class="name"><b>${renderBdiElement(operationNameOrJobType(watch.jobType ?? "Job"))}</b>${watch.resourceName && html` <span class="res">${renderBdiElement(watch.resourceName)}</span>`}${
    cause && html`<span class="cause" title="${cause}">${renderBdiElement(cause)}</span>`
  }${watch.state === "watching" && pollErrorLine(watch)}
${origin.length > 0 && html`<span class="by">${origin.map((part) => html`${part} `)}</span>`}${watch.resourceName === null && html`<span class="id"><bdi>${watch.jobId}</bdi></span>`}</span>
<span class="since">${renderTimeWithAgeAddedByScript(watch.acceptedAt)}</span>
<span class="watched">${shownDuration(watch, now)}</span></a></li>
`;
}

/** Renders the error of the latest poll of a watch. If the latest poll had no error, the function returns null. */
function pollErrorLine({ accessError, lastPollError }: ListedWatch): Html | null {
  const error = accessError ?? lastPollError;
  if (error === null) return null;
  const text = "kind" in error ? ACCESS_ERROR_TEXTS[error.kind] : error.text;
  return html`<span class="poll error">Polls have failed since ${renderTimeWithAgeAddedByScript(error.since)}: ${renderBdiElement(text)}</span>`;
}

/**
 * Renders the duration of a job that has ended. If the duration of the job is unknown, the page shows the duration of
 * the watch.
 */
function shownDuration(
  { acceptedAt, concludedAt, durationSeconds }: ListedWatch,
  now: Instant,
): Html | string {
  if (durationSeconds !== null) return formatDuration(durationSeconds * 1000);
  if (concludedAt !== null) return html`Watched ${formatDuration(concludedAt - acceptedAt)}`;
  return html`Watched ${renderRunningDuration(acceptedAt, roundNowDownByAge(now, acceptedAt))}`;
}

function emptyList(hasOlder: boolean): Html {
  return hasOlder
    ? html`<p class="empty">None of the jobs on this page matches. Older jobs may match.</p>`
    : html`<p class="empty">No stored job of this project matches.</p>`;
}

/** The order in which the filter shows the states. */
const FILTER_STATES: readonly WatchState[] = ["watching", ...OUTCOMES, "stopped"];

/** The text fields of the filter, without the search field. */
const FIELDS = [
  { name: "type", text: "Type", example: "CreateNode" },
  { name: "actor", text: "Started by", example: "anna" },
  { name: "label", text: "Label", example: "team:checkout" },
] as const;
/**
 * The fields of the filter that contain a date. Without scripts, a date means a day in UTC. With scripts, a date means
 * a day in the reader's time zone.
 */
const DATE_FIELDS = [
  { name: "since", text: "From" },
  { name: "to", text: "To" },
] as const;

const LIST_PARAMETERS: readonly string[] = [
  ...["state", "text", "before"],
  ...[...FIELDS, ...DATE_FIELDS].map(({ name }) => name),
];

/**
 * Renders the filter as an HTML form. The form contains a link for each state. The form also works if the browser runs
 * no scripts.
 * @param currentUrl the URL of the page. The query of the URL contains the current filter.
 * @param errors the errors in the current filter
 */
export function renderFilterForm(
  currentUrl: string,
  errors: readonly RequestError[],
  hasLabels: boolean,
): Html {
  const query = queryOf(currentUrl);
  const state = query.get("state");
  const stateLink = (text: string, value: string | null) =>
    html`<a href="${listUrlWithParameterOnFirstPage(currentUrl, "state", value)}"${value === state && html` aria-current="page"`}>${text}</a>`;
  const kept = [...query].filter(([name]) => name === "state" || !LIST_PARAMETERS.includes(name));
  const isFiltered = LIST_PARAMETERS.some((name) => name !== "before" && query.get(name));
  return html`<div class="filter"><nav aria-label="By state" id="states">${stateLink("All", null)}${FILTER_STATES.map(
    (value) => stateLink(presentState(value, true).text, value),
  )}</nav>
<form role="search" method="get">${kept.map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )}<label>Search <input type="search" name="text" value="${query.get("text") ?? ""}" placeholder="Resource, cause, pipeline or ID" maxlength="300" data-keep></label>
${FIELDS.filter(({ name }) => hasLabels || name !== "label").map(
  ({ name, text, example }) =>
    html`<label>${text} <input name="${name}" value="${query.get(name) ?? ""}" placeholder="${example}" maxlength="300" data-keep></label>
`,
)}${DATE_FIELDS.map(({ name, text }) => dateField(name, text, query.get(name) ?? ""))}<button>Filter</button>${isFiltered && html` <a href="${clearFilter(currentUrl)}">Clear</a>`}</form>${errors.map(
    ({ parameter, detail }) =>
      html`<p class="wrong" role="alert">${parameter}: ${renderBdiElement(detail)}</p>`,
  )}</div>`;
}

/** Renders a form field for a date. An HTML field of the type `date` cannot show a time of day. */
function dateField(name: string, text: string, value: string): Html {
  const time = value.includes("T") && html` data-time="${value}"`;
  return html`<label>${text} <input type="date" name="${name}" value="${value.split("T", 1).join()}"${time} data-keep></label>
`;
}

/**
 * Returns the relative URL of the list page with a new value of the query parameter `name`. The URL keeps all other
 * query parameters, except `before`. A URL without `before` leads to the first page.
 */
export function listUrlWithParameterOnFirstPage(
  currentUrl: string,
  name: string,
  value: string | null,
): string {
  const query = queryOf(currentUrl);
  query.delete("before");
  if (value === null) query.delete(name);
  else query.set(name, value);
  return `?${query.toString()}`;
}

function clearFilter(currentUrl: string): string {
  const query = queryOf(currentUrl);
  for (const name of LIST_PARAMETERS) query.delete(name);
  return `?${query.toString()}`;
}

/**
 * Returns a copy of the query that contains no empty fields. A browser sends all fields of a form, even the empty ones.
 * An empty field in the form means that the reader does not filter by this field.
 */
export function withoutEmptyFields(query: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...query].filter(([, value]) => value.trim() !== ""));
}

function queryOf(url: string): URLSearchParams {
  const start = url.indexOf("?");
  return new URLSearchParams(start < 0 ? "" : url.slice(start));
}
