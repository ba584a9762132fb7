import type { Config } from "../../lib/config/config.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import type { WatchKey } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { OverdueEntry } from "../../lib/ledger/watch.ts";
import { createTargetGoneMessage } from "../../lib/queue/messages.ts";
import { sendAllOrThrow } from "../../lib/queue/queue.ts";
import type { Invocation } from "../../lib/runtime/invocation.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import { type SentAgain, type SweepWatchPorts, sweepWatch } from "./sweep-watch.ts";

const CONCURRENCY = 10;
/** The number of watches that one read of the overdue index returns. */
const PAGE_SIZE = 100;
/** The remaining time at which a run of the sweep stops, so that the run can still log its result. */
const WATCHES_MARGIN_MS = 10_000;
const TARGETS_MARGIN_MS = 5_000;
/**
 * The time after the switch-off of a target during which every run of the sweep reports the target. Repeated reports
 * have no effect, because each notification is claimed.
 */
const REPORT_OFF_TARGET_MS = 86_400_000;

/** A watch or a target for which a run of the sweep failed. */
export type SweepItem = WatchKey | { readonly target: string };

export interface SweepPorts extends Omit<SweepWatchPorts, "config" | "sent"> {
  readonly ledger: SweepWatchPorts["ledger"] & Pick<Ledger, "listOverdue" | "readTarget">;
  readonly configs: Pick<ConfigSource, "current">;
  /** Reports that the sweep failed for one watch or target. The default function writes a log line. */
  readonly onFailure?: (failed: SweepItem, error: unknown) => void;
  readonly onSwept?: (result: SweepResult) => void;
}

/** The result of one run of the sweep. */
export interface SweepResult extends SentAgain {
  /**
   * The number of watches and targets for which the run failed. The next run tries the same watches and targets again.
   */
  readonly failed: number;
  /** The value is false when the run stopped because the time was over. */
  readonly finished: boolean;
}

/**
 * Creates the handler of the sweep. A run of the sweep sends overdue polls and notifications again, because their
 * messages may be lost. A duplicate message has no effect, because polls and notifications are claimed. Each checked
 * watch gets a later due time, so the next run continues where the previous run stopped. A failure of one watch does
 * not affect the other watches.
 */
export function createSweepHandler(
  ports: SweepPorts,
): (invocation: Pick<Invocation, "remainingMs">) => Promise<void> {
  const { onSwept = logSwept } = ports;
  return async ({ remainingMs }) => {
    const config = await ports.configs.current();
    const swept = await sweepWatches(config, remainingMs, ports);
    // Alerts about targets are sent last, because the outcomes of jobs are more urgent.
    const failedTargets = await reportOffTargets(config, remainingMs, ports);
    onSwept({ ...swept, failed: swept.failed + failedTargets });
  };
}

async function sweepWatches(
  config: Config,
  remainingMs: () => number,
  ports: SweepPorts,
): Promise<SweepResult> {
  const { onFailure = logSweepFailure } = ports;
  const watchPorts = { ...ports, config, sent: new Set<string>() };
  const total = { polls: 0, notifications: 0 };
  /** The watches that failed in the current run of the sweep. The index may still return the failed watches. */
  const failed = new Set<string>();
  const sweepOne = async (entry: OverdueEntry): Promise<void> => {
    try {
      const sent = await sweepWatch(entry, watchPorts);
      total.polls += sent.polls;
      total.notifications += sent.notifications;
    } catch (error) {
      failed.add(idOf(entry));
      onFailure({ project: entry.project, jobId: entry.jobId }, error);
    }
  };
  const result = (finished: boolean): SweepResult => ({ ...total, failed: failed.size, finished });
  for (;;) {
    if (remainingMs() < WATCHES_MARGIN_MS) return result(false);
    const overdue = await ports.ledger.listOverdue(ports.now(), PAGE_SIZE + failed.size);
    const due = overdue.filter((entry) => !failed.has(idOf(entry)));
    if (due.length === 0) return result(true);
    for (let i = 0; i < due.length; i += CONCURRENCY) {
      await Promise.all(due.slice(i, i + CONCURRENCY).map(sweepOne));
      if (remainingMs() < WATCHES_MARGIN_MS) return result(false);
    }
  }
}

const idOf = ({ project, jobId }: WatchKey) => JSON.stringify([project, jobId]);

/** Sends an alert about each disabled target to the fallback target. Returns the number of failures. */
async function reportOffTargets(
  config: Config,
  remainingMs: () => number,
  { ledger, notifyQueue, now, onFailure = logSweepFailure }: SweepPorts,
): Promise<number> {
  const { fallbackTarget } = config.settings;
  if (fallbackTarget === undefined || remainingMs() < TARGETS_MARGIN_MS) return 0;
  const others = Object.keys(config.targets).filter((name) => name !== fallbackTarget);
  const failures = await Promise.all(
    others.map(async (target) => {
      try {
        const { offSince } = await ledger.readTarget(target);
        if (offSince !== null && offSince > now() - REPORT_OFF_TARGET_MS)
          await sendAllOrThrow(notifyQueue, [createTargetGoneMessage(target, offSince, fallbackTarget)]);
        return [];
      } catch (error) {
        onFailure({ target }, error);
        return [target];
      }
    }),
  );
  return failures.flat().length;
}

/** Logs that a run of the sweep failed for one watch or target. */
export function logSweepFailure(failed: SweepItem, error: unknown): void {
  log.error("sweep failed", { ...failed }, error);
}

/** Writes the log line and the metrics of one run of the sweep. */
export function logSwept(result: SweepResult): void {
  const { polls, notifications, failed, finished } = result;
  log.info("swept", { ...result });
  meter.add("SweepFound", polls + notifications);
  if (notifications > 0) meter.add("NotificationsOverdue", notifications);
  meter.add("SweepFailures", failed + (finished ? 0 : 1));
}
