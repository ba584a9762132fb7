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
 * installation fails, so one poll is not enough. For any other resource, one poll is enough.
 */
const NEEDED_POLLS_OF_NODES = 2;
/** The delay between the two polls that must find a node usable, in seconds. */
const CONFIRM_SECONDS = 5;

/** The result of a poll of all resources of a succeeded job. */
export type ReadyCheck =
  /** All resources of the job are usable. `hasNodes` is true if at least one of the resources is a node. */
  | { readonly kind: "ready"; readonly hasNodes: boolean }
  /** At least one resource is not usable. `reason` and `message` are CCE's texts about the first unusable resource. */
  | { readonly kind: "not_ready"; readonly reason: string | null; readonly message: string | null }
  /** The poll could not read a resource. `observation` is the result of the first failed query. */
  | { readonly kind: "unseen"; readonly observation: Exclude<Observation, { kind: "job" }> }
  /** CCE gave no resource ID, or the job type is unknown. */
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
 * Returns the time until which the resource of a succeeded job must become usable. The result is null if the watch does
 * not wait until ready, or if no poll has seen the success yet.
 */
export function readyDeadline({ readyMinutes, ready }: ReadyWatch): Instant | null {
  if (readyMinutes === null || ready === null) return null;
  return ready.succeededAt + Math.round(readyMinutes * MINUTE_MS);
}

/**
 * Decides after a poll of the resources whether the service polls again or the watch ends. The service polls as if a
 * new job had started when the real job succeeded.
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
    deadlineAt: readyDeadline({ ...input.watch, ready }) ?? now,
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
 * Returns how a watch ends if its job has succeeded, but the resource did not become usable in time. The returned
 * conclusion replaces `timedOutOrLost`, which says that the outcome of the job is unknown. If the service lost the
 * access to the resource, the state of the resource is unknown.
 */
export function concludeNotReadyOrReadyUnknown(
  { readyMinutes, ready }: ReadyWatch,
  timedOutOrLost: Conclusion,
): Conclusion {
  const { wasNotReady = false, reason = null, message = null } = ready ?? {};
  if (timedOutOrLost.outcome === "lost" || !wasNotReady) {
    const text = timedOutOrLost.outcome === "lost" ? timedOutOrLost.reason : message;
    return concluded("succeeded", null, { state: "unknown", reason: null, message: text });
  }
  const state = [reason, message].filter((text) => text !== null).join(": ");
  const text =
    `${textInDefaultLanguage("sentence.notReady", { minutes: readyMinutes ?? 0 })} ${state}`.trim();
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
      // A throttled query says nothing about the resource, so the message of the earlier poll stays.
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
