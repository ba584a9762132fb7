import type { Instant, Job, Observation } from "../domain/job.ts";
import type { ReadyProgress } from "../domain/ready.ts";
import { textInDefaultLanguage } from "../domain/text-in-default-language.ts";
import {
  type DecisionInput,
  decideAfterPoll,
  type PollDecision,
  type PolledWatch,
} from "./decide-after-poll.ts";

const MINUTE_MS = 60_000;
/**
 * The number of consecutive polls that must find a node usable. CCE can show a node as `Active` shortly before its
 * installation fails, so one poll is not enough. All other resources need only one poll.
 */
const NEEDED_POLLS_OF_NODES = 2;
/** The delay in seconds between the two polls that must both find a node usable. */
const CONFIRM_SECONDS = 5;

/** The common result of the queries for all resources of a succeeded job. */
export type ReadyCheck =
  /** All resources of the job are usable now. `hasNodes` is true if at least one of the resources is a node. */
  | { readonly kind: "ready"; readonly hasNodes: boolean }
  /**
   * At least one resource of the job is not usable. CCE returned `reason` and `message` for the first unusable
   * resource.
   */
  | { readonly kind: "not_ready"; readonly reason: string | null; readonly message: string | null }
  /** At least one query for a resource failed. `observation` is the result of the first failed query. */
  | { readonly kind: "unseen"; readonly observation: Exclude<Observation, { kind: "job" }> }
  /** The service cannot poll a resource, because the resource ID or the job type is unknown. */
  | { readonly kind: "no_resource" };

interface ReadyInput extends Pick<DecisionInput, "now" | "settings" | "random"> {
  readonly watch: PolledWatch & ReadyWatch;
  readonly job: Job;
  readonly check: ReadyCheck;
}

interface ReadyWatch {
  readonly readyMinutes: number | null;
  readonly ready: ReadyProgress | null;
}

/**
 * Returns the deadline by which the resource of a succeeded job must be usable. The result is null for a watch without
 * `readyMinutes`. Until a poll detects the success of the job, the result is also null.
 */
export function computeReadyDeadlineAfterSuccessOrNull({ readyMinutes, ready }: ReadyWatch): Instant | null {
  if (readyMinutes === null || ready === null) return null;
  return ready.succeededAt + Math.round(readyMinutes * MINUTE_MS);
}

/**
 * Decides after each poll of the resources whether the watch ends or the service polls again. The delay until the next
 * poll depends on the time since the success of the job.
 */
export function decideAfterReadyCheck(input: ReadyInput): PollDecision {
  const { check, job, now } = input;
  const before = input.watch.ready ?? NO_PROGRESS(now);
  const ready = progressAfter(before, check);
  if (check.kind === "ready" && ready.readyPolls >= (check.hasNodes ? NEEDED_POLLS_OF_NODES : 1))
    return concluded("succeeded", null, { state: "ready", reason: null, message: null });
  if (check.kind === "no_resource") {
    const message = "CCE names no resource of this job whose state the service could poll.";
    return concluded("succeeded", null, { state: "unknown", reason: null, message });
  }
  const watch = {
    ...input.watch,
    ready,
    jobType: null,
    acceptedAt: before.succeededAt,
    deadlineAt: computeReadyDeadlineAfterSuccessOrNull({ ...input.watch, ready }) ?? now,
  };
  const pending = { ...job, type: null, state: "pending", createdAt: before.succeededAt } as const;
  const observation =
    check.kind === "unseen" ? check.observation : ({ kind: "job", job: pending, warnings: [] } as const);
  const decision = decideAfterPoll({ ...input, watch, observation, durations: [] });
  if (decision.kind === "conclude") return concludeNotReadyOrReadyUnknown(watch, decision);
  const delaySeconds =
    check.kind === "ready" ? Math.min(decision.delaySeconds, confirmSeconds(input)) : decision.delaySeconds;
  return { ...decision, delaySeconds, ready };
}

type Conclusion = Extract<PollDecision, { kind: "conclude" }>;

/**
 * Creates the final result of a watch whose job has succeeded. The resource of the job did not become usable in time.
 * If the service could not read the resource, the state of the resource is `unknown`.
 * @param replacedConclusion the decision that the watch timed out or is lost. The returned decision replaces it.
 */
export function concludeNotReadyOrReadyUnknown(
  { readyMinutes, ready }: ReadyWatch,
  replacedConclusion: Conclusion,
): Conclusion {
  const { wasNotReady = false, reason = null, message = null } = ready ?? {};
  if (replacedConclusion.outcome === "lost" || !wasNotReady) {
    const text = replacedConclusion.outcome === "lost" ? replacedConclusion.reason : message;
    return concluded("succeeded", null, { state: "unknown", reason: null, message: text });
  }
  const state = [reason, message].filter((text) => text !== null).join(": ");
  const minutes = Math.round((readyMinutes ?? 0) * 100) / 100;
  const text = `${textInDefaultLanguage("sentence.notReady", { minutes })} ${state}`.trim();
  return concluded("not_ready", text, { state: "not_ready", reason, message });
}

function concluded(
  outcome: "succeeded" | "not_ready",
  reason: string | null,
  ready: NonNullable<Conclusion["ready"]>,
) {
  return { kind: "conclude", outcome, reason, ready } as const;
}

const ONCE_TEXT = "The resource was usable, but not at two polls in a row.";

const NO_PROGRESS = (succeededAt: Instant): ReadyProgress => ({
  succeededAt,
  readyPolls: 0,
  wasNotReady: false,
  reason: null,
  message: null,
});

function progressAfter(before: ReadyProgress, check: ReadyCheck): ReadyProgress {
  const { succeededAt, wasNotReady } = before;
  switch (check.kind) {
    case "ready":
      return { ...before, readyPolls: before.readyPolls + 1, reason: null, message: ONCE_TEXT };
    case "not_ready":
      return { succeededAt, readyPolls: 0, wasNotReady: true, reason: check.reason, message: check.message };
    case "unseen": {
      const { kind, text } = check.observation;
      // A throttled query says nothing about the resource, so the message of an earlier poll applies.
      const message = kind === "throttled" ? (before.message ?? text) : text;
      return { ...before, readyPolls: 0, message: wasNotReady ? before.message : message };
    }
    case "no_resource":
      return before;
    default:
      return check satisfies never;
  }
}

function confirmSeconds({ settings }: ReadyInput): number {
  return Math.max(CONFIRM_SECONDS, Math.ceil(settings.poll.minDelaySeconds));
}
