import { toEventCause } from "../../domain/cause.ts";
import type { OutcomeSummary } from "../../domain/outcome-summary.ts";
import type { SlowSummary } from "../../domain/slow-summary.ts";
import { toIsoOrNull, toIsoOrThrow } from "../../domain/time-text.ts";
import type { FormattedMessage, NotificationContent } from "../channel.ts";
import type { JobEvent, SlowEvent, WebhookEvent } from "./event.ts";

/**
 * The maximum number of jobs in a webhook event about several jobs. An event about 70 jobs has less than 20 kB, the
 * limit of Standard Webhooks.
 */
const MAX_DIGEST_JOBS = 70;

/**
 * Formats a notification as a webhook event. All attempts of a notification send the same bytes. If the event is too
 * large for the target, the service sends a simpler event without the list of failures.
 */
export function formatWebhookEventWithFallback(content: NotificationContent): FormattedMessage {
  return { payload: createEvent(content), fallback: createSimplerEvent(content) };
}

function createSimplerEvent(content: NotificationContent): WebhookEvent | null {
  if (content.kind !== "outcome" || content.summary.failures.length === 0) return null;
  const { summary } = content;
  return createJobEvent({ ...summary, failures: [], failuresOmitted: summary.subJobs.failed });
}

function createEvent(content: NotificationContent): WebhookEvent {
  switch (content.kind) {
    case "outcome":
      return createJobEvent(content.summary);
    case "slow":
      return createSlowEvent(content.summary);
    case "digest":
      return createDigestEvent(content.summaries);
    case "target_gone": {
      const since = toIsoOrThrow(content.at);
      return { type: "target.gone", timestamp: since, data: { target: content.target, since } };
    }
    case "test":
      return { type: "target.test", timestamp: toIsoOrThrow(content.at), data: { target: content.target } };
    default:
      return content satisfies never;
  }
}

/** Creates the webhook event about the outcome of a job. The field `timestamp` is the time when the watch ended. */
export function createJobEvent(summary: OutcomeSummary): JobEvent {
  const concludedAt = toIsoOrThrow(summary.concludedAt);
  return {
    type: `job.${summary.outcome}`,
    timestamp: concludedAt,
    data: {
      project: summary.project,
      region: summary.region,
      jobId: summary.jobId,
      jobType: summary.jobType,
      outcome: summary.outcome,
      phase: summary.phase,
      reason: summary.reason,
      clusterId: summary.clusterId,
      resourceId: summary.resourceId,
      resourceName: summary.resourceName,
      failures: summary.failures,
      failuresOmitted: summary.failuresOmitted,
      causes: summary.causes.map(toEventCause),
      causesOmitted: summary.causesOmitted,
      subJobs: summary.subJobs,
      warnings: summary.warnings,
      createdAt: toIsoOrNull(summary.createdAt),
      updatedAt: toIsoOrNull(summary.updatedAt),
      durationSeconds: summary.durationSeconds,
      watch: {
        acceptedAt: toIsoOrThrow(summary.acceptedAt),
        concludedAt,
        polls: summary.polls,
        lagSeconds: summary.lagSeconds,
      },
      context: summary.context,
      statusUrl: summary.jobPageUrl,
      ...(summary.ready !== undefined && { ready: summary.ready }),
    },
  };
}

function createSlowEvent({
  acceptedAt,
  polledAt,
  polls,
  createdAt,
  updatedAt,
  jobPageUrl,
  ...data
}: SlowSummary): SlowEvent {
  const at = toIsoOrThrow(polledAt);
  const watch = { acceptedAt: toIsoOrThrow(acceptedAt), polledAt: at, polls };
  const times = { createdAt: toIsoOrNull(createdAt), updatedAt: toIsoOrNull(updatedAt) };
  return { type: "job.slow", timestamp: at, data: { ...data, ...times, watch, statusUrl: jobPageUrl } };
}

/**
 * Creates a webhook event about the jobs of a digest (one message about several jobs). Usually, only chats get digests.
 * A webhook target gets a digest only if an operator changed a chat target to a webhook target during the digest.
 */
function createDigestEvent(summaries: readonly OutcomeSummary[]): WebhookEvent {
  const instants = summaries.map(({ concludedAt }) => concludedAt);
  return {
    type: "jobs.digest",
    timestamp: instants.length === 0 ? null : toIsoOrThrow(Math.max(...instants)),
    data: {
      total: summaries.length,
      jobs: summaries
        .slice(0, MAX_DIGEST_JOBS)
        .map(({ project, jobId, outcome }) => ({ project, jobId, outcome })),
    },
  };
}
