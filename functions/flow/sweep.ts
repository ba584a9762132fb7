import type { Config } from "../../lib/config.ts";
import type { Instant } from "../../lib/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { Delivery } from "../../lib/ledger/notice-ledger.ts";
import type { Overdue, WatchDocument } from "../../lib/ledger/watch-ledger.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import { lookMessage, noticeMessage, targetGoneMessage } from "./messages.ts";
import { digestTargetsOf, noticeTargets } from "./notice-targets.ts";
import { sendAll } from "./send-all.ts";
import { digestStandings } from "./sweep-digest.ts";

const MINUTE_MS = 60_000;
/** What was sent again is left alone for one period of the schedule. */
const POSTPONE_MS = 5 * MINUTE_MS;
/**
 * A look that was claimed and is not done may be leased still (see `LOOK_LEASE_MS`). Sent at once it would be taken
 * for a copy, and acknowledged, although the message that holds the lease may be the one that was lost.
 */
const LEASE_PASSES_SECONDS = 36;
/** How long after its due time a notice's own message may still be on its way. */
const NOTICE_SLACK_MS = 4 * MINUTE_MS;
/** Watches looked after at once, and taken from the index at a time. */
const ABREAST = 10;
const PAGE = 100;
/** A gone target is told of for a day; the claim makes all but the first telling harmless. */
const TELL_GONE_MS = 24 * 60 * MINUTE_MS;

export interface SweepPorts {
  readonly ledger: Pick<
    Ledger,
    "overdue" | "reschedule" | "read" | "readDelivery" | "readDigest" | "readTarget"
  >;
  readonly polls: Pick<Queue, "send">;
  readonly notices: Pick<Queue, "send">;
  readonly config: Config;
  readonly now: () => Instant;
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
  await tellGoneTargets(ports);
  for (;;) {
    if (ports.remainingMs() < 10_000) return { ...total, finished: false };
    const due = await ports.ledger.overdue(ports.now(), PAGE);
    if (due.length === 0) return { ...total, finished: true };
    const failedBefore = total.failed;
    for (let i = 0; i < due.length; i += ABREAST) {
      const settled = await Promise.allSettled(
        due.slice(i, i + ABREAST).map((entry) => lookAfter(entry, ports)),
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

async function lookAfter(entry: Overdue, ports: SweepPorts): Promise<{ looks: number; notices: number }> {
  const document = await ports.ledger.read(entry);
  const state = document?.watch.state;
  if (document === null || state === "stopped") {
    await ports.ledger.reschedule(entry, null);
    return { looks: 0, notices: 0 };
  }
  if (state === "watching") {
    const { look, done } = document.watch;
    await sendAll(ports.polls, [
      lookMessage({ ...document.watch, look: done ? look + 1 : look }, done ? 0 : LEASE_PASSES_SECONDS),
    ]);
    await ports.ledger.reschedule(entry, ports.now() + POSTPONE_MS);
    return { looks: 1, notices: 0 };
  }
  return lookAfterNotices(entry, document, ports);
}

/** A watch that is over leaves the index when every notice of it has reached its end. */
async function lookAfterNotices(
  entry: Overdue,
  document: WatchDocument,
  ports: SweepPorts,
): Promise<{ looks: number; notices: number }> {
  const { watch, conclusion } = document;
  if (conclusion === null) {
    await ports.ledger.reschedule(entry, null);
    return { looks: 0, notices: 0 };
  }
  const now = ports.now();
  const digest = watch.digestId === null ? null : await ports.ledger.readDigest(watch.digestId);
  const { own, byDigest } = noticeTargets(
    { targets: watch.targets, digestTargets: digestTargetsOf(digest, watch) },
    conclusion.outcome,
    ports.config.targets,
  );
  const digested = await digestStandings(watch, byDigest, digest, ports);
  const standings = [
    ...own.map((target) => {
      const delivery = document.deliveries.find((known) => known.target === target) ?? null;
      const message = noticeMessage(entry, target, conclusion.outcome, delivery?.redelivery ?? 0);
      return { delivery, message };
    }),
    ...digested.standings,
  ];
  const open = standings.filter(({ delivery }) => !isSettled(delivery));
  const lost = open.filter(({ delivery }) => (delivery?.nextAttemptAt ?? 0) + NOTICE_SLACK_MS < now);
  await sendAll(
    ports.notices,
    lost.map(({ message }) => message),
  );
  const wakeAt = Math.min(
    digested.kind === "running" ? now + POSTPONE_MS : Number.POSITIVE_INFINITY,
    ...open.map(({ delivery }) =>
      Math.max(now + POSTPONE_MS, (delivery?.nextAttemptAt ?? 0) + NOTICE_SLACK_MS),
    ),
  );
  await ports.ledger.reschedule(entry, Number.isFinite(wakeAt) ? wakeAt : null);
  return { looks: 0, notices: lost.length };
}

function isSettled(delivery: Delivery | null): boolean {
  if (delivery === null || delivery.state === "pending") return false;
  return delivery.state === "delivered" || delivery.buried;
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
