import type { Config } from "../../lib/config/config.ts";
import type { DiscoverySettings } from "../../lib/config/projects.ts";
import { computeExpiryAsLaterOfRetentionAndRetries } from "../../lib/config/retention.ts";
import type { Clock, WatchKey } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import { createPollMessage, recreateFirstPollMessageIfUnclaimed } from "../../lib/queue/messages.ts";
import type { OutgoingMessage, Queue } from "../../lib/queue/queue.ts";
import { log } from "../../lib/runtime/log.ts";

const MINUTE_MS = 60_000;
/** The number of jobs for which the function starts watches in parallel. */
const BATCH_JOBS = 25;
/**
 * If less time than `MARGIN_MS` remains, the function starts no more watches. The next run of discovery starts the
 * remaining watches.
 */
const MARGIN_MS = 5_000;

export interface OpenDiscoveredPorts {
  readonly ledger: Pick<Ledger, "startOrExtendWatch" | "listJobWatchesNewestFirst">;
  readonly pollQueue: Pick<Queue, "send">;
  readonly config: Config;
  readonly now: Clock;
  readonly remainingMs: () => number;
  /**
   * The IDs of jobs for which an earlier call has found or started a watch. The function adds each new job to the set
   * `known`. For a job in `known`, the function does not read the ledger.
   */
  readonly known: Set<string>;
  readonly onOpenFailure?: (key: WatchKey, error: unknown) => void;
}

/** Returns the name of the caller to whom the watches of discovery in a project belong. */
export const discoveryCaller = (project: string): string => `discover:${project}`;

/**
 * Starts a watch for each job for which discovery has not started a watch yet. The service makes the first poll of each
 * job at once. The reason: the job may have ended already, and only a poll reads its subjobs. If discovery has already
 * started a watch of the job, the function does not change this watch. A stopped watch stays stopped.
 */
export async function startDiscoveredWatchesIfAbsent(
  project: string,
  settings: DiscoverySettings,
  jobIds: readonly string[],
  ports: OpenDiscoveredPorts,
): Promise<{ readonly opened: readonly string[]; readonly failed: number }> {
  const { known, remainingMs } = ports;
  const unknown = jobIds.filter((jobId) => !known.has(jobId));
  const opened: string[] = [];
  for (let i = 0; i < unknown.length && remainingMs() > MARGIN_MS; i += BATCH_JOBS) {
    const batch = await Promise.all(
      unknown.slice(i, i + BATCH_JOBS).map((jobId) => openOne(project, jobId, settings, ports)),
    );
    const messages = batch.flatMap(({ message }) => message ?? []);
    const sent = messages.length === 0 ? [] : await ports.pollQueue.send(messages);
    const unsent = new Set(sent.filter(({ kind }) => kind === "failed").map(({ id }) => id));
    for (const { jobId, kind, message } of batch) {
      if (kind === "failed" || (message !== null && unsent.has(message.id))) continue;
      known.add(jobId);
      if (kind === "opened") opened.push(jobId);
    }
  }
  return { opened, failed: unknown.filter((jobId) => !known.has(jobId)).length };
}

interface OpenedOne {
  readonly jobId: string;
  readonly kind: "opened" | "exists" | "failed";
  /**
   * The queue message for the first poll. `message` is null if a poll of the job has already started or if the service
   * could not start the watch.
   */
  readonly message: OutgoingMessage | null;
}

async function openOne(
  project: string,
  jobId: string,
  { notify, labels }: DiscoverySettings,
  { ledger, config, now, onOpenFailure = logOpenFailure }: OpenDiscoveredPorts,
): Promise<OpenedOne> {
  const key = { project, jobId, caller: discoveryCaller(project) };
  try {
    const watches = await ledger.listJobWatchesNewestFirst(key);
    const own = watches.find(({ caller }) => caller === key.caller);
    if (own !== undefined)
      return { jobId, kind: "exists", message: recreateFirstPollMessageIfUnclaimed(own, 0) };
    const configured = config.projects[project];
    const readyMinutes = configured?.until === "ready" ? configured.readyMinutes : null;
    const acceptedAt = now();
    const deadlineAt = acceptedAt + Math.round(config.settings.deadlineMinutes * MINUTE_MS);
    const result = await ledger.startOrExtendWatch({
      ...key,
      acceptedAt,
      deadlineAt,
      nextPollAt: acceptedAt,
      targets: [...new Set(notify)].sort(),
      context: labels === undefined ? {} : { labels },
      callbacks: {},
      digestId: null,
      traceparent: null,
      readyMinutes,
      expiresAt: computeExpiryAsLaterOfRetentionAndRetries(
        deadlineAt + (readyMinutes ?? 0) * MINUTE_MS,
        config.settings,
      ),
    });
    if (result.kind === "already_watching")
      return { jobId, kind: "exists", message: recreateFirstPollMessageIfUnclaimed(result.watch, 0) };
    if (result.kind === "limit_exceeded") throw new Error("Discovery sets no limits.");
    const message = createPollMessage({ ...key, poll: result.poll, deadlineAt, traceparent: null }, 0);
    return { jobId, kind: "opened", message };
  } catch (error) {
    onOpenFailure(key, error);
    return { jobId, kind: "failed", message: null };
  }
}

function logOpenFailure({ project, jobId }: WatchKey, error: unknown): void {
  log.error("discovery failed", { project, jobId }, error);
}
