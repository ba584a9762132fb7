import type { Settings } from "../config/settings.ts";
import type { AccessError, Instant, Job, LastPollError, Observation, Outcome } from "../domain/job.ts";
import { jobAgeSeconds } from "./age.ts";
import { backoffSeconds } from "./backoff.ts";
import type { DurationCount } from "./durations.ts";
import { nextDelaySeconds, withinBounds } from "./schedule.ts";

/** What is known of a watch when a poll has been made. */
export interface PolledWatch {
  /** Polls that were made, this one included. */
  readonly polls: number;
  readonly acceptedAt: Instant;
  readonly deadlineAt: Instant;
  /** Polls in a row before this one that brought no job. */
  readonly consecutiveFailures: number;
  readonly accessError: AccessError | null;
  readonly lastPollError: LastPollError | null;
  /** From an earlier poll, where this one's job does not tell. */
  readonly jobType: string | null;
}

export interface Question {
  readonly watch: PolledWatch;
  readonly observation: Observation;
  /** What the ledger knows of jobs of this type in this project. */
  readonly durations: readonly DurationCount[];
  readonly now: Instant;
  readonly settings: Pick<Settings, "maxPolls" | "poll">;
  readonly random: () => number;
}

export type Decision =
  | {
      readonly kind: "poll_again";
      /** An integer from 0 to 900. */
      readonly delaySeconds: number;
      readonly accessError: AccessError | null;
      readonly lastPollError: LastPollError | null;
      readonly consecutiveFailures: number;
    }
  | { readonly kind: "conclude"; readonly outcome: Outcome; readonly reason: string | null };

/** A fault of access is asked about so rarely that mending it is noticed soon and not mending it costs little. */
const ACCESS_ERROR_SECONDS = { earliest: 30, spread: 30 };
const GONE_SECONDS = { earliest: 5, spread: 6 };

/**
 * What to do after a poll: poll again, and when, or conclude the watch, and why. A job that has ended at this poll
 * counts as ended whatever else is true; what cannot be seen is never a failure of the job.
 */
export function decide(question: Question): Decision {
  const verdict = judge(question);
  if (verdict.kind === "conclude") return verdict;
  const exhausted = exhaustion(question);
  if (exhausted !== null) return exhausted;
  const left = Math.ceil((question.watch.deadlineAt - question.now) / 1000);
  return { ...verdict, delaySeconds: Math.min(verdict.delaySeconds, left) };
}

function judge(question: Question): Decision {
  const { watch, observation, now, settings, random } = question;
  const consecutiveFailures = watch.consecutiveFailures + 1;
  const again = (
    seconds: number,
    missed: { accessError: AccessError | null; lastPollError: LastPollError | null },
  ): Decision => ({
    kind: "poll_again",
    delaySeconds: withinBounds(seconds, settings.poll),
    consecutiveFailures,
    ...missed,
  });
  const pollErrorOf = (text: string): LastPollError => ({ text, since: watch.lastPollError?.since ?? now });
  switch (observation.kind) {
    case "job":
      return afterJob(observation.job, question);
    case "gone":
      if (now - watch.acceptedAt >= settings.poll.goneGraceSeconds * 1000)
        return { kind: "conclude", outcome: "lost", reason: observation.text };
      return again(jittered(GONE_SECONDS, random), {
        accessError: null,
        lastPollError: pollErrorOf(observation.text),
      });
    case "throttled": {
      const asked = observation.retryAfterSeconds;
      const seconds =
        asked === null ? backoffSeconds(consecutiveFailures, random) : asked + backoffSeconds(1, random);
      // Neither this nor no answer says anything of access: accessError that was seen before goes on.
      return again(seconds, { accessError: watch.accessError, lastPollError: pollErrorOf(observation.text) });
    }
    case "unavailable":
      return again(backoffSeconds(consecutiveFailures, random), {
        accessError: watch.accessError,
        lastPollError: pollErrorOf(observation.text),
      });
    case "unauthorized":
    case "forbidden":
    case "misconfigured": {
      const accessError = { kind: observation.kind, since: watch.accessError?.since ?? now };
      if (now - accessError.since >= settings.poll.accessErrorSeconds * 1000)
        return { kind: "conclude", outcome: "lost", reason: observation.text };
      return again(jittered(ACCESS_ERROR_SECONDS, random), { accessError, lastPollError: null });
    }
    default:
      return observation satisfies never;
  }
}

function afterJob(job: Job, question: Question): Decision {
  const { watch, durations, now, settings, random } = question;
  if (job.state !== "pending") return { kind: "conclude", outcome: job.state, reason: job.reason };
  const delaySeconds = nextDelaySeconds(
    {
      jobType: job.type ?? watch.jobType,
      ageSeconds: jobAgeSeconds(job.createdAt, watch.acceptedAt, now),
      durations,
    },
    settings.poll,
    now,
    random,
  );
  return { kind: "poll_again", delaySeconds, accessError: null, lastPollError: null, consecutiveFailures: 0 };
}

/** The end that a watch comes to when there will be no further poll; null while there may be one. */
function exhaustion(question: Question): Decision | null {
  const { watch, now, settings, observation } = question;
  const seen =
    observation.kind === "job"
      ? `the job was still ${observation.job.phase ?? "pending"}`
      : `the latest poll brought no job (${observation.kind}): ${observation.text}`;
  if (now >= watch.deadlineAt) return timedOut(watch, seen);
  if (watch.polls < settings.maxPolls) return null;
  const reason = `${settings.maxPolls} polls were made, the most allowed; ${seen}.`;
  return { kind: "conclude", outcome: "timed_out", reason };
}

/** The end at a deadline; `seen` says in words what is known of the job. */
export function timedOut(watch: Pick<PolledWatch, "acceptedAt" | "deadlineAt">, seen: string): Decision {
  const reason = `The deadline of ${spanText(watch.deadlineAt - watch.acceptedAt)} has passed; ${seen}.`;
  return { kind: "conclude", outcome: "timed_out", reason };
}

/** Below two minutes in seconds: a deadline may be as short as a test wants it. */
function spanText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

function jittered({ earliest, spread }: { earliest: number; spread: number }, random: () => number): number {
  return earliest + Math.floor(random() * spread);
}
