import { listStateFacts, MARKS } from "../../client/status-text.ts";
import type { StatusDocument } from "../../lib/api/status-document.ts";

const BAR_WIDTH = 8;
const BAR_PARTS = { filled: "█", open: "░" } as const;
/**
 * Returns one line about a job, with a mark, a progress bar, and the same facts that the command `cce-notifier` shows.
 * The progress bar shows how many subjobs have ended. The progress bar of a job without subjobs is empty until the job
 * has ended. If the API does not know the job yet, the status is null.
 */
export function formatProgressLine(title: string, status: StatusDocument | null): string {
  if (!status) return `… ${BAR_PARTS.open.repeat(BAR_WIDTH)} ${title}  submitting`;
  const { state, leafSubJobs } = status;
  const ended = leafSubJobs.succeeded + leafSubJobs.failed;
  const hasEnded = state === "succeeded" || state === "failed" || state === "not_ready";
  const progress = leafSubJobs.total > 0 ? ended / leafSubJobs.total : Number(hasEnded);
  const filled = Math.round(progress * BAR_WIDTH);
  const bar = BAR_PARTS.filled.repeat(filled) + BAR_PARTS.open.repeat(BAR_WIDTH - filled);
  return `${MARKS[state]} ${bar} ${title}  ${listStateFacts(status, null).join(", ")}`;
}
