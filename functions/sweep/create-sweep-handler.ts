import type { Config } from "../../lib/config/config.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import type { WatchKey } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { Watch } from "../../lib/ledger/watch.ts";
import type { OverdueEntry } from "../../lib/ledger/watch-ledger.ts";
import { createTargetGoneMessage } from "../../lib/queue/messages.ts";
import { sendAllOrThrow } from "../../lib/queue/queue.ts";
import type { Invocation } from "../../lib/runtime/invocation.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import {
  resendOverdueMessagesAndReschedule,
  type SentAgain,
  type SentAgainOfWatch,
  type SweepWatchPorts,
} from "./sweep-watch.ts";

const CONCURRENCY = 10;
/** The number of watches that the function reads with one request to the overdue index. */
const PAGE_SIZE = 100;
/**
 * If less than `WATCHES_MARGIN_MS` remains, the sweep function checks no more watches. The function needs the rest of
 * the time to check targets and to write its log line.
 */
const WATCHES_MARGIN_MS = 10_000;
const TARGETS_MARGIN_MS = 5_000;
/**
 * For one day after a target was switched off, each run of the sweep function queues an alert about the target. All
 * alerts about one target have the same notification key, so the fallback target gets only one alert.
 */
const REPORT_OFF_TARGET_MS = 86_400_000;
/**
 * If a run of the sweep function finds at least `MANY_OVERDUE` overdue messages, it reports a fault. A single crash of
 * a function causes fewer than `MANY_OVERDUE` overdue messages.
 */
const MANY_OVERDUE = 5;

/** A watch or a target that the sweep function could not check. */
export type SweepItem = (WatchKey & Pick<Watch, "traceparent">) | { readonly target: string };

export interface SweepPorts extends Omit<SweepWatchPorts, "config" | "sent"> {
  readonly ledger: SweepWatchPorts["ledger"] & Pick<Ledger, "listOverdueWatches" | "readTargetState">;
  readonly configs: Pick<ConfigSource, "current">;
  /** Called with the error if the sweep function could not check a watch or a target. */
  readonly onFailure?: (failed: SweepItem, error: unknown) => void;
  /** Called for each watch for which the sweep function has sent messages again. */
  readonly onSentAgain?: typeof logSentAgain;
  readonly onSwept?: (result: SweepResult) => void;
}

/** The result of one run of the sweep function. */
export interface SweepResult extends SentAgain {
  /**
   * The number of watches and targets that the sweep function could not check. The next run of the sweep function
   * checks the same watches and targets again.
   */
  readonly failed: number;
  /** `finished` is false if the run stopped before it had checked all overdue watches. */
  readonly finished: boolean;
}

/**
 * Creates the handler of the sweep function. Each run sends overdue poll messages and notifications again, because the
 * first messages may be lost. A second message has no effect, because only one message can claim a poll or a
 * notification. The function moves each checked watch to a later time in the overdue index. The next run therefore
 * begins with the watches that this run has not checked. If the check of one watch fails, the function still checks the
 * other watches.
 */
export function createSweepHandler(
  ports: SweepPorts,
): (invocation: Pick<Invocation, "remainingMs">) => Promise<void> {
  const { onSwept = logAndCountSweep } = ports;
  return async ({ remainingMs }) => {
    const config = await ports.configs.current();
    const swept = await sweepWatches(config, remainingMs, ports);
    // The function sends alerts about targets last, because notifications about jobs are more urgent.
    const failedTargets = await reportOffTargets(config, remainingMs, ports);
    onSwept({ ...swept, failed: swept.failed + failedTargets });
  };
}

async function sweepWatches(
  config: Config,
  remainingMs: () => number,
  ports: SweepPorts,
): Promise<SweepResult> {
  const { onFailure = logSweepFailure, onSentAgain = logSentAgain } = ports;
  const watchPorts = { ...ports, config, sent: new Set<string>() };
  const total = { polls: 0, notifications: 0, stuck: 0 };
  let failed = 0;
  /**
   * The watches that the current run has already checked. The overdue index is eventually consistent, so it may return
   * a watch twice.
   */
  const handled = new Set<string>();
  const sweepOne = async (entry: OverdueEntry): Promise<void> => {
    handled.add(idOf(entry));
    try {
      const sent = await resendOverdueMessagesAndReschedule(entry, watchPorts);
      total.polls += sent.polls;
      total.notifications += sent.notifications;
      total.stuck += sent.stuck;
      if (sent.polls + sent.notifications > 0) onSentAgain(entry, sent);
    } catch (error) {
      failed += 1;
      const { project, jobId, caller } = entry;
      const document = await ports.ledger.readWatchDocumentOrNull(entry).catch(() => null);
      onFailure({ project, jobId, caller, traceparent: document?.watch.traceparent ?? null }, error);
    }
  };
  const result = (finished: boolean): SweepResult => ({ ...total, failed, finished });
  for (let limit = PAGE_SIZE; ; ) {
    if (remainingMs() < WATCHES_MARGIN_MS) return result(false);
    const overdue = await ports.ledger.listOverdueWatches(ports.now(), limit);
    const due = distinctEntries(overdue).filter((entry) => !handled.has(idOf(entry)));
    if (due.length === 0 && overdue.length < limit) return result(true);
    limit = PAGE_SIZE + overdue.length - due.length;
    for (let i = 0; i < due.length; i += CONCURRENCY) {
      await Promise.all(due.slice(i, i + CONCURRENCY).map(sweepOne));
      if (remainingMs() < WATCHES_MARGIN_MS) return result(false);
    }
  }
}

/**
 * Removes watches that occur twice. While the function reads the overdue index, a watch can move to a later time and
 * appear twice.
 */
function distinctEntries(entries: readonly OverdueEntry[]): readonly OverdueEntry[] {
  return [...new Map(entries.map((entry) => [idOf(entry), entry])).values()];
}

const idOf = ({ project, jobId, caller }: WatchKey) => JSON.stringify([project, jobId, caller]);

/**
 * For each target that is switched off, sends an alert to the fallback target. Returns the number of alerts that could
 * not be sent.
 */
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
        const { offSince } = await ledger.readTargetState(target);
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

function logSentAgain({ project, jobId, caller }: WatchKey, sent: SentAgainOfWatch): void {
  const { polls, notifications, traceparent } = sent;
  log.info("sent again", { project, jobId, caller, polls, notifications, traceparent });
}

/** Logs a failed check of a watch or target. */
export function logSweepFailure(failed: SweepItem, error: unknown): void {
  log.error("sweep failed", { ...failed }, error);
}

/** Writes a log line and the metrics about a run of the sweep function. */
export function logAndCountSweep(result: SweepResult): void {
  const { polls, notifications } = result;
  log.info("swept", { ...result });
  meter.add("SweepFound", polls + notifications);
  if (notifications > 0) meter.add("NotificationsOverdue", notifications);
  const failures = countFailures(result);
  if (failures > 0) meter.add("SweepFailures", failures);
  if (isFaultFound(result)) meter.add("FaultsFound", 1);
}

const countFailures = ({ failed, finished }: SweepResult) => failed + (finished ? 0 : 1);

/**
 * Returns true if a run of the sweep function found a fault of the service. Examples of a fault: many overdue messages,
 * a message that is 15 minutes late, or a watch that the function could not check.
 */
export function isFaultFound(result: SweepResult): boolean {
  const { polls, notifications, stuck } = result;
  return polls + notifications >= MANY_OVERDUE || stuck + countFailures(result) > 0;
}
