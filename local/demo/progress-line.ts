import type { StatusDocument } from "../../lib/api/status-document.ts";

const BAR_WIDTH = 16;
const MARKS: Readonly<Record<string, string>> = {
  watching: "…",
  succeeded: "✔",
  failed: "✖",
  timed_out: "⏱",
  lost: "?",
  stopped: "■",
};

/** What one job's line shows of its status document: a bar of ended subjobs (of a job without any, the job itself), then words. `null`: not accepted yet. */
export function progressLine(title: string, status: StatusDocument | null): string {
  if (!status) return `… ${title}: handing over`;
  const { state, subJobs, polls, phase } = status;
  const ended = subJobs.succeeded + subJobs.failed;
  const isOver = state === "succeeded" || state === "failed";
  const share = subJobs.total > 0 ? ended / subJobs.total : Number(isOver);
  const filled = Math.round(share * BAR_WIDTH);
  const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
  const words = [
    status.done ? state.replace("_", " ") : (phase ?? (polls === 0 ? "not looked at yet" : "not seen yet")),
    subJobs.total > 0 ? `${ended} of ${subJobs.total} subjobs ended` : null,
    `${polls} ${polls === 1 ? "poll" : "polls"}`,
  ];
  return `${MARKS[state] ?? "…"} ${bar} ${title}: ${words.filter((word) => word !== null).join(", ")}`;
}
