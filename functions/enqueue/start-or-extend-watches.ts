import type { ResolvedSubmission } from "../../lib/api/resolve-submission.ts";
import type { LinkOptions } from "../../lib/auth/link-keys.ts";
import { isChatKind } from "../../lib/channels/public-target.ts";
import type { Config } from "../../lib/config/config.ts";
import { computeLedgerExpiryTime } from "../../lib/config/retention.ts";
import type { PollSettings } from "../../lib/config/settings.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { OpenResult } from "../../lib/ledger/watch-ledger.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import { log } from "../../lib/runtime/log.ts";
import { ANY_TYPE, type DurationCount } from "../../lib/schedule/duration-counts.ts";
import { pickFirstPollDelaySeconds } from "../../lib/schedule/poll-delay.ts";
import { createCachedDurationsReader } from "../shared/learned-durations.ts";

const MINUTE_MS = 60_000;
/**
 * The maximum number of jobs in a call of `POST /v1/jobs` that reads learned durations (how long earlier jobs took). A
 * call with more jobs only sends one request to the ledger for each job.
 */
const SMALL_CALL_JOBS = 10;

/**
 * One distinct job of a call of `POST /v1/jobs`. The kind `failed` means that the ledger or a queue returned an error,
 * and that the caller may send the job again.
 */
export type OpenedJob = {
  readonly jobId: string;
  readonly deadlineAt: Instant;
  readonly delaySeconds: number;
} & (OpenResult | { readonly kind: "failed" });

/** The functions and services that one call of `POST /v1/jobs` uses. */
export interface AcceptPorts {
  readonly ledger: Pick<Ledger, "startOrExtendWatch" | "createDigest" | "scheduleSweepBy">;
  readonly pollQueue: Pick<Queue, "send">;
  readonly notifyQueue: Pick<Queue, "send">;
  readonly config: Config;
  readonly links: LinkOptions;
  /** The W3C trace context of the API call, or null if the call has no trace context. */
  readonly traceparent: string | null;
  readonly now: Instant;
  readonly firstPollDelay: PlanFirstPollDelay;
  readonly uuid: () => string;
  /**
   * Reports an error that affects some jobs of an API call, by default in a log line. The caller does not see the
   * error.
   */
  readonly onFailure?: typeof logAcceptFailure;
}

/**
 * Opens a watch for each job of an API call. If the caller already has a watch of a job, the targets of the call are
 * added to the existing watch. If the call asks for a digest message (one message about several jobs), the function
 * stores a digest for the new watches.
 */
export async function startOrExtendWatches(
  submission: ResolvedSubmission,
  jobIds: readonly string[],
  ports: AcceptPorts,
): Promise<readonly OpenedJob[]> {
  const chats = submission.digest && jobIds.length > 1 ? chatTargets(submission, ports.config) : [];
  const digestId = chats.length === 0 ? null : ports.uuid();
  const opened = await Promise.all(
    jobIds.map((jobId) => startOrExtendWatch(jobId, submission, digestId, ports)),
  );
  return digestId === null ? opened : createDigest(digestId, chats, submission, opened, ports);
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
      expiresAt: computeLedgerExpiryTime(deadlineAt + (readyMinutes ?? 0) * MINUTE_MS, settings),
    });
    const laterDeadline = opened.kind === "already_watching" ? opened.watch.deadlineAt : deadlineAt;
    return { jobId, deadlineAt: laterDeadline, delaySeconds, ...opened };
  } catch (error) {
    onFailure("open", error);
    return { jobId, deadlineAt, delaySeconds, kind: "failed" };
  }
}

/**
 * Returns the chat targets of a submission. Only a chat can get a digest (one message about all jobs of the
 * submission). A webhook always gets one event for each job.
 */
function chatTargets({ targets }: ResolvedSubmission, config: Config): readonly string[] {
  return targets.filter((name) => {
    const target = config.targets[name];
    return target !== undefined && isChatKind(target.kind);
  });
}

/**
 * Stores the digest (the data for one message about several jobs) before the first poll messages are sent. If the
 * ledger returns an error, the result of each new watch is `failed`, and a repeated API call sends the poll messages.
 * Without a stored digest, each chat gets one notification for each watch.
 */
async function createDigest(
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
    await ledger.createDigest({
      digestId,
      caller,
      targets,
      members: members.map(({ jobId, generation }) => ({ project, jobId, generation })),
      // All new watches of a call have the same deadline.
      expiresAt: computeLedgerExpiryTime(first.deadlineAt, config.settings),
    });
    return opened;
  } catch (error) {
    onFailure("digest", error);
    return opened.map((job) => (job.kind === "accepted" ? { ...job, kind: "failed" } : job));
  }
}

/** Logs why the enqueue function could not accept some jobs. */
export function logAcceptFailure(step: "open" | "send" | "digest", error: unknown): void {
  log.error("accept failed", { step }, error);
}

export interface FirstPollDelayPorts {
  readonly ledger: Pick<Ledger, "readDurations">;
  readonly now: () => Instant;
  readonly random: () => number;
  /** Reports that the learned durations could not be read, by default in a log line. */
  readonly onDurationsUnread?: (error: unknown) => void;
}

/**
 * Returns the delay of the first poll of a new job in seconds.
 * @param jobs the number of jobs in the call
 * @param jobType the type of the job, if the type is known
 */
export type PlanFirstPollDelay = (
  poll: PollSettings,
  project: string,
  jobs: number,
  jobType?: string,
) => Promise<number>;

/**
 * Creates the function that plans the first poll of a new job. The type of a new job is usually unknown, so the delay
 * of the first poll depends on the learned durations of all jobs of the project. The function reads the learned
 * durations of a project at most once in five minutes. For an API call with many jobs, the function uses only learned
 * durations that smaller API calls have read. The planning of the first poll never throws an error.
 */
export function createFirstPollDelayPlanner(ports: FirstPollDelayPorts): PlanFirstPollDelay {
  const { ledger, now, random, onDurationsUnread } = ports;
  const read = createCachedDurationsReader(ledger, now, onDurationsUnread);
  const latest = new Map<string, readonly DurationCount[]>();
  return async (poll, project, jobs, jobType) => {
    if (jobType !== undefined) return pickFirstPollDelaySeconds(poll, random, await read(project, jobType));
    if (jobs <= SMALL_CALL_JOBS) latest.set(project, await read(project, ANY_TYPE));
    return pickFirstPollDelaySeconds(poll, random, latest.get(project) ?? []);
  };
}
