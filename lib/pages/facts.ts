import type { StatusDocument } from "../api/status-document.ts";
import { type Html, html, type Part } from "./html.ts";
import { instantOf, moment } from "./time.ts";
import { foreign, outwardLink, webUrl } from "./untrusted.ts";

type Fact = readonly [term: string, value: Part];

/** What and where the job is: everything somebody would paste into a ticket. */
export function facts(document: StatusDocument, links: { console: string | null; api: string | null }): Html {
  const toConsole = webUrl(links.console);
  return html`<section id="facts" class="facts"><h2>Job</h2>
${list([
  ["Job ID", copyable(document.jobId, "job ID")],
  ["Project", foreign(document.project)],
  ["Region", document.region && foreign(document.region)],
  ["Cluster ID", document.clusterId && copyable(document.clusterId, "cluster ID")],
  ["Resource", document.resourceName && foreign(document.resourceName)],
  [
    "Resource ID",
    document.resourceId !== document.clusterId &&
      document.resourceId &&
      copyable(document.resourceId, "resource ID"),
  ],
  ["Created", time(document.createdAt)],
  ["Updated", time(document.updatedAt)],
])}
${toConsole && html`<p>${outwardLink(toConsole, "Open in the cloud’s console")}</p>`}
${links.api && html`<p><a href="${links.api}">As JSON</a></p>`}</section>`;
}

/** Who asked for it, by their own account; null when they told nothing. */
export function context({ context: told }: StatusDocument): Html | null {
  const run = webUrl(told.runUrl);
  const entries: readonly Fact[] = [
    [
      "Pipeline",
      run ? outwardLink(run, told.pipeline ?? "Open the run") : told.pipeline && foreign(told.pipeline),
    ],
    ["Run", run === null && told.runUrl && foreign(told.runUrl)],
    ["Started by", told.actor && foreign(told.actor)],
    ["Commit", told.commit && html`<code>${foreign(told.commit)}</code>`],
    ...Object.entries(told.labels ?? {}).map(([name, value]): Fact => [name, foreign(value)]),
  ];
  if (entries.every(([, value]) => !value)) return null;
  return html`<section id="context" class="facts"><h2>Context</h2>${list(entries)}</section>`;
}

function list(entries: readonly Fact[]): Html {
  const known = entries.filter(([, value]) => value);
  return html`<dl>${known.map(
    ([term, value]) => html`<div><dt>${foreign(term)}</dt><dd>${value}</dd></div>
`,
  )}</dl>`;
}

/** The button appears with the script that makes it work. */
function copyable(text: string, what: string): Html {
  return html`<code><bdi>${text}</bdi></code> <button type="button" data-copy="${text}" aria-label="Copy the ${what}" hidden>Copy</button>`;
}

function time(iso: string | null): Html | null {
  const instant = instantOf(iso);
  return instant === null ? null : moment(instant);
}
