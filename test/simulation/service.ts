import { conclude, resume } from "../../functions/flow/conclude.ts";
import { createDurations } from "../../functions/flow/durations.ts";
import { look } from "../../functions/flow/look.ts";
import { notice } from "../../functions/flow/notice.ts";
import { noticeSubject } from "../../functions/flow/notice-subject.ts";
import { createPace } from "../../functions/flow/pace.ts";
import { buryUnknown, withMessage } from "../../functions/flow/read-message.ts";
import { sweep } from "../../functions/flow/sweep.ts";
import { pageUrl } from "../../lib/api/link.ts";
import type { Config } from "../../lib/config.ts";
import { LookMessage, NotifyMessage } from "../../lib/message.ts";
import { gatherSends } from "../../lib/queue/gather.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import type { HandleDelivery } from "../../lib/runtime/sqs.ts";
import { type Cloud, cceFor } from "./cloud.ts";
import type { FaultRates } from "./faults.ts";
import { faultyLedger } from "./faulty-ledger.ts";
import type { MemoryLedger } from "./memory-ledger.ts";
import type { Plant } from "./plant.ts";
import { deliverFor, type Receivers } from "./receivers.ts";
import { queueFor, type SimulatedQueue } from "./sqs.ts";
import { type Actor, timerOf, type World } from "./world.ts";

export interface Surroundings {
  readonly world: World;
  readonly config: Config;
  readonly ledger: MemoryLedger;
  readonly queues: Readonly<Record<"poll" | "notify" | "pollDead" | "notifyDead", SimulatedQueue>>;
  readonly cloud: Cloud;
  readonly receivers: Receivers;
  readonly rates: FaultRates;
  readonly plant: Plant;
}

const PUBLIC_URL = "https://notifier.example";

/**
 * What one invocation reaches, each through its faults. `hop`: how many looks in a row what it sends to the poll queue
 * will be; Lambda counts a function's own invocations in a chain, and only the poll function feeds itself.
 */
export function reach(around: Surroundings, actor: Actor, hop: number) {
  const { world, rates, queues } = around;
  const queue = (name: keyof Surroundings["queues"]): Queue =>
    queueFor(world, actor, queues[name], rates, name === "poll" ? hop : 0);
  return { ledger: faultyLedger(world, actor, around.ledger, rates), queue };
}

/** As functions/poll.ts joins it. */
export function startPoll(around: Surroundings, actor: Actor, records: number, hop: number): HandleDelivery {
  const { world, config, plant } = around;
  const { settings } = config;
  const { now } = world;
  const { ledger, queue } = reach(around, actor, hop + 1);
  const cce = cceFor(world, actor, around.cloud, around.rates);
  const polls = gatherSends(queue("poll"), records, timerOf(world, actor));
  const durations = createDurations(ledger, now, () => {});
  const reading = plant.reading({ queue: queue("poll"), dead: queue("pollDead"), unreadable: () => {} });
  const link = { ...settings, linkKey: settings.linkKey, publicUrl: PUBLIC_URL };
  const ends = plant.conclude({
    ...{ ledger, notices: queue("notify"), cce, config, now },
    onConcluded: ({ jobId, outcome }) => world.note(actor, `${jobId} concluded: ${outcome}`),
    pageUrl: (key, at) => pageUrl(link, key, at),
  });
  const ports = plant.look({
    ...{ ledger, polls, cce, durations, settings, now, random: world.chance.next },
    onLook: () => {},
    pace: createPace(ledger, now)(settings.poll.queriesPerFiveMinutes),
    conclude: (seen, ending) => conclude(seen, ending, ends),
    resume: (begun) => resume(begun, ends),
  });
  return (delivery, remainingMs) =>
    withMessage(LookMessage, delivery, reading, (message) =>
      look(message, { ...delivery, remainingMs }, ports),
    ).finally(polls.leave);
}

/** As functions/notify.ts joins it. */
export function startNotify(around: Surroundings, actor: Actor): HandleDelivery {
  const { world, config, plant } = around;
  const { now } = world;
  const { ledger, queue } = reach(around, actor, 0);
  const reading = plant.reading({ queue: queue("notify"), dead: queue("notifyDead"), unreadable: () => {} });
  return (delivery, remainingMs) =>
    withMessage(NotifyMessage, delivery, reading, async (message) => {
      const subject = await noticeSubject(message, { ledger, config, now, freshConfig: async () => config });
      if (subject.kind === "silent") return "acknowledged";
      if (subject.kind === "unknown") return buryUnknown(delivery, reading);
      const ports = plant.notice(
        {
          ...{ ledger, queue: queue("notify"), dead: queue("notifyDead"), now, random: world.chance.next },
          settings: config.settings,
          onAttempt: () => {},
          deliver: deliverFor(world, actor, around, around.rates),
        },
        delivery,
      );
      return notice(subject.notice, delivery, remainingMs, ports);
    });
}

/** As functions/sweep.ts joins it. */
export async function runSweep(around: Surroundings, actor: Actor): Promise<void> {
  const { world, config, plant } = around;
  const { ledger, queue } = reach(around, actor, 0);
  const ports = plant.sweep({
    ...{ ledger, polls: queue("poll"), notices: queue("notify"), config, now: world.now },
    remainingMs: () => actor.deadlineAt - world.now(),
    onFailure: () => {},
  });
  const swept = await sweep(ports);
  world.note(actor, `swept: ${JSON.stringify(swept)}`);
}
