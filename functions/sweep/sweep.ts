import type { WatchKey } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import { targetGoneMessage } from "../../lib/queue/outgoing-messages.ts";
import { sendAll } from "../../lib/queue/queue.ts";
import { type SweepWatchPorts, sweepWatch } from "./sweep-watch.ts";

const MINUTE_MS = 60_000;
/** Watches looked after at once, and taken from the index at a time. */
const ABREAST = 10;
const PAGE = 100;
/** No further watches are taken up with less time than this, and no targets: a run that is cut short tells nothing. */
const WATCHES_NEED_MS = 10_000;
const TARGETS_NEED_MS = 5_000;
/** A gone target is told of for a day; the claim makes all but the first telling harmless. */
const TELL_GONE_MS = 24 * 60 * MINUTE_MS;

/** What a run could not look after: a watch, or a target that may be gone. */
export type SweepFailure = WatchKey | { readonly target: string };

export interface SweepPorts extends Omit<SweepWatchPorts, "sent"> {
  readonly ledger: SweepWatchPorts["ledger"] & Pick<Ledger, "listOverdue" | "readTarget">;
  /** Milliseconds this run may still use: what it does not reach stays in the index for the next. */
  readonly remainingMs: () => number;
  readonly onFailure: (what: SweepFailure, error: unknown) => void;
}

export interface Swept {
  readonly polls: number;
  readonly notifications: number;
  /** Watches and targets that could not be looked after; the next run tries again. */
  readonly failed: number;
  /** False: time ran out first. */
  readonly finished: boolean;
}

/**
 * Sends again what is overdue: polls whose message was lost, notifications that never came to be claimed. Claims make
 * that harmless where nothing was lost. Each watch leaves the top of the index once it has been looked after, so
 * a run that is cut short is resumed by the next. What fails harms nothing beside it.
 */
export async function sweep(ports: SweepPorts): Promise<Swept> {
  const swept = await sweepWatches(ports);
  return { ...swept, failed: swept.failed + (await tellGoneTargets(ports)) };
}

async function sweepWatches(ports: SweepPorts): Promise<Swept> {
  const total = { polls: 0, notifications: 0 };
  const sent = new Set<string>();
  /** The index may still show what was put later, or could not be: this run goes past it. */
  const failed = new Set<string>();
  const swept = (finished: boolean): Swept => ({ ...total, failed: failed.size, finished });
  for (;;) {
    if (ports.remainingMs() < WATCHES_NEED_MS) return swept(false);
    const overdue = await ports.ledger.listOverdue(ports.now(), PAGE + failed.size);
    const due = overdue.filter((entry) => !failed.has(idOf(entry)));
    if (due.length === 0) return swept(true);
    for (let i = 0; i < due.length; i += ABREAST) {
      await Promise.all(
        due.slice(i, i + ABREAST).map(async (entry) => {
          try {
            const again = await sweepWatch(entry, { ...ports, sent });
            total.polls += again.polls;
            total.notifications += again.notifications;
          } catch (error) {
            failed.add(idOf(entry));
            ports.onFailure(entry, error);
          }
        }),
      );
      if (ports.remainingMs() < WATCHES_NEED_MS) return swept(false);
    }
  }
}

const idOf = ({ project, jobId }: WatchKey) => JSON.stringify([project, jobId]);

/** Answers how many targets failed. After the watches: no reader of a job's end should wait for an alert about a target. */
async function tellGoneTargets(ports: SweepPorts): Promise<number> {
  const { ledger, notifications, config, now } = ports;
  const { fallbackTarget } = config.settings;
  if (fallbackTarget === undefined || ports.remainingMs() < TARGETS_NEED_MS) return 0;
  const others = Object.keys(config.targets).filter((name) => name !== fallbackTarget);
  const told = await Promise.all(
    others.map(async (target) => {
      try {
        const since = (await ledger.readTarget(target)).offSince;
        if (since !== null && since > now() - TELL_GONE_MS)
          await sendAll(notifications, [targetGoneMessage(target, since, fallbackTarget)]);
        return 0;
      } catch (error) {
        ports.onFailure({ target }, error);
        return 1;
      }
    }),
  );
  return told.reduce<number>((failed, one) => failed + one, 0);
}
