import type { StatusDocument } from "../api/status-document.ts";
import { consoleUrl } from "../domain/console-url.ts";
import { externalLink, type Html, html, isolated, type Part, webUrl } from "./html.ts";
import { renderTime, utcTime } from "./time-html.ts";

type Fact = readonly [term: string, value: Part];

/** What the job is and where it runs. A reader copies these facts into a ticket. */
export function factsSection(document: StatusDocument): Html {
  const { jobId, project, region, clusterId, resourceName } = document;
  const resourceId = document.resourceId === clusterId ? null : document.resourceId;
  const clusterUrl = consoleUrl(region, clusterId);
  return html`<section id="facts" class="facts"><h2>Job</h2>
${factList([
  ["Job ID", copyable(jobId, "job ID")],
  ["Project", isolated(project)],
  ["Region", region && isolated(region)],
  ["Cluster ID", clusterId && copyable(clusterId, "cluster ID")],
  ["Resource", resourceName && isolated(resourceName)],
  ["Resource ID", resourceId && copyable(resourceId, "resource ID")],
  ["Created", renderTime(document.createdAt, utcTime)],
  ["Updated", renderTime(document.updatedAt, utcTime)],
])}
${clusterUrl && html`<p>${externalLink(clusterUrl, "Open in the cloud’s console")}</p>`}</section>`;
}

/** What the caller said about itself. Null if it said nothing. */
export function contextSection({ context }: StatusDocument): Html | null {
  const { pipeline, runUrl, actor, commit, labels = {} } = context;
  const run = webUrl(runUrl);
  const entries: readonly Fact[] = [
    ["Pipeline", run ? externalLink(run, pipeline ?? "Open the run") : pipeline && isolated(pipeline)],
    ["Run", run === null && runUrl && isolated(runUrl)],
    ["Started by", actor && isolated(actor)],
    ["Commit", commit && html`<code>${isolated(commit)}</code>`],
    ...Object.entries(labels).map(([name, value]): Fact => [name, isolated(value)]),
  ];
  if (entries.every(([, value]) => !value)) return null;
  return html`<section id="context" class="facts"><h2>Context</h2>${factList(entries)}</section>`;
}

/** A list of terms and values. Omits the facts whose value is not known. */
export function factList(entries: readonly Fact[]): Html {
  const known = entries.filter(([, value]) => value);
  return html`<dl>${known.map(
    ([term, value]) => html`<div><dt>${isolated(term)}</dt><dd>${value}</dd></div>
`,
  )}</dl>`;
}

/** The script shows the button, because the button works only with the script. */
function copyable(text: string, what: string): Html {
  return html`<code><bdi>${text}</bdi></code> <button type="button" data-copy="${text}" aria-label="Copy the ${what}" hidden>Copy</button>`;
}
