import type { Settings } from "../config/settings.ts";
import type { Instant, Job, Observation, Outcome, PollErrors } from "../domain/job.ts";
import { SQS_MAX_DELAY_SECONDS } from "../domain/sqs-limits.ts";
import type { DurationCount } from "./duration-buckets.ts";
import { clampDelay, nextDelaySeconds } from "./poll-delay.ts";

/** The state of a watch after a poll. Its errors are those of the polls before. */
export interface PolledWatch extends PollErrors {
  /** The number of polls, with this poll. */
  readonly polls: number;
  readonly acceptedAt: Instant;
  readonly deadlineAt: Instant;
  /** The job's type from an earlier poll. */
  readonly jobType: string | null;
}

export interface DecisionInput {
  readonly watch: PolledWatch;
  readonly observation: Observation;
  /** Durations of ended jobs of this type in this project. */
  readonly durations: readonly DurationCount[];
  readonly now: Instant;
  readonly settings: Pick<Settings, "maxPolls" | "poll">;
  /** Returns a number from 0 up to, not including, 1. */
  readonly random: () => number;
}

export type PollDecision =
  /** `delaySeconds` is an integer from 0 to 900. */
  | ({ readonly kind: "poll_again"; readonly delaySeconds: number } & PollErrors)
  | { readonly kind: "conclude"; readonly outcome: Outcome; readonly reason: string | null };

/** Short enough to detect a repaired access soon, and long enough to cost little until then. */
const ACCESS_ERROR_DELAY = { minSeconds: 30, jitterSeconds: 30 };
const GONE_DELAY = { minSeconds: 5, jitterSeconds: 6 };

const FIRST_BACKOFF_SECONDS = 5;
const MAX_BACKOFF_SECONDS = 300;

/** The clocks of CCE and of this service may differ by this much. */
const MAX_CLOCK_SKEW_MS = 60_000;
/** An older job at its acceptance is more likely a wrong clock. */
const MAX_JOB_AGE_MS = 7 * 86_400_000;

/**
 * A rate limit may delay the last poll of a watch by this long beyond its deadline. So a job that ended in time gets
 * its true outcome, only later.
 */
const LAST_POLL_GRACE_MS = 3_600_000;

/**
 * Decides after a poll whether the watch is polled again, and when, or how it is concluded. An ended job concludes
 * its watch even after the deadline. A poll that returns no job is never a failure of the job.
 */
export function decideAfterPoll(input: DecisionInput): PollDecision {
  const { watch, now } = input;
  const decision = decideByObservation(input);
  if (decision.kind === "conclude") return decision;
  const timeout = timeoutAfterPoll(input);
  if (timeout !== null) return timeout;
  const untilDeadlineSeconds = Math.ceil((watch.deadlineAt - now) / 1000);
  return { ...decision, delaySeconds: Math.min(decision.delaySeconds, untilDeadlineSeconds) };
}

/**
 * Decides for a watch whose poll was not made, because the project's rate limit allows the next query only at
 * `rateLimitedUntil`. Nothing is known of the job then. So the watch waits for a last poll up to an hour beyond its
 * deadline. When the rate limit lasts longer, the watch times out at its deadline.
 */
export function decideWhenRateLimited(
  watch: Omit<PolledWatch, "polls" | "jobType">,
  rateLimitedUntil: Instant,
  now: Instant,
): PollDecision {
  const { deadlineAt, consecutiveFailures, accessError, lastPollError } = watch;
  const canPoll = rateLimitedUntil <= deadlineAt + LAST_POLL_GRACE_MS;
  if (!canPoll && now >= deadlineAt)
    return timedOut(watch, "The rate limit of its project allowed no last poll.");
  const wakeAt = canPoll ? rateLimitedUntil : Math.min(rateLimitedUntil, deadlineAt);
  const delaySeconds = Math.min(SQS_MAX_DELAY_SECONDS, Math.max(0, Math.ceil((wakeAt - now) / 1000)));
  return { kind: "poll_again", delaySeconds, accessError, lastPollError, consecutiveFailures };
}

function decideByObservation(input: DecisionInput): PollDecision {
  const { watch, observation, now, settings, random } = input;
  if (observation.kind === "job") return decideByJob(observation.job, input);
  const { text } = observation;
  const lost: PollDecision = { kind: "conclude", outcome: "lost", reason: text };
  const lastPollError = { text, since: watch.lastPollError?.since ?? now };
  const consecutiveFailures = watch.consecutiveFailures + 1;
  const pollAgain = (seconds: number, errors: Omit<PollErrors, "consecutiveFailures">): PollDecision => {
    const delaySeconds = clampDelay(seconds, settings.poll);
    return { kind: "poll_again", delaySeconds, ...errors, consecutiveFailures };
  };
  switch (observation.kind) {
    case "gone":
      if (now - watch.acceptedAt >= settings.poll.goneGraceSeconds * 1000) return lost;
      return pollAgain(jittered(GONE_DELAY, random), { accessError: null, lastPollError });
    case "throttled":
    case "unavailable": {
      const retryAfterSeconds = observation.kind === "throttled" ? observation.retryAfterSeconds : null;
      const seconds =
        retryAfterSeconds === null
          ? backoffSeconds(consecutiveFailures, random)
          : retryAfterSeconds + backoffSeconds(1, random);
      // Such a poll says nothing about access, so an earlier access error stays.
      return pollAgain(seconds, { accessError: watch.accessError, lastPollError });
    }
    case "unauthorized":
    case "forbidden":
    case "misconfigured": {
      const accessError = { kind: observation.kind, since: watch.accessError?.since ?? now };
      if (now - accessError.since >= settings.poll.accessErrorSeconds * 1000) return lost;
      return pollAgain(jittered(ACCESS_ERROR_DELAY, random), { accessError, lastPollError: null });
    }
    default:
      return observation satisfies never;
  }
}

function decideByJob(job: Job, { watch, durations, now, settings, random }: DecisionInput): PollDecision {
  if (job.state !== "pending") return { kind: "conclude", outcome: job.state, reason: job.reason };
  const ageSeconds = jobAgeSeconds(job.createdAt, watch.acceptedAt, now);
  const pendingJob = { jobType: job.type ?? watch.jobType, ageSeconds, durations };
  return {
    kind: "poll_again",
    delaySeconds: nextDelaySeconds(pendingJob, settings.poll, random),
    accessError: null,
    lastPollError: null,
    consecutiveFailures: 0,
  };
}

/**
 * Returns the age of a job in seconds, never negative. The age starts at the job's own creation time, so that a job
 * that is accepted late has its true age. A missing or implausible creation time is replaced by the acceptance.
 */
export function jobAgeSeconds(createdAt: Instant | null, acceptedAt: Instant, now: Instant): number {
  const isPlausible =
    createdAt !== null &&
    createdAt <= acceptedAt + MAX_CLOCK_SKEW_MS &&
    createdAt >= acceptedAt - MAX_JOB_AGE_MS;
  return Math.max(0, now - (isPlausible ? createdAt : acceptedAt)) / 1000;
}

/** Returns null while the watch may still be polled. */
function timeoutAfterPoll({ watch, now, settings, observation }: DecisionInput): PollDecision | null {
  const lastResult =
    observation.kind === "job"
      ? `The job was still ${observation.job.phase ?? "pending"}.`
      : `The latest poll returned no job (${observation.kind}): ${observation.text}`;
  if (now >= watch.deadlineAt) return timedOut(watch, lastResult);
  if (watch.polls < settings.maxPolls) return null;
  const reason = `The maximum of ${settings.maxPolls} polls was reached. ${lastResult}`;
  return { kind: "conclude", outcome: "timed_out", reason };
}

type Deadline = Pick<PolledWatch, "acceptedAt" | "deadlineAt">;

function timedOut({ acceptedAt, deadlineAt }: Deadline, lastResult: string) {
  const seconds = Math.round((deadlineAt - acceptedAt) / 1000);
  const span = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  const reason = `The deadline of ${span} has passed. ${lastResult}`;
  return { kind: "conclude", outcome: "timed_out", reason } as const;
}

function jittered({ minSeconds, jitterSeconds }: typeof GONE_DELAY, random: () => number): number {
  return minSeconds + Math.floor(random() * jitterSeconds);
}

/**
 * Returns the delay after a number of failures in a row (1, 2, …), in whole seconds. It has full jitter, and its
 * maximum doubles.
 * Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
function backoffSeconds(failures: number, random: () => number): number {
  const maxSeconds = Math.min(MAX_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** Math.min(20, failures - 1));
  return 1 + Math.floor(random() * maxSeconds);
}
