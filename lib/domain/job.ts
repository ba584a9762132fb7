import "./zod-messages.ts";
import * as z from "zod/mini";

/** A point in time: milliseconds since 1970-01-01T00:00:00Z. Borders (HTTP, events, pages) turn it into ISO 8601. */
export type Instant = number;

/** Job IDs are opaque: the vendor's own sample is no UUID. The first character keeps `.` and `..` out of URLs. */
export const JobId = z
  .string()
  .check(
    z.regex(
      /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/,
      "must be 1 to 128 letters, digits, '.', '_', ':' or '-', starting with a letter or digit",
    ),
  );

/** The name an operator gives a project, target or token in the config. */
export const Name = z
  .string()
  .check(
    z.regex(
      /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
      "must be 1 to 64 letters, digits, '_' or '-', starting with a letter or digit",
    ),
  );

export interface WatchKey {
  readonly project: string;
  readonly jobId: string;
}

/** One generation of a watch. The first generation is 0. Each restart of the watch starts the next one. */
export interface WatchGeneration extends WatchKey {
  readonly generation?: number | undefined;
}

export type JobState = "pending" | "succeeded" | "failed";

/** So many subjobs, by state. */
export type SubJobTally = Readonly<Record<"total" | JobState, number>>;

/** A CCE job or subjob as a poll saw it. Every field the cloud may leave out is null. */
export interface Job {
  readonly jobId: string | null;
  readonly type: string | null;
  /** As the cloud spells it; `state` is our reading of it. */
  readonly phase: string | null;
  readonly state: JobState;
  readonly reason: string | null;
  readonly clusterId: string | null;
  readonly resourceId: string | null;
  readonly resourceName: string | null;
  readonly createdAt: Instant | null;
  readonly updatedAt: Instant | null;
  readonly subJobs: readonly Job[];
  /** Subjobs, and all below them, that were left out here because the tree would have been too large. */
  readonly omitted?: SubJobTally | undefined;
}

/** Observations that are no job but a fault of access or set-up, which an operator may mend while we wait. */
export const ACCESS_ERROR_KINDS = ["unauthorized", "forbidden", "misconfigured"] as const;
export type AccessErrorKind = (typeof ACCESS_ERROR_KINDS)[number];

/** Access to a job has been failing, by the latest look as `kind`, since `since`. */
export interface AccessError {
  readonly kind: AccessErrorKind;
  readonly since: Instant;
}

/** Polls have brought no news of a job since `since`, though nothing says that access fails; the latest met `text`. */
export interface LastPollError {
  readonly text: string;
  readonly since: Instant;
}

/** What a poll saw. `text` is fit to be shown: configured credentials are already masked in it. */
export type Observation =
  | { readonly kind: "job"; readonly job: Job; readonly warnings: readonly string[] }
  | { readonly kind: "gone"; readonly text: string }
  | { readonly kind: AccessErrorKind; readonly text: string }
  | { readonly kind: "throttled"; readonly text: string; readonly retryAfterSeconds: number | null }
  | { readonly kind: "unavailable"; readonly text: string };

export const OUTCOMES = ["succeeded", "failed", "timed_out", "lost"] as const;
export const Outcome = z.enum(OUTCOMES);
/** How a watch ends. */
export type Outcome = z.infer<typeof Outcome>;

export const WATCH_STATES = ["watching", "stopped", ...OUTCOMES] as const;
export const WatchState = z.enum(WATCH_STATES);
export type WatchState = z.infer<typeof WatchState>;

/** The four ways an attempt can end. */
export const Verdict = z.enum(["delivered", "retry", "rejected", "gone"]);
export type Verdict = z.infer<typeof Verdict>;

/** Where one notification stands. */
export const DeliveryState = z.enum(["pending", "delivered", "rejected", "gone", "exhausted"]);
export type DeliveryState = z.infer<typeof DeliveryState>;

/** The error codes this product gives network faults of its own; all others are Node's (`ECONNRESET`, …). */
export const EGRESS_REFUSED = "EGRESS_REFUSED";
