import type { DeliveryDocument, JobDocument, StatusDocument } from "../lib/api/status-document.ts";
import { describeFailedOfTotalWithFirstNames, formatNameList, SHOWN_NAMES } from "../lib/domain/cause.ts";
import { type JobKey, wasJobObserved } from "../lib/domain/job.ts";
import { isOperationWithoutJob, operationNameOrJobType } from "../lib/domain/operation-kind.ts";
import {
  describeState,
  isExplainedByReasonNotCauses,
  lowerCaseFirstLetter,
} from "../lib/domain/state-text.ts";
import { formatDuration } from "../lib/domain/time-text.ts";
import type { Expected } from "../lib/schedule/expected-duration.ts";

export const MARKS: Readonly<Record<StatusDocument["state"], string>> = {
  watching: "…",
  succeeded: "✔",
  failed: "✖",
  not_ready: "✖",
  timed_out: "⏱",
  lost: "?",
  stopped: "■",
};

/** Returns the name of a job, `PROJECT/JOB_ID`. The commands accept `PROJECT/JOB_ID` as an argument. */
export function jobName({ project, jobId }: JobKey): string {
  return `${project}/${jobId}`;
}

/** Returns a text such as `1 job` or `3 jobs`. */
export function formatJobCount(jobs: readonly unknown[]): string {
  return jobs.length === 1 ? "1 job" : `${jobs.length} jobs`;
}

/** Returns one line about a job: its type, resource, state and duration, and the number of its ended subjobs. */
export function formatStatusLine(status: StatusDocument, ageMs: number | null = null): string {
  const { state, type, resourceName } = status;
  const job = [jobName(status), type && operationNameOrJobType(type), resourceName].filter(Boolean).join(" ");
  return `${MARKS[state]} ${job}: ${listStateFacts(status, ageMs).join(", ")}`;
}

/**
 * Returns short facts about a job, such as its duration. The first text in the list is the state of the job.
 * @param ageMs the milliseconds since the start of a running job. If `ageMs` is null, the result does not say how long
 * the job has been running.
 */
export function listStateFacts(status: StatusDocument, ageMs: number | null): readonly string[] {
  const { state, durationSeconds, expected, lastPollError, job, type, reason } = status;
  if (status.done) {
    const duration = durationSeconds === null ? "" : ` after ${formatDuration(durationSeconds * 1000)}`;
    const hasDuration = state === "succeeded" || state === "failed";
    return [inlineState(status) + (hasDuration ? duration : ""), ...endedFacts(status)];
  }
  const running = job === null ? "" : listRunning(job);
  // If an operation has no job, the field `reason` describes the progress of the operation.
  const operationProgress = isOperationWithoutJob(type) ? reason?.split("\n", 1) : undefined;
  return [
    inlineState(status),
    ...(operationProgress ?? []),
    ...(ageMs === null ? [] : [`${formatDuration(ageMs)} elapsed`]),
    ...endedFacts(status),
    ...(running === "" ? [] : [`running: ${running}`]),
    ...(expected === undefined ? [] : [expectedText(expected)]),
    ...(lastPollError === null ? [] : [lastPollError]),
  ];
}

function endedFacts({ leafSubJobs: { total, succeeded, failed } }: StatusDocument): string[] {
  return total === 0 ? [] : [`${succeeded + failed} of ${total} ${total === 1 ? "subjob" : "subjobs"} ended`];
}

function expectedText({ p50Seconds, p90Seconds, fromJobs, remainingSeconds }: Expected): string {
  // A duration of two minutes or more is shown in whole minutes.
  const duration = (seconds: number) =>
    seconds < 120 ? formatDuration(seconds * 1000) : `${Math.round(seconds / 60)} min`;
  const jobs = `${fromJobs} ${fromJobs === 1 ? "job" : "jobs"}`;
  const rest =
    remainingSeconds === null ? "longer than all of them" : `about ${duration(remainingSeconds)} remaining`;
  const [from, to] = [duration(p50Seconds), duration(p90Seconds)];
  return `usually ${from === to ? `about ${from}` : `${from} to ${to}`} (from ${jobs}), ${rest}`;
}

/**
 * Returns the state of a watch as text, such as `timed out`. The web pages and the chat messages show the same text for
 * this state.
 */
function inlineState(status: StatusDocument): string {
  return lowerCaseFirstLetter(describeState(status.state, wasJobObserved(status), status.ready));
}

const NOT_STARTED = /^init/i;

/**
 * Returns the types of the running subjobs as text. If a type has only one running subjob, the text contains the
 * resource name of the subjob.
 */
function listRunning(job: JobDocument): string {
  const groups = new Map<string, JobDocument[]>();
  const open = [...job.subJobs];
  for (let node = open.shift(); node !== undefined; node = open.shift()) {
    if (node.state !== "pending") continue;
    const below = node.subJobs.filter(({ state }) => state === "pending");
    if (below.length > 0) open.push(...below);
    else if (!NOT_STARTED.test(node.phase ?? "")) {
      const type = node.type ?? "unknown";
      groups.set(type, [...(groups.get(type) ?? []), node]);
    }
  }
  const names = [...groups].map(([type, nodes]) =>
    nodes.length > 1 ? `${nodes.length} × ${type}` : [type, nodes[0]?.resourceName].filter(Boolean).join(" "),
  );
  return formatNameList(names.slice(0, SHOWN_NAMES), names.length);
}

/**
 * Returns lines of text about why a job has not succeeded. Every line starts with a vertical bar, because a CI runner
 * executes commands such as `::error::` at the start of a line.
 */
export function formatReasonLines({ state, reason, causes, causesOmitted }: StatusDocument): string[] {
  if (state === "succeeded" || state === "watching") return [];
  const lines = causes.flatMap((cause) => [
    describeFailedOfTotalWithFirstNames(cause),
    ...(cause.reason ?? "").split("\n").map((line) => `  ${line}`),
    cause.hint === null ? "" : `  hint: ${cause.hint}`,
  ]);
  // The causes of a failed job already contain its reason, so the reason is not printed a second time.
  const own = causes.length > 0 && !isExplainedByReasonNotCauses(state) ? [] : (reason ?? "").split("\n");
  const more =
    causesOmitted > 0 ? [`and ${causesOmitted} more ${causesOmitted === 1 ? "cause" : "causes"}`] : [];
  return [...own, ...lines, ...more].filter((line) => line.trim() !== "").map((line) => `  | ${line}`);
}

const NOT_NOTIFIED: Readonly<Partial<Record<DeliveryDocument["state"], string>>> = {
  rejected: "rejected",
  gone: "the target is gone",
  exhausted: "gave up after all attempts",
};

/**
 * Returns the deliveries that failed and are not attempted again. The service makes no further attempt to deliver the
 * returned notifications.
 */
export function listFailedDeliveries({ deliveries }: StatusDocument): readonly DeliveryDocument[] {
  return deliveries.filter(({ state }) => NOT_NOTIFIED[state] !== undefined);
}

/**
 * Returns the lines that list the notified targets, the targets that are not notified yet, and the failed deliveries.
 */
export function formatDeliveryLines(status: StatusDocument): readonly string[] {
  // The service sends no notification about a stopped watch.
  if (!status.done || status.state === "stopped") return [];
  const delivered = status.deliveries.filter(({ state }) => state === "delivered").map(deliveryName);
  const pending = status.deliveries.filter(({ state }) => state === "pending");
  return [
    ...(status.deliveries.every(({ event }) => event === "job.slow")
      ? ["no target is notified of this outcome"]
      : []),
    ...(delivered.length === 0 ? [] : [`notified: ${delivered.join(", ")}`]),
    ...pending.map((delivery) => `not notified yet: ${deliveryName(delivery)}${attemptText(delivery)}`),
    ...listFailedDeliveries(status).map((delivery) => `not notified: ${describeFailure(delivery)}`),
  ].map((line) => `  ${line}`);
}

/** Returns a text such as `ops (rejected, client error, HTTP 403)`. */
export function describeFailure(delivery: DeliveryDocument): string {
  const { state, lastReason, lastStatus } = delivery;
  // The text for the delivery state `gone` already contains the reason, so the reason `target_gone` is omitted.
  const reason = lastReason === "target_gone" ? null : lastReason;
  return `${deliveryName(delivery)} (${[NOT_NOTIFIED[state], ...receiverAnswerTexts(reason, lastStatus)].join(", ")})`;
}

/** Returns the target's name. For a notification about a slow job, the function appends `(slow job)`. */
function deliveryName({ target, event }: DeliveryDocument): string {
  return event === "job.slow" ? `${target} (slow job)` : target;
}

function attemptText({ attempts, lastReason, lastStatus }: DeliveryDocument): string {
  const texts = receiverAnswerTexts(lastReason, lastStatus);
  const count = `${attempts} ${attempts === 1 ? "attempt" : "attempts"}`;
  return texts.length === 0 ? "" : ` (${[count, ...texts].join(", ")}). The service sends it again`;
}

/** Describes how the server of a target responded to a notification, for example `server error` and `HTTP 503`. */
export function receiverAnswerTexts(reason: string | null, status: number | null): string[] {
  return [
    ...(reason === null ? [] : [reason.replaceAll("_", " ")]),
    ...(status === null ? [] : [`HTTP ${status}`]),
  ];
}
