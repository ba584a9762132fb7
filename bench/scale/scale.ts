import { queueEvent } from "../support/events.ts";
import { rounded } from "../support/figures.ts";
import type { Packaged } from "../support/package.ts";
import type { Target } from "../support/verdict.ts";
import { BATCH, sentTo, submission } from "../work/scenes.ts";
import { startWorld, type World } from "../work/world.ts";

/** The most that one call takes. */
const CALL = 100;

export interface ScaleFigure {
  readonly watches: number;
  /** CPU of the function. */
  readonly microsecondsPerPoll: number;
  readonly ledgerRequestsPerPoll: number;
}
export interface Scale {
  readonly sizes: readonly ScaleFigure[];
  /** The most CPU a poll took against the least. */
  readonly growth: number;
}

/** What a poll costs while more and more watches are open, with the ledger in the embedded DynamoDB. */
export async function measureScale(
  sizes: readonly number[],
  polls: number,
  packaged: Packaged,
): Promise<Scale> {
  const world = await startWorld(packaged);
  try {
    const enqueue = await world.start("enqueue");
    const poll = await world.start("poll");
    const waiting: string[] = [];
    const figures: ScaleFigure[] = [];
    let opened = 0;
    for (const watches of sizes) {
      for (; opened < watches; opened += CALL) {
        world.wire.forget();
        await enqueue.run([submission(CALL, `s${opened}`)]);
        waiting.push(...sentTo(world.wire.heard, "poll"));
      }
      // The first size warms the function up.
      if (figures.length === 0) await polled(waiting, polls, poll, world);
      figures.push({ watches, ...(await polled(waiting, polls, poll, world)) });
    }
    await Promise.all([enqueue.stop(), poll.stop()]);
    const costs = figures.map(({ microsecondsPerPoll }) => microsecondsPerPoll);
    return { sizes: figures, growth: rounded(Math.max(...costs) / Math.min(...costs)) };
  } finally {
    await world.stop();
  }
}

/** Looks at the first watches again and again, however many there are: each run's messages are the next run's batch. */
async function polled(
  waiting: string[],
  polls: number,
  poll: Awaited<ReturnType<World["start"]>>,
  { wire }: World,
): Promise<Omit<ScaleFigure, "watches">> {
  let [microseconds, asked] = [0, 0];
  for (let done = 0; done < polls; done += CALL) {
    const bodies = waiting.splice(0, CALL);
    const events = Array.from({ length: CALL / BATCH }, (_, at) =>
      queueEvent(bodies.slice(at * BATCH, (at + 1) * BATCH)),
    );
    wire.forget();
    microseconds += (await poll.run(events)).microseconds;
    waiting.unshift(...sentTo(wire.heard, "poll"));
    asked += wire.heard.filter(({ service }) => service === "ledger").length;
  }
  return {
    microsecondsPerPoll: rounded(microseconds / polls),
    ledgerRequestsPerPoll: rounded(asked / polls),
  };
}

export function scaleTargets({ sizes, growth }: Scale): readonly Target[] {
  const most = sizes.at(-1)?.watches ?? 0;
  return [
    { what: `CPU of a poll, up to ${most} watches`, value: growth, target: 1.25, unit: " ×", isRatio: true },
  ];
}
