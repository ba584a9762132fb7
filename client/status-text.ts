import type { StatusDocument } from "../lib/api/status-document.ts";
import { listResources } from "../lib/domain/cause.ts";
import type { JobKey } from "../lib/domain/job.ts";
import { formatDuration } from "../lib/domain/time-text.ts";
import type { Expected } from "../lib/schedule/expected-duration.ts";

const MARKS: Readonly<Record<StatusDocument["state"], string>> = {
  watching: "…",
  succeeded: "✔",
  failed: "✖",
  not_ready: "✖",
  timed_out: "⏱",
  lost: "?",
  stopped: "■",
};

/** Returns the name of a job, `PROJECT/JOB_ID`. The command also accepts this name as an argument. */
export function jobName({ project, jobId }: JobKey): string {
  return `${project}/${jobId}`;
}

/** Returns one line about a job: type, resource, state or phase, and how many subjobs have ended. */
export function statusLine(status: StatusDocument): string {
  const { state, type, resourceName, subJobs, lastPollError, expected } = status;
  const ended = subJobs.succeeded + subJobs.failed;
  const facts = [
    status.done ? state.replace("_", " ") : progress(status),
    subJobs.total > 0 && `${ended} of ${subJobs.total} subjobs ended`,
    !status.done && expected !== undefined && expectedText(expected),
    !status.done && lastPollError,
  ];
  const job = [jobName(status), type, resourceName].filter(Boolean).join(" ");
  return `${MARKS[state]} ${job}: ${facts.filter(Boolean).join(", ")}`;
}

/** Returns a text such as `usually 7 min to 9 min (from 42 jobs), about 2 min remaining`. */
function expectedText({ p50Seconds, p90Seconds, fromJobs, remainingSeconds }: Expected): string {
  // Whole minutes are exact enough for a long duration.
  const duration = (seconds: number) =>
    seconds < 120 ? formatDuration(seconds * 1000) : `${Math.round(seconds / 60)} min`;
  const jobs = `${fromJobs} ${fromJobs === 1 ? "job" : "jobs"}`;
  const rest =
    remainingSeconds === null ? "longer than all of them" : `about ${duration(remainingSeconds)} remaining`;
  return `usually ${duration(p50Seconds)} to ${duration(p90Seconds)} (from ${jobs}), ${rest}`;
}

function progress({ phase, polls, ready }: StatusDocument): string {
  if (ready?.state === "pending") return "succeeded, waiting until ready";
  if (phase !== null) return phase;
  return polls === 0 ? "not polled yet" : `no phase after ${polls} ${polls === 1 ? "poll" : "polls"}`;
}

/**
 * Returns the lines that say why a job has not succeeded. Every line starts with a bar, because a CI system would run a
 * command such as `::error::` at the start of a line.
 */
export function reasonLines({ state, reason, causes, causesOmitted }: StatusDocument): string[] {
  if (state === "succeeded" || state === "watching") return [];
  const lines = causes.flatMap((cause) => [
    `${cause.count > 1 ? `${cause.count} × ` : ""}${cause.type ?? "unknown"} ${listResources(cause)}`.trim(),
    ...(cause.reason ?? "").split("\n").map((line) => `  ${line}`),
    cause.hint === null ? "" : `  hint: ${cause.hint}`,
  ]);
  // A cause contains the reason of its nearest parent, so the reason of the job adds nothing to the causes.
  const own = causes.length > 0 ? [] : (reason ?? "").split("\n");
  const more =
    causesOmitted > 0 ? [`and ${causesOmitted} more ${causesOmitted === 1 ? "cause" : "causes"}`] : [];
  return [...own, ...lines, ...more].filter((line) => line.trim() !== "").map((line) => `  | ${line}`);
}
