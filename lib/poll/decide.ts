import type { Instant, Job, Observation, Outcome, Silence, Trouble } from "../job.ts";
import type { Settings } from "../settings.ts";
import { jobAgeSeconds } from "./age.ts";
import { backoffSeconds } from "./backoff.ts";
import type { DurationCount } from "./durations.ts";
import { nextDelaySeconds, withinBounds } from "./schedule.ts";

/** What is known of a watch when a look has been made. */
export interface LookedWatch {
  /** Looks that were made, this one included. */
  readonly looks: number;
  readonly acceptedAt: Instant;
  readonly deadlineAt: Instant;
  /** Looks in a row before this one that brought no job. */
  readonly misses: number;
  readonly trouble: Trouble | null;
  readonly silence: Silence | null;
  /** From an earlier look, where this one's job does not tell. */
  readonly jobType: string | null;
}

export interface Question {
  readonly watch: LookedWatch;
  readonly observation: Observation;
  /** What the ledger knows of jobs of this type in this project. */
  readonly durations: readonly DurationCount[];
  readonly now: Instant;
  readonly settings: Pick<Settings, "maxLooks" | "poll">;
  readonly random: () => number;
}

export type Decision =
  | {
      readonly kind: "look_again";
      /** An integer from 0 to 900. */
      readonly delaySeconds: number;
      readonly trouble: Trouble | null;
      readonly silence: Silence | null;
      readonly misses: number;
    }
  | { readonly kind: "conclude"; readonly outcome: Outcome; readonly reason: string | null };

/** A fault of access is asked about so rarely that mending it is noticed soon and not mending it costs little. */
const TROUBLE_SECONDS = { earliest: 30, spread: 30 };
const GONE_SECONDS = { earliest: 5, spread: 6 };

/**
 * What to do after a look: look again, and when, or conclude the watch, and why. A job that has ended at this look
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
  const misses = watch.misses + 1;
  const again = (
    seconds: number,
    missed: { trouble: Trouble | null; silence: Silence | null },
  ): Decision => ({
    kind: "look_again",
    delaySeconds: withinBounds(seconds, settings.poll),
    misses,
    ...missed,
  });
  const silentFor = (text: string): Silence => ({ text, since: watch.silence?.since ?? now });
  switch (observation.kind) {
    case "job":
      return afterJob(observation.job, question);
    case "gone":
      if (now - watch.acceptedAt >= settings.poll.goneGraceSeconds * 1000)
        return { kind: "conclude", outcome: "lost", reason: observation.text };
      return again(jittered(GONE_SECONDS, random), { trouble: null, silence: silentFor(observation.text) });
    case "throttled": {
      const asked = observation.retryAfterSeconds;
      const seconds = asked === null ? backoffSeconds(misses, random) : asked + backoffSeconds(1, random);
      // Neither this nor no answer says anything of access: trouble that was seen before goes on.
      return again(seconds, { trouble: watch.trouble, silence: silentFor(observation.text) });
    }
    case "unavailable":
      return again(backoffSeconds(misses, random), {
        ...{ trouble: watch.trouble, silence: silentFor(observation.text) },
      });
    case "unauthorized":
    case "forbidden":
    case "misconfigured": {
      const trouble = { kind: observation.kind, since: watch.trouble?.since ?? now };
      if (now - trouble.since >= settings.poll.troubleSeconds * 1000)
        return { kind: "conclude", outcome: "lost", reason: observation.text };
      return again(jittered(TROUBLE_SECONDS, random), { trouble, silence: null });
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
  return { kind: "look_again", delaySeconds, trouble: null, silence: null, misses: 0 };
}

/** The end that a watch comes to when there will be no further look; null while there may be one. */
function exhaustion(question: Question): Decision | null {
  const { watch, now, settings, observation } = question;
  const seen =
    observation.kind === "job"
      ? `the job was still ${observation.job.phase ?? "pending"}`
      : `the latest look brought no job (${observation.kind}): ${observation.text}`;
  if (now >= watch.deadlineAt) return timedOut(watch, seen);
  if (watch.looks < settings.maxLooks) return null;
  const reason = `${settings.maxLooks} looks were made, the most allowed; ${seen}.`;
  return { kind: "conclude", outcome: "timed_out", reason };
}

/** The end at a deadline; `seen` says in words what is known of the job. */
export function timedOut(watch: Pick<LookedWatch, "acceptedAt" | "deadlineAt">, seen: string): Decision {
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
