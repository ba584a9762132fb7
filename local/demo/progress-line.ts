import { MARKS } from "../../client/status-text.ts";
import type { StatusDocument } from "../../lib/api/status-document.ts";

const BAR_WIDTH = 8;
const BAR_PARTS = { filled: "█", open: "░" } as const;
/**
 * Returns one line about a job, with a mark, a progress bar and a description of the state. The progress bar shows how
 * many subjobs of the job have ended. If the job has no subjobs, the progress bar is empty until the job has succeeded
 * or failed. If the status of the job is null, the service's API does not know the job yet.
 */
export function formatProgressLine(title: string, status: StatusDocument | null): string {
  if (!status) return `… ${BAR_PARTS.open.repeat(BAR_WIDTH)} ${title}  submitting`;
  const { state, subJobs, polls, phase } = status;
  const ended = subJobs.succeeded + subJobs.failed;
  const hasEnded = state === "succeeded" || state === "failed" || state === "not_ready";
  const progress = subJobs.total > 0 ? ended / subJobs.total : Number(hasEnded);
  const filled = Math.round(progress * BAR_WIDTH);
  const bar = BAR_PARTS.filled.repeat(filled) + BAR_PARTS.open.repeat(BAR_WIDTH - filled);
  const unknownPhase = polls === 0 ? "not polled yet" : "phase unknown";
  const details = [
    status.done ? state.replace("_", " ") : (phase ?? unknownPhase),
    ...(subJobs.total > 0 ? [`${ended} of ${subJobs.total} subjobs ended`] : []),
    `${polls} ${polls === 1 ? "poll" : "polls"}`,
  ];
  return `${MARKS[state]} ${bar} ${title}  ${details.join(", ")}`;
}
