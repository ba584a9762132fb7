import type { StatusDocument } from "../lib/api/status-document.ts";
import type { WatchKey } from "../lib/domain/job.ts";

const MARKS: Readonly<Record<StatusDocument["state"], string>> = {
  watching: "…",
  succeeded: "✔",
  failed: "✖",
  timed_out: "⏱",
  lost: "?",
  stopped: "■",
};

/** A job's name, as it may be typed again. */
export function nameOf({ project, jobId }: WatchKey): string {
  return `${project}/${jobId}`;
}

/** One job's line: what it is, how it stands, how much of it has ended. Changes only with news, or a poll in vain. */
export function statusLine(status: StatusDocument): string {
  const { state, type, resourceName, subJobs, lastPollError } = status;
  const ended = subJobs.succeeded + subJobs.failed;
  const parts = [
    status.done ? state.replace("_", " ") : progress(status),
    subJobs.total > 0 && `${ended} of ${subJobs.total} subjobs ended`,
    !status.done && lastPollError,
  ];
  const what = [nameOf(status), type, resourceName].filter(Boolean).join(" ");
  return plain(`${MARKS[state]} ${what}: ${parts.filter(Boolean).join(", ")}`);
}

/** No phase is known before the first poll, and as long as no poll has brought one. */
function progress({ phase, polls }: StatusDocument): string {
  if (phase !== null) return phase;
  return polls === 0 ? "not looked at yet" : `no news after ${polls} ${polls === 1 ? "poll" : "polls"}`;
}

/** Why a job has not succeeded: a line for each fact. Foreign lines stand behind a bar, so that no CI obeys them. */
export function reasonLines({ state, reason, failures }: StatusDocument): string[] {
  if (state === "succeeded" || state === "watching") return [];
  const lines = failures.flatMap(({ path, resourceName, reason: why, hint }) => [
    `${path.join(" › ")}${resourceName === null ? "" : ` ${resourceName}`}`,
    ...(why ?? "").split("\n").map((line) => `  ${line}`),
    ...(hint === null ? [] : [`  hint: ${hint}`]),
  ]);
  return [...(reason ?? "").split("\n"), ...lines]
    .map(plain)
    .filter((line) => line.trim() !== "")
    .map((line) => `  | ${line}`);
}

/** Text without what a terminal would obey: control characters, and those that turn the direction of writing. */
export function plain(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, " ");
}
