import type { Settings } from "../config/settings.ts";
import type { Instant, Job, Observation, Outcome, PollErrors, Random } from "../domain/job.ts";
import type { Ready, ReadyProgress } from "../domain/ready.ts";
import { SQS_MAX_DELAY_SECONDS } from "../domain/sqs-limits-and-leases.ts";
import { countAndGroupSubJobs, listInnermostRunning } from "../domain/subjob-tree.ts";
import { joinSentences, textInDefaultLanguage } from "../domain/text-in-default-language.ts";
import type { DurationCount } from "./duration-counts.ts";
import { plausibleJobAgeSeconds } from "./job-age.ts";
import {
  pickDelayAfterFailedPollsSeconds,
  pickNextPollDelaySeconds,
  roundAndClampDelaySeconds,
} from "./poll-delay.ts";

/** The data of a watch from before the current poll. `polls` already includes the current poll. */
export interface PolledWatch extends PollErrors {
  readonly polls: number;
  readonly acceptedAt: Instant;
  readonly deadlineAt: Instant;
  /** The job type from an earlier poll, or null. */
  readonly jobType: string | null;
}

export interface DecisionInput {
  readonly watch: PolledWatch;
  readonly observation: Observation;
  /** Counts of ended jobs by duration. The ended jobs have the same type and project as the watched job. */
  readonly durations: readonly DurationCount[];
  readonly now: Instant;
  readonly settings: Pick<Settings, "maxPolls" | "poll">;
  readonly random: Random;
}

export type PollDecision =
  | ({
      readonly kind: "poll_again";
      /** An integer from 0 to 900. */
      readonly delaySeconds: number;
      /** The earliest time of the next query, only if CCE or IAM requested a wait of more than 900 s. */
      readonly notBefore?: Instant;
      /**
       * The results of the polls since the success of the job. Only a watch with `readyMinutes` has the field `ready`.
       */
      readonly ready?: ReadyProgress;
    } & PollErrors)
  | {
      readonly kind: "conclude";
      readonly outcome: Outcome;
      readonly reason: string | null;
      readonly ready?: Ready;
    };

/**
 * The delay of the next poll after an access error, such as wrong credentials. The delay is short, because an operator
 * may fix the access at any time.
 */
const ACCESS_ERROR_DELAY = { minSeconds: 30, jitterSeconds: 30 };
const GONE_DELAY = { minSeconds: 5, jitterSeconds: 6 };

/**
 * The last poll of a watch detects a job that ended shortly before the deadline. The rate limit may delay the last poll
 * by up to one hour after the deadline.
 */
const LAST_POLL_GRACE_MS = 3_600_000;

/**
 * If the function `poll` has crashed `MAX_UNFINISHED_TRIES` times during the same poll, the watch ends. One crash does
 * not end the watch, because the host of the function may have failed.
 */
const MAX_UNFINISHED_TRIES = 8;
/** The maximum number of crashes of one poll after the deadline of the watch. */
const MAX_UNFINISHED_TRIES_AT_DEADLINE = 2;
/**
 * After the deadline, the watch ends when SQS has delivered the same poll message `MAX_RECEIVES_AT_DEADLINE` times. The
 * number also includes deliveries after which the poll failed with an error.
 */
const MAX_RECEIVES_AT_DEADLINE = 20;

/**
 * Decides after each poll whether the watch ends or the service polls again. If the job has ended, the watch ends with
 * the outcome of the job, even after the deadline. A failed poll does not mean that the job has failed.
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
 * Decides before a poll whether the watch ends. After several crashes of the same poll, the watch ends, because the
 * poll will probably crash again.
 * @param tries.unfinished the number of earlier tries of the poll that crashed
 * @param tries.receives how often SQS has delivered the poll message
 * @returns the end of the watch, or null if the service should poll
 */
export function concludeIfTooManyUnfinishedTries(
  watch: Deadline,
  tries: { readonly unfinished: number; readonly receives: number },
  now: Instant,
): Extract<PollDecision, { kind: "conclude" }> | null {
  const { unfinished, receives } = tries;
  if (unfinished >= MAX_UNFINISHED_TRIES)
    return { kind: "conclude", outcome: "lost", reason: textInDefaultLanguage("sentence.unfinishedPolls") };
  const isStuck = unfinished >= MAX_UNFINISHED_TRIES_AT_DEADLINE || receives >= MAX_RECEIVES_AT_DEADLINE;
  return now >= watch.deadlineAt && isStuck
    ? timedOut(watch, textInDefaultLanguage("sentence.unfinishedPolls"))
    : null;
}

/**
 * Returns a decision for a poll that must wait for the rate limit of its project. The service must not query CCE before
 * `rateLimitedUntil`. If `rateLimitedUntil` is more than one hour after the deadline, the service does not make the
 * last poll, and the watch times out at the deadline.
 */
export function postponePollOrTimeOutAfterGrace(
  watch: Omit<PolledWatch, "polls" | "jobType">,
  rateLimitedUntil: Instant,
  now: Instant,
): PollDecision {
  const { deadlineAt, consecutiveFailures, accessError, lastPollError } = watch;
  const canPoll = rateLimitedUntil <= deadlineAt + LAST_POLL_GRACE_MS;
  if (!canPoll && now >= deadlineAt) return timedOut(watch, textInDefaultLanguage("sentence.rateLimit"));
  const wakeAt = canPoll ? rateLimitedUntil : Math.min(rateLimitedUntil, deadlineAt);
  const delaySeconds = Math.min(SQS_MAX_DELAY_SECONDS, Math.max(0, Math.ceil((wakeAt - now) / 1000)));
  return { kind: "poll_again", delaySeconds, accessError, lastPollError, consecutiveFailures };
}

function decideByObservation(input: DecisionInput): PollDecision {
  const { watch, observation, now, settings, random } = input;
  if (observation.kind === "job") {
    const decision = decideByJob(observation.job, input);
    if (decision.kind === "conclude" || observation.maxDelaySeconds === undefined) return decision;
    const maxSeconds = Math.max(observation.maxDelaySeconds, Math.ceil(settings.poll.minDelaySeconds));
    return { ...decision, delaySeconds: Math.min(decision.delaySeconds, maxSeconds) };
  }
  const { text } = observation;
  const lost: PollDecision = { kind: "conclude", outcome: "lost", reason: text };
  const lastPollError = { text, since: watch.lastPollError?.since ?? now };
  const consecutiveFailures = watch.consecutiveFailures + 1;
  const pollAgain = (seconds: number, errors: Omit<PollErrors, "consecutiveFailures">): PollDecision => {
    const ownSeconds = roundAndClampDelaySeconds(seconds, settings.poll);
    const { retryAfterSeconds } = observation;
    if (retryAfterSeconds == null)
      return { kind: "poll_again", delaySeconds: ownSeconds, ...errors, consecutiveFailures };
    // The wait that CCE or IAM requests may be longer than the maximum delay in the config.
    const waitSeconds = Math.max(ownSeconds, retryAfterSeconds + pickDelayAfterFailedPollsSeconds(1, random));
    return {
      kind: "poll_again",
      delaySeconds: Math.min(waitSeconds, SQS_MAX_DELAY_SECONDS),
      ...errors,
      consecutiveFailures,
      ...(waitSeconds > SQS_MAX_DELAY_SECONDS && { notBefore: now + waitSeconds * 1000 }),
    };
  };
  switch (observation.kind) {
    case "gone":
      if (now - watch.acceptedAt >= settings.poll.goneGraceSeconds * 1000) return lost;
      return pollAgain(jittered(GONE_DELAY, random), { accessError: null, lastPollError });
    case "throttled":
    case "unavailable": {
      // The service ignores a `Retry-After` that is zero or in the past. Without a usable `Retry-After`, each further
      // failed poll increases the delay.
      const seconds =
        (observation.retryAfterSeconds ?? 0) > 0
          ? 0
          : pickDelayAfterFailedPollsSeconds(consecutiveFailures, random);
      // A response "throttled" or "unavailable" does not show whether the credentials are valid. The service keeps the
      // access error of an earlier poll.
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
  const ageSeconds = plausibleJobAgeSeconds(job.createdAt, watch.acceptedAt, now);
  const pendingJob = { jobType: job.type ?? watch.jobType, ageSeconds, durations };
  return {
    kind: "poll_again",
    delaySeconds: pickNextPollDelaySeconds(pendingJob, settings.poll, random),
    accessError: null,
    lastPollError: null,
    consecutiveFailures: 0,
  };
}

/** Returns a decision if the watch must end as `timed_out`, and null otherwise. */
function timeoutAfterPoll({ watch, now, settings, observation }: DecisionInput): PollDecision | null {
  const lastResult = describeLastResult(observation);
  if (now >= watch.deadlineAt) return timedOut(watch, lastResult);
  if (watch.polls < settings.maxPolls) return null;
  const maxPolls = textInDefaultLanguage("sentence.maxPolls", { count: settings.maxPolls });
  return { kind: "conclude", outcome: "timed_out", reason: joinSentences([maxPolls, lastResult]) };
}

/**
 * Returns a sentence about the result of the last poll. If subjobs are running, the result is null, because the outcome
 * summary names the running subjobs.
 */
function describeLastResult(observation: Observation): string | null {
  if (observation.kind !== "job")
    return textInDefaultLanguage("sentence.noJob", { kind: observation.kind, text: observation.text });
  const { job } = observation;
  if (listInnermostRunning(countAndGroupSubJobs(job).pending).length > 0) return null;
  return textInDefaultLanguage("sentence.stillPhase", { phase: job.phase ?? "pending" });
}

type Deadline = Pick<PolledWatch, "acceptedAt" | "deadlineAt">;

function timedOut({ acceptedAt, deadlineAt }: Deadline, lastResult: string | null) {
  const seconds = Math.round((deadlineAt - acceptedAt) / 1000);
  const span = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  const reason = joinSentences([textInDefaultLanguage("sentence.deadline", { span }), lastResult]);
  return { kind: "conclude", outcome: "timed_out", reason } as const;
}

function jittered({ minSeconds, jitterSeconds }: typeof GONE_DELAY, random: Random): number {
  return minSeconds + Math.floor(random() * jitterSeconds);
}
