import type { ResolvedSubmission } from "../../lib/api/resolve-submission.ts";
import type { LinkOptions } from "../../lib/auth/link-keys.ts";
import { isChatKind } from "../../lib/channels/webhook/target.ts";
import type { Config } from "../../lib/config/config.ts";
import { computeExpiryAsLaterOfRetentionAndRetries } from "../../lib/config/retention.ts";
import type { PollSettings } from "../../lib/config/settings.ts";
import type { Clock, Instant, Random } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { OpenResult } from "../../lib/ledger/watch-ledger.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import { log } from "../../lib/runtime/log.ts";
import { ANY_TYPE, type DurationCount } from "../../lib/schedule/duration-counts.ts";
import { pickFirstPollDelaySeconds } from "../../lib/schedule/poll-delay.ts";
import { createCachedDurationsReaderOrEmpty } from "../shared/learned-durations.ts";

const MINUTE_MS = 60_000;
/**
 * For a call with more than `SMALL_CALL_JOBS` jobs, the function does not read the durations of ended jobs, to save
 * requests to the ledger.
 */
const SMALL_CALL_JOBS = 10;

/**
 * The result of a call for one of its jobs. `failed` means that the ledger or a queue returned an error. The caller may
 * send the job again.
 */
export type OpenedJob = {
  readonly jobId: string;
  readonly deadlineAt: Instant;
  readonly delaySeconds: number;
} & (OpenResult | { readonly kind: "failed" });

/** The objects that the function needs for a call `POST /v1/jobs`. */
export interface AcceptPorts {
  readonly ledger: Pick<
    Ledger,
    "startOrExtendWatch" | "createDigestIfAbsent" | "scheduleSweepByAndExtendExpiry"
  >;
  readonly pollQueue: Pick<Queue, "send">;
  readonly notifyQueue: Pick<Queue, "send">;
  readonly config: Config;
  readonly links: LinkOptions;
  /** The trace context of the API call, or null. */
  readonly traceparent: string | null;
  readonly now: Instant;
  readonly firstPollDelay: PlanFirstPollDelay;
  readonly uuid: () => string;
  /** Called with an error of the ledger or of a queue. The caller of the API does not see the text of the error. */
  readonly onFailure?: typeof logAcceptFailure;
}

/**
 * Starts a watch for each job of an API call. If the caller already watches a job, the function adds the targets to the
 * existing watch. If the call asks for a digest (one message about several jobs), the function stores the digest.
 */
export async function startOrExtendWatchesAndCreateDigest(
  submission: ResolvedSubmission,
  jobIds: readonly string[],
  ports: AcceptPorts,
): Promise<readonly OpenedJob[]> {
  const chats = submission.digest && jobIds.length > 1 ? chatTargets(submission, ports.config) : [];
  const digestId = chats.length === 0 ? null : ports.uuid();
  const opened = await Promise.all(
    jobIds.map((jobId) => startOrExtendWatch(jobId, submission, digestId, ports)),
  );
  return digestId === null ? opened : createDigestIfAbsent(digestId, chats, submission, opened, ports);
}

async function startOrExtendWatch(
  jobId: string,
  submission: ResolvedSubmission,
  digestId: string | null,
  {
    ledger,
    config: { settings },
    now,
    firstPollDelay,
    traceparent,
    onFailure = logAcceptFailure,
  }: AcceptPorts,
): Promise<OpenedJob> {
  const { caller, project, jobIds, deadlineMinutes, readyMinutes, targets, context, callbacks, operation } =
    submission;
  const deadlineAt = now + Math.round(deadlineMinutes * MINUTE_MS);
  const delay = await firstPollDelay(settings.poll, project, jobIds.length, operation?.kind);
  const delaySeconds = Math.min(Math.round(delay), Math.ceil((deadlineAt - now) / 1000));
  try {
    const opened = await ledger.startOrExtendWatch({
      project,
      jobId,
      caller,
      acceptedAt: now,
      deadlineAt,
      readyMinutes,
      operation,
      nextPollAt: now + delaySeconds * 1000,
      targets,
      context,
      callbacks,
      digestId,
      traceparent,
      limits: settings.limits,
      expiresAt: computeExpiryAsLaterOfRetentionAndRetries(
        deadlineAt + (readyMinutes ?? 0) * MINUTE_MS,
        settings,
      ),
    });
    const laterDeadline = opened.kind === "already_watching" ? opened.watch.deadlineAt : deadlineAt;
    return { jobId, deadlineAt: laterDeadline, delaySeconds, ...opened };
  } catch (error) {
    onFailure("open", error);
    return { jobId, deadlineAt, delaySeconds, kind: "failed" };
  }
}

/**
 * Returns the targets that are chats. Only chats get digests (one message about several jobs). A webhook gets a
 * separate notification for each job.
 */
function chatTargets({ targets }: ResolvedSubmission, config: Config): readonly string[] {
  return targets.filter((name) => {
    const target = config.targets[name];
    return target !== undefined && isChatKind(target.kind);
  });
}

/**
 * Stores a digest (one message about several jobs). The service sends the first poll messages after it has stored the
 * digest. If the ledger returns an error, the result for each new watch is `failed`. After an error of the ledger, the
 * caller can repeat the API request, and the function then sends the poll messages. Without a digest in the ledger,
 * each chat gets a notification for each job.
 */
async function createDigestIfAbsent(
  digestId: string,
  targets: readonly string[],
  { project, caller }: ResolvedSubmission,
  opened: readonly OpenedJob[],
  { ledger, config, onFailure = logAcceptFailure }: AcceptPorts,
): Promise<readonly OpenedJob[]> {
  const members = opened.filter((job) => job.kind === "accepted");
  const [first] = members;
  if (first === undefined) return opened;
  try {
    await ledger.createDigestIfAbsent({
      digestId,
      caller,
      targets,
      members: members.map(({ jobId, generation }) => ({ project, jobId, generation })),
      // All new watches of the call end at the same deadline.
      expiresAt: computeExpiryAsLaterOfRetentionAndRetries(first.deadlineAt, config.settings),
    });
    return opened;
  } catch (error) {
    onFailure("digest", error);
    return opened.map((job) => (job.kind === "accepted" ? { ...job, kind: "failed" } : job));
  }
}

/** Writes a log line about why the service could not accept some jobs. */
export function logAcceptFailure(step: "open" | "send" | "digest", error: unknown): void {
  log.error("accept failed", { step }, error);
}

export interface FirstPollDelayPorts {
  readonly ledger: Pick<Ledger, "readDurationCounts">;
  readonly now: Clock;
  readonly random: Random;
  /** Called if the durations of ended jobs cannot be read. */
  readonly onDurationsUnread?: (error: unknown) => void;
}

/**
 * Returns the delay before the first poll of a job, in seconds.
 * @param jobs the number of jobs in the API call
 * @param jobType the type of the job, or undefined if the type is unknown
 */
export type PlanFirstPollDelay = (
  poll: PollSettings,
  project: string,
  jobs: number,
  jobType?: string,
) => Promise<number>;

/**
 * Creates a function that plans the first poll of a job. The function uses the durations of all jobs of the project,
 * because the type of a new job is usually unknown. The function reads the durations of ended jobs only for calls with
 * few jobs. An instance reads the durations at most once in five minutes. The function never throws an error.
 */
export function createFirstPollDelayPlanner(ports: FirstPollDelayPorts): PlanFirstPollDelay {
  const { ledger, now, random, onDurationsUnread } = ports;
  const read = createCachedDurationsReaderOrEmpty(ledger, now, onDurationsUnread);
  const latest = new Map<string, readonly DurationCount[]>();
  return async (poll, project, jobs, jobType) => {
    if (jobType !== undefined) return pickFirstPollDelaySeconds(poll, random, await read(project, jobType));
    if (jobs <= SMALL_CALL_JOBS) latest.set(project, await read(project, ANY_TYPE));
    return pickFirstPollDelaySeconds(poll, random, latest.get(project) ?? []);
  };
}
