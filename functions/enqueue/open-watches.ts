import type { ResolvedSubmission } from "../../lib/api/resolve-submission.ts";
import type { LinkOptions } from "../../lib/auth/link-keys.ts";
import { channelOf } from "../../lib/channels/registry.ts";
import type { Config } from "../../lib/config/config.ts";
import { computeLedgerExpiryTime } from "../../lib/config/retention.ts";
import type { PollSettings } from "../../lib/config/settings.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { OpenResult } from "../../lib/ledger/watch.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import { log } from "../../lib/runtime/log.ts";
import { ANY_TYPE, type DurationCount } from "../../lib/schedule/duration-buckets.ts";
import { firstDelaySeconds } from "../../lib/schedule/poll-delay.ts";
import { createLearnedDurationsReader } from "../shared/learned-durations.ts";

const MINUTE_MS = 60_000;
/**
 * The maximum number of jobs for which a call reads learned durations. A larger call costs exactly one ledger request
 * per job.
 */
const SMALL_CALL_JOBS = 10;

/**
 * One distinct job of a call. The kind `failed` means that the ledger or a queue failed. The caller may send a failed
 * job again.
 */
export type OpenedJob = {
  readonly jobId: string;
  readonly deadlineAt: Instant;
  readonly delaySeconds: number;
} & (OpenResult | { readonly kind: "failed" });

/** The ports that the steps of one `POST /v1/jobs` call use. */
export interface AcceptPorts {
  readonly ledger: Pick<Ledger, "openWatch" | "createDigest" | "scheduleSweep">;
  readonly pollQueue: Pick<Queue, "send">;
  readonly notifyQueue: Pick<Queue, "send">;
  readonly config: Config;
  readonly links: LinkOptions;
  readonly now: Instant;
  readonly firstPollDelay: FirstPollDelay;
  readonly uuid: () => string;
  /** Reports a step that failed for some jobs. The default function logs the error. The caller does not see the error. */
  readonly onFailure?: (step: "open" | "send" | "digest", error: unknown) => void;
}

/**
 * Opens a watch for each job. If a job is already watched, the targets of the new call are added to the existing watch.
 * If the call asks for a digest, the function creates a digest for the new watches.
 */
export async function openWatches(
  submission: ResolvedSubmission,
  jobIds: readonly string[],
  ports: AcceptPorts,
): Promise<readonly OpenedJob[]> {
  const chats = submission.digest && jobIds.length > 1 ? chatTargets(submission, ports.config) : [];
  const digestId = chats.length === 0 ? null : ports.uuid();
  const opened = await Promise.all(jobIds.map((jobId) => openWatch(jobId, submission, digestId, ports)));
  return digestId === null ? opened : createDigest(digestId, chats, submission, opened, ports);
}

async function openWatch(
  jobId: string,
  { project, jobIds, deadlineMinutes, targets, context, callbacks }: ResolvedSubmission,
  digestId: string | null,
  { ledger, config: { settings }, now, firstPollDelay, onFailure = logAcceptFailure }: AcceptPorts,
): Promise<OpenedJob> {
  const deadlineAt = now + Math.round(deadlineMinutes * MINUTE_MS);
  const delay = await firstPollDelay(settings.poll, project, jobIds.length);
  const delaySeconds = Math.min(Math.round(delay), Math.ceil((deadlineAt - now) / 1000));
  try {
    const opened = await ledger.openWatch({
      project,
      jobId,
      acceptedAt: now,
      deadlineAt,
      nextPollAt: now + delaySeconds * 1000,
      targets,
      context,
      callbacks,
      digestId,
      expiresAt: computeLedgerExpiryTime(deadlineAt, settings),
    });
    return { jobId, deadlineAt, delaySeconds, ...opened };
  } catch (error) {
    onFailure("open", error);
    return { jobId, deadlineAt, delaySeconds, kind: "failed" };
  }
}

/**
 * Returns the chat targets of a submission. A digest is one message about all jobs for each chat. A webhook still gets
 * one event for each job.
 */
function chatTargets({ targets }: ResolvedSubmission, config: Config): readonly string[] {
  return targets.filter((name) => {
    const target = config.targets[name];
    return target !== undefined && channelOf(target.kind).isChat;
  });
}

/**
 * Stores the digest before the first polls are sent. If the ledger fails, the new watches count as failed, and a
 * repeated call sends their polls. If the digest is not stored, each watch notifies its chats itself.
 */
async function createDigest(
  digestId: string,
  targets: readonly string[],
  { project }: ResolvedSubmission,
  opened: readonly OpenedJob[],
  { ledger, config, onFailure = logAcceptFailure }: AcceptPorts,
): Promise<readonly OpenedJob[]> {
  const members = opened.filter((job) => job.kind === "accepted");
  if (members.length === 0) return opened;
  try {
    await ledger.createDigest({
      digestId,
      targets,
      members: members.map(({ jobId, generation }) => ({ project, jobId, generation })),
      expiresAt: computeLedgerExpiryTime(
        Math.max(...members.map(({ deadlineAt }) => deadlineAt)),
        config.settings,
      ),
    });
    return opened;
  } catch (error) {
    onFailure("digest", error);
    return opened.map((job) => (job.kind === "accepted" ? { ...job, kind: "failed" } : job));
  }
}

/** Logs that some jobs could not be accepted. The response asks the caller to send these jobs again. */
export function logAcceptFailure(step: "open" | "send" | "digest", error: unknown): void {
  log.error("accept failed", { step }, error);
}

export interface FirstPollDelayPorts {
  readonly ledger: Pick<Ledger, "readDurations">;
  readonly now: () => Instant;
  readonly random: () => number;
  /** Reports that the learned durations could not be read. The default function logs the error. */
  readonly onDurationsUnread?: (error: unknown) => void;
}

/** Returns the delay of the first poll of a new job in seconds. `jobs` is the number of jobs in the call. */
export type FirstPollDelay = (poll: PollSettings, project: string, jobs: number) => Promise<number>;

/**
 * Creates the function that plans the first poll of a new job. The type of a new job is unknown, so the delay follows
 * the learned durations of all jobs of the project. The durations of a project are read at most once in ten minutes. A
 * large call uses the durations that smaller calls have read. The function never throws an error.
 */
export function createFirstPollDelay(ports: FirstPollDelayPorts): FirstPollDelay {
  const { ledger, now, random, onDurationsUnread } = ports;
  const read = createLearnedDurationsReader(ledger, now, onDurationsUnread);
  const latest = new Map<string, readonly DurationCount[]>();
  return async (poll, project, jobs) => {
    if (jobs <= SMALL_CALL_JOBS) latest.set(project, await read(project, ANY_TYPE));
    return firstDelaySeconds(poll, random, latest.get(project) ?? []);
  };
}
