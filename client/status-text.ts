import type { StatusDocument } from "../lib/api/status-document.ts";
import type { JobKey } from "../lib/domain/job.ts";

const MARKS: Readonly<Record<StatusDocument["state"], string>> = {
  watching: "…",
  succeeded: "✔",
  failed: "✖",
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
  const { state, type, resourceName, subJobs, lastPollError } = status;
  const ended = subJobs.succeeded + subJobs.failed;
  const facts = [
    status.done ? state.replace("_", " ") : progress(status),
    subJobs.total > 0 && `${ended} of ${subJobs.total} subjobs ended`,
    !status.done && lastPollError,
  ];
  const job = [jobName(status), type, resourceName].filter(Boolean).join(" ");
  return `${MARKS[state]} ${job}: ${facts.filter(Boolean).join(", ")}`;
}

function progress({ phase, polls }: StatusDocument): string {
  if (phase !== null) return phase;
  return polls === 0 ? "not polled yet" : `no phase after ${polls} ${polls === 1 ? "poll" : "polls"}`;
}

/**
 * Returns the lines that say why a job has not succeeded. Every line starts with a bar, because a CI system would run a
 * command such as `::error::` at the start of a line.
 */
export function reasonLines({ state, reason, failures }: StatusDocument): string[] {
  if (state === "succeeded" || state === "watching") return [];
  const lines = failures.flatMap((failure) => [
    [failure.path.join(" › "), failure.resourceName].filter(Boolean).join(" "),
    ...(failure.reason ?? "").split("\n").map((line) => `  ${line}`),
    failure.hint === null ? "" : `  hint: ${failure.hint}`,
  ]);
  return [...(reason ?? "").split("\n"), ...lines]
    .filter((line) => line.trim() !== "")
    .map((line) => `  | ${line}`);
}
