import type { Ledger } from "../../lib/ledger/ledger.ts";
import { targetGoneMessage } from "./messages.ts";
import { sendAll } from "./send-all.ts";
import { type SweepWatchPorts, sweepWatch } from "./sweep-watch.ts";

const MINUTE_MS = 60_000;
/** Watches looked after at once, and taken from the index at a time. */
const ABREAST = 10;
const PAGE = 100;
/** A gone target is told of for a day; the claim makes all but the first telling harmless. */
const TELL_GONE_MS = 24 * 60 * MINUTE_MS;

export interface SweepPorts extends Omit<SweepWatchPorts, "sent"> {
  readonly ledger: SweepWatchPorts["ledger"] & Pick<Ledger, "overdue" | "readTarget">;
  /** Milliseconds this run may still use: what it does not reach stays in the index for the next. */
  readonly remainingMs: () => number;
}

export interface Swept {
  readonly looks: number;
  readonly notices: number;
  /** Some watches could not be looked after; they stay in the index. */
  readonly failed: number;
  /** False: time ran out first. */
  readonly finished: boolean;
}

/**
 * Sends again what is overdue: looks whose message was lost, notices that never came to be claimed. Claims make
 * that harmless where nothing was lost. Each watch leaves the top of the index once it has been looked after, so
 * a run that is cut short is resumed by the next.
 */
export async function sweep(ports: SweepPorts): Promise<Swept> {
  const total = { looks: 0, notices: 0, failed: 0 };
  const sent = new Set<string>();
  await tellGoneTargets(ports);
  for (;;) {
    if (ports.remainingMs() < 10_000) return { ...total, finished: false };
    const due = await ports.ledger.overdue(ports.now(), PAGE);
    if (due.length === 0) return { ...total, finished: true };
    const failedBefore = total.failed;
    for (let i = 0; i < due.length; i += ABREAST) {
      const settled = await Promise.allSettled(
        due.slice(i, i + ABREAST).map((entry) => sweepWatch(entry, { ...ports, sent })),
      );
      for (const result of settled) {
        if (result.status === "rejected") total.failed += 1;
        else {
          total.looks += result.value.looks;
          total.notices += result.value.notices;
        }
      }
      if (ports.remainingMs() < 10_000) return { ...total, finished: false };
    }
    // What failed is still at the top of the index: another round would only meet it again.
    if (total.failed > failedBefore) return { ...total, finished: false };
  }
}

async function tellGoneTargets({ ledger, notices, config, now }: SweepPorts): Promise<void> {
  const { fallbackTarget } = config.settings;
  if (fallbackTarget === undefined) return;
  const others = Object.keys(config.targets).filter((name) => name !== fallbackTarget);
  const gone = await Promise.all(
    others.map(async (name) => ({ name, since: (await ledger.readTarget(name)).offSince })),
  );
  await sendAll(
    notices,
    gone.flatMap(({ name, since }) =>
      since !== null && since > now() - TELL_GONE_MS ? [targetGoneMessage(name, since, fallbackTarget)] : [],
    ),
  );
}
