import * as z from "zod/mini";
import { isOperationWithoutJob } from "./operation-kind.ts";
import { Count, MaybeText, registerKeywords, textSchema } from "./zod-fields.ts";

/**
 * A point in time in milliseconds after 1970-01-01T00:00:00Z. In HTTP bodies, webhook events and pages, a point in time
 * is ISO 8601 text.
 */
export type Instant = number;
/** Returns the current time. */
export type Clock = () => Instant;
/** Returns the milliseconds of a clock that is never set back. */
export type MonotonicClock = () => number;
/** Returns a random number from 0 to less than 1. */
export type Random = () => number;
export const MaybeInstant = z.nullable(z.number());

const JOB_ID_RULE = "must be 1 to 128 letters, digits, '.', '_', ':' or '-', starting with a letter or digit";
const JOB_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;
/**
 * Texts that a script sends by mistake instead of a job ID, such as `null`, `None` or `undefined`. The pattern contains
 * each letter in upper and lower case, because a JSON Schema pattern cannot ignore case.
 */
const MISSING_VALUES = [
  ..."null undefined none nil nan true false unknown empty error missing unset jobid job_id".split(" "),
  "00000000-0000-0000-0000-000000000000",
];
const MISSING_VALUE = new RegExp(`^(${MISSING_VALUES.map(inAnyCase).join("|")})$`);

function inAnyCase(word: string): string {
  return word.replace(/[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`);
}

/** The rules for a job ID as keywords of JSON Schema. */
export const JOB_ID_KEYWORDS = { pattern: JOB_ID_PATTERN.source, not: { pattern: MISSING_VALUE.source } };

/**
 * Creates the schema for IDs from CCE. An ID from CCE is not always a UUID. An ID cannot start with a dot, because a
 * URL must not contain `..`.
 */
function createIdSchema(what: "job ID" | "ID") {
  const error = ({ input }: { readonly input?: unknown }) => describeMalformedJobId(String(input), what);
  const schema = textSchema(
    z.regex(JOB_ID_PATTERN, { error }),
    z.refine((text) => !MISSING_VALUE.test(text), { error }),
  );
  return registerKeywords(schema, JOB_ID_KEYWORDS);
}

export const JobId = createIdSchema("job ID");
/** The schema of the ID of a cluster, a task or another resource. The ID of a resource has the form of a job ID. */
export const ResourceId = createIdSchema("ID");

/**
 * Explains why a text is not a valid job ID. If a typical mistake in a script has probably caused the invalid text, the
 * result names the mistake.
 */
export function describeMalformedJobId(text: string, what: "job ID" | "ID" = "job ID"): string {
  const value = text.trim() === "" ? "is empty" : `is '${text}'`;
  // A script may send quotes or brackets around the job ID by mistake.
  const bare = text.replace(/[\s"'<>[\]{}()]/g, "");
  if (/^\s*[[{][\s[{]*"/.test(text)) return `${JOB_ID_RULE}. The value is JSON. Send only the ${what}`;
  if (bare !== "" && /^\W*[${%]/.test(text))
    return `${JOB_ID_RULE}. A variable in the script was probably not replaced`;
  if (bare === "" || MISSING_VALUE.test(bare) || bare === "novalue" || bare === "objectObject")
    return `${value}, so the script probably found no ${what} in the reply of CCE`;
  return JOB_ID_RULE;
}

const MAX_CALLER_BYTES = 800;
/**
 * The name of a caller: `token:NAME`, `oidc:ISSUER:SUB` or `discover:PROJECT`. A name has a limited length, because a
 * DynamoDB key has at most 1024 bytes and contains the name.
 */
export const CallerName = textSchema(
  z.refine((name) => name.isWellFormed() && new TextEncoder().encode(name).length <= MAX_CALLER_BYTES),
);

export interface JobKey {
  readonly project: string;
  readonly jobId: string;
}

/** The key of a watch. Each caller of a job has its own watch. */
export interface WatchKey extends JobKey {
  readonly caller: string;
}

/** One generation (run) of a watch. `generation` is 0 before the first restart, and higher after each restart. */
export interface WatchGeneration extends WatchKey {
  readonly generation: number;
}

export const JobState = z.enum(["pending", "succeeded", "failed"]);
export type JobState = z.infer<typeof JobState>;

export const SubJobCounts = z.lazy(() =>
  z.object({ total: Count, succeeded: Count, failed: Count, pending: Count }),
);
export type SubJobCounts = Readonly<z.infer<typeof SubJobCounts>>;

export const NO_SUBJOBS: SubJobCounts = { total: 0, succeeded: 0, failed: 0, pending: 0 };

export function addSubJobCounts(a: SubJobCounts, b: SubJobCounts): z.infer<typeof SubJobCounts> {
  return {
    total: a.total + b.total,
    succeeded: a.succeeded + b.succeeded,
    failed: a.failed + b.failed,
    pending: a.pending + b.pending,
  };
}

/** A job or a subjob, as CCE returned it to a poll. A field is null if CCE did not send the field. */
export const Job = z.object({
  jobId: MaybeText,
  type: MaybeText,
  /** The phase from the response of CCE, for example `Initializing`. The service computes `state` from the phase. */
  phase: MaybeText,
  state: JobState,
  reason: MaybeText,
  clusterId: MaybeText,
  resourceId: MaybeText,
  resourceName: MaybeText,
  createdAt: MaybeInstant,
  updatedAt: MaybeInstant,
  get subJobs() {
    return z.array(Job);
  },
  /**
   * The number of omitted subjobs below this job, at all levels. If the tree of subjobs is too large, the service omits
   * some subjobs.
   */
  omitted: z.optional(SubJobCounts),
  /** The part of `omitted` that a person would count (see `leafCounts` in `countAndGroupSubJobs`). */
  omittedLeafSubJobs: z.optional(SubJobCounts),
});
export type Job = Readonly<z.infer<typeof Job>>;

/** An access error is an error of a poll that an operator can fix, for example wrong credentials. */
export const AccessErrorKind = z.enum(["unauthorized", "forbidden", "misconfigured"]);
export type AccessErrorKind = z.infer<typeof AccessErrorKind>;

/** An explanation for each access error, written as the last part of a sentence. */
export const ACCESS_ERROR_TEXTS: Readonly<Record<AccessErrorKind, string>> = {
  unauthorized: "CCE rejects the project's credentials",
  forbidden: "CCE does not let the project's credentials read the job or its resource",
  misconfigured: "the endpoint or the project ID is wrong",
};

/** Since the time `since`, each poll has failed with an access error. `kind` is the kind of the latest access error. */
interface AccessError {
  readonly kind: AccessErrorKind;
  readonly since: Instant;
}

/**
 * Since the time `since`, each poll has failed with an error that is not an access error. `text` describes the latest
 * error.
 */
interface LastPollError {
  readonly text: string;
  readonly since: Instant;
}

/** The errors of the latest polls of a watch. */
export interface PollErrors {
  readonly accessError: AccessError | null;
  readonly lastPollError: LastPollError | null;
  /** The number of consecutive failed polls, up to the latest poll. */
  readonly consecutiveFailures: number;
}

/** The result of one poll of a job or resource. `text` contains no credentials, so every reader may see it. */
export type Observation =
  | {
      readonly kind: "job";
      readonly job: Job;
      readonly warnings: readonly string[];
      /** The message that CCE gives for the state of a resource. Only an observation of a resource has a message. */
      readonly message?: string | null;
      /** If the response of CCE may be old, the next poll must follow within this number of seconds. */
      readonly maxDelaySeconds?: number;
    }
  | {
      readonly kind: "gone" | AccessErrorKind | "unavailable";
      readonly text: string;
      /** The wait that CCE or IAM requested in its response, in whole seconds. */
      readonly retryAfterSeconds?: number | undefined;
    }
  | { readonly kind: "throttled"; readonly text: string; readonly retryAfterSeconds: number | null };

export const OUTCOMES = ["succeeded", "failed", "not_ready", "timed_out", "lost"] as const;
export const Outcome = z.enum(OUTCOMES);
/** The outcome of a watch, for example `succeeded` or `timed_out`. */
export type Outcome = z.infer<typeof Outcome>;

/** The events that cause a notification: every outcome of a job, and a slow job. */
export const TargetEvent = z.enum([...OUTCOMES, "slow"]);
export type TargetEvent = z.infer<typeof TargetEvent>;

export const WATCH_STATES = ["watching", "stopped", ...OUTCOMES] as const;
export const WatchState = z.enum(WATCH_STATES);
export type WatchState = z.infer<typeof WatchState>;

/**
 * Returns true if at least one poll returned the job. Once a poll has returned the job, the type or the phase of the
 * job is known. The type of an operation is known even before the first poll.
 */
export function wasJobObserved({ type, phase }: Pick<Job, "type" | "phase">): boolean {
  return phase !== null || (type !== null && !isOperationWithoutJob(type));
}

const STATE_EXPLANATIONS: Readonly<Partial<Record<WatchState, string>>> = {
  not_ready: "The job succeeded, but its resource did not become usable in time.",
  timed_out: "The watch ended before any poll saw the job end. The job may still be running in the cloud.",
  lost: "How the job ended is unknown, because later polls could no longer see the job.",
  stopped: "Somebody stopped this watch. The job itself may still be running in the cloud.",
};

/**
 * Explains a watch state to readers who do not know this service. If the state needs no explanation, the result is
 * null.
 */
export function explainUnclearWatchState(state: WatchState, wasObserved: boolean): string | null {
  const isUnknown = !wasObserved && (state === "timed_out" || state === "lost");
  if (isUnknown) return "How the job ended is unknown, because no poll ever saw the job.";
  return STATE_EXPLANATIONS[state] ?? null;
}

/** The result of one attempt to deliver a notification to a target. */
export const Verdict = z.enum(["delivered", "retry", "rejected", "gone"]);
export type Verdict = z.infer<typeof Verdict>;

/** The delivery state of one notification. */
export const DeliveryState = z.enum(["pending", "delivered", "rejected", "gone", "exhausted"]);
export type DeliveryState = z.infer<typeof DeliveryState>;
