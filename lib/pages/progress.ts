import type { StatusDocument } from "../api/status-document.ts";
import { percent } from "./bars.ts";
import { type Html, html } from "./html.ts";

/** How far the subjobs are, as one thin bar and in words; null for a job without any. */
export function progress(counts: StatusDocument["subJobs"]): Html | null {
  if (counts.total <= 0) return null;
  const succeeded = counts.succeeded / counts.total;
  const failed = counts.failed / counts.total;
  const words = [
    `${counts.succeeded} of ${counts.total} subjobs succeeded`,
    counts.failed > 0 && `${counts.failed} failed`,
    counts.pending > 0 && `${counts.pending} pending`,
  ].filter((word) => word !== false);
  return html`<svg class="progress" aria-hidden="true"><rect class="f-succeeded" x="0" width="${percent(succeeded)}" height="6"/><rect class="f-failed" x="${percent(succeeded)}" width="${percent(failed)}" height="6"/></svg>
<p>${words.join(", ")}</p>`;
}
