import type { RequestError } from "../api/problem.ts";
import { OUTCOMES, type WatchState } from "../domain/job.ts";
import { type Html, html, renderBdiElement } from "./html.ts";
import { presentState } from "./state-presentation.ts";

/** The states in the order of the filter. */
const FILTER_STATES: readonly WatchState[] = ["watching", ...OUTCOMES, "stopped"];

/** The text fields of the form, apart from the search text. */
const FIELDS = [
  { name: "type", text: "Type", type: "text", example: "CreateNode" },
  { name: "actor", text: "Started by", type: "text", example: "anna" },
  { name: "label", text: "Label", type: "text", example: "team:checkout" },
  { name: "since", text: "From", type: "date", example: "" },
  { name: "to", text: "To", type: "date", example: "" },
] as const;

const LIST_PARAMETERS: readonly string[] = ["state", "text", "before", ...FIELDS.map(({ name }) => name)];

/**
 * Renders a form with the fields of the filter and a link for each state. The form works without a script.
 * @param currentUrl the URL of the page. The query of this URL contains the current values of the fields.
 * @param errors the errors of the current values
 */
export function renderFilterForm(
  currentUrl: string,
  errors: readonly RequestError[],
  hasLabels: boolean,
): Html {
  const query = queryOf(currentUrl);
  const state = query.get("state");
  const stateLink = (text: string, value: string | null) =>
    html`<a href="${replaceListParameter(currentUrl, "state", value)}"${value === state && html` aria-current="page"`}>${text}</a>`;
  const kept = [...query].filter(([name]) => name === "state" || !LIST_PARAMETERS.includes(name));
  const isFiltered = LIST_PARAMETERS.some((name) => name !== "before" && query.get(name));
  return html`<div class="filter"><nav aria-label="By state" id="states">${stateLink("All", null)}${FILTER_STATES.map(
    (value) => stateLink(presentState(value, true).text, value),
  )}</nav>
<form role="search" method="get">${kept.map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )}<label>Search <input type="search" name="text" value="${query.get("text") ?? ""}" placeholder="Resource, cause, pipeline or ID" maxlength="300" data-keep></label>
${FIELDS.filter(({ name }) => hasLabels || name !== "label").map(
  ({ name, text, type, example }) =>
    html`<label>${text} <input type="${type}" name="${name}" value="${query.get(name) ?? ""}" placeholder="${example}" maxlength="300" data-keep></label>
`,
)}<button>Filter</button>${isFiltered && html` <a href="${clearFilter(currentUrl)}">Clear</a>`}</form>${errors.map(
    ({ parameter, detail }) =>
      html`<p class="wrong" role="alert">${parameter}: ${renderBdiElement(detail)}</p>`,
  )}</div>`;
}

/**
 * Returns the relative URL of the list page with another value of one parameter. The URL keeps the link key and the
 * other fields of the filter, and shows the first page unless the parameter is `before`.
 */
export function replaceListParameter(currentUrl: string, name: string, value: string | null): string {
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
 * Returns the query of a list page without empty fields. A browser sends the empty fields of a form, and an empty field
 * does not filter.
 */
export function withoutEmptyFields(query: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...query].filter(([, value]) => value.trim() !== ""));
}

function queryOf(url: string): URLSearchParams {
  const start = url.indexOf("?");
  return new URLSearchParams(start < 0 ? "" : url.slice(start));
}
