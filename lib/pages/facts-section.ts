import type { StatusDocument } from "../api/status-document.ts";
import { clusterConsoleUrl } from "../domain/console-url.ts";
import { bdiElement, externalLink, type Html, html, normalizeWebUrl, type Part } from "./html.ts";
import { renderTime, utcTimeElement } from "./time-html.ts";

type Fact = readonly [term: string, value: Part];

/**
 * Renders the IDs, the project, the region and the times of a job. The reader of the page can copy an ID into a support
 * ticket.
 */
export function factsSection(document: StatusDocument): Html {
  const { jobId, project, region, clusterId, resourceName } = document;
  const resourceId = document.resourceId === clusterId ? null : document.resourceId;
  const clusterUrl = clusterConsoleUrl(region, clusterId);
  return html`<section id="facts" class="facts"><h2>Job</h2>
${factList([
  ["Job ID", copyable(jobId, "job ID")],
  ["Project", bdiElement(project)],
  ["Region", region && bdiElement(region)],
  ["Cluster ID", clusterId && copyable(clusterId, "cluster ID")],
  ["Resource", resourceName && bdiElement(resourceName)],
  ["Resource ID", resourceId && copyable(resourceId, "resource ID")],
  ["Created", renderTime(document.createdAt, utcTimeElement)],
  ["Updated", renderTime(document.updatedAt, utcTimeElement)],
])}
${clusterUrl && html`<p>${externalLink(clusterUrl, "Open in the cloud’s console")}</p>`}</section>`;
}

/** Renders the field `context` of the submission. Returns null if `context` is empty. */
export function contextSection({ context }: StatusDocument): Html | null {
  const { pipeline, runUrl, actor, commit, labels = {} } = context;
  const run = normalizeWebUrl(runUrl);
  const entries: readonly Fact[] = [
    ["Pipeline", run ? externalLink(run, runLabel(run, pipeline)) : pipeline && bdiElement(pipeline)],
    ["Run", run === null && runUrl && bdiElement(runUrl)],
    ["Started by", actor && bdiElement(actor)],
    ["Commit", commit && html`<code>${bdiElement(commit)}</code>`],
    ...Object.entries(labels).map(([name, value]): Fact => [name, bdiElement(value)]),
  ];
  if (entries.every(([, value]) => !value)) return null;
  return html`<section id="context" class="facts"><h2>Context</h2>${factList(entries)}</section>`;
}

/** Renders an HTML list of terms and values. Omits each term whose value is unknown. */
export function factList(entries: readonly Fact[]): Html {
  const known = entries.filter(([, value]) => value);
  return html`<dl>${known.map(
    ([term, value]) => html`<div><dt>${bdiElement(term)}</dt><dd>${value}</dd></div>
`,
  )}</dl>`;
}

/**
 * Renders a text with a button that copies the text. The browser hides the button until the script of the page runs.
 */
function copyable(text: string, what: string): Html {
  return html`<code><bdi>${text}</bdi></code> <button type="button" data-copy="${text}" aria-label="Copy the ${what}" hidden>Copy</button>`;
}

/** Returns the text of the link to a run. The host is part of the text, because the caller chooses the name of the pipeline. */
export function runLabel(run: string, pipeline: string | undefined): string {
  const { host } = new URL(run);
  return URL.parse(pipeline ?? "")?.host === host
    ? String(pipeline)
    : `${pipeline ?? "Open the run"} (${host})`;
}
