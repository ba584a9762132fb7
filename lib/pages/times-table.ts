import type { JobDocument } from "../api/status-document.ts";
import { formatDuration } from "../domain/time-text.ts";
import { type Html, html } from "./html.ts";
import { plainName, subJobFace } from "./subjob.ts";
import { instantOf, shortTime } from "./time.ts";
import { lengthOf } from "./timeline.ts";

interface Node {
  readonly job: JobDocument;
  readonly depth: number;
}

/** The bars in words: every subjob with the times the cloud gives, unclamped, for whoever cannot see bars. */
export function timesTable(nodes: readonly Node[], over: boolean): Html {
  return html`<details class="times"><summary>Times as a table</summary><div class="wide" tabindex="0" role="region" aria-label="Times of the subjobs"><table>
<thead><tr><th scope="col">Subjob</th><th scope="col">State</th><th scope="col">Created, UTC</th><th scope="col">Updated, UTC</th><th scope="col">Took</th></tr></thead>
<tbody>${nodes.map((node) => line(node, over))}</tbody></table></div></details>`;
}

function line({ job, depth }: Node, over: boolean): Html {
  const length = lengthOf(job);
  return html`<tr><th scope="row" class="d${Math.min(depth, 4)}">${plainName(job)}</th><td>${subJobFace(job, over).word}</td><td>${time(job.createdAt)}</td><td>${time(job.updatedAt)}</td><td>${length === null ? "–" : formatDuration(length)}</td></tr>
`;
}

function time(iso: string | null): string {
  const instant = instantOf(iso);
  return instant === null ? "–" : shortTime(instant);
}
