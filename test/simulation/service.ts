import { notificationSubject } from "../../functions/notify/resolve-notification.ts";
import { notification } from "../../functions/notify/send-notification.ts";
import { conclude, resume } from "../../functions/poll/conclude-watch.ts";
import { poll } from "../../functions/poll/poll-job.ts";
import { createPace } from "../../functions/poll/project-rate-limit.ts";
import { createDurations } from "../../functions/shared/learned-durations.ts";
import { deadLetterUnknown, readMessage } from "../../functions/shared/read-message.ts";
import { sweep } from "../../functions/sweep/sweep.ts";
import { pageUrl } from "../../lib/auth/link-keys.ts";
import type { Config } from "../../lib/config/config.ts";
import { coalesceSends } from "../../lib/queue/coalesce-sends.ts";
import { NotifyMessage, PollMessage } from "../../lib/queue/messages.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import type { HandleMessage } from "../../lib/runtime/sqs-handler.ts";
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
 * What one invocation reaches, each through its faults. `hop`: how many polls in a row what it sends to the poll queue
 * will be; Lambda counts a function's own invocations in a chain, and only the poll function feeds itself.
 */
export function reach(around: Surroundings, actor: Actor, hop: number) {
  const { world, rates, queues } = around;
  const queue = (name: keyof Surroundings["queues"]): Queue =>
    queueFor(world, actor, queues[name], rates, name === "poll" ? hop : 0);
  return { ledger: faultyLedger(world, actor, around.ledger, rates), queue };
}

/** As functions/poll.ts joins it. */
export function startPoll(around: Surroundings, actor: Actor, records: number, hop: number): HandleMessage {
  const { world, config, plant } = around;
  const { settings } = config;
  const { now } = world;
  const { ledger, queue } = reach(around, actor, hop + 1);
  const cce = cceFor(world, actor, around.cloud, around.rates);
  const pollQueue = coalesceSends(queue("poll"), records, timerOf(world, actor));
  const durations = createDurations(ledger, now, () => {});
  const reading = plant.reading({
    queue: queue("poll"),
    deadLetterQueue: queue("pollDead"),
    onUnreadable: () => {},
  });
  const link = { ...settings, linkKey: settings.linkKey, publicUrl: PUBLIC_URL };
  const ends = plant.conclude({
    ledger,
    notifications: queue("notify"),
    cce,
    config,
    now,
    onConcluded: ({ jobId, outcome }) => world.note(actor, `${jobId} concluded: ${outcome}`),
    pageUrl: (key, at) => pageUrl(link, key, at),
  });
  const ports = plant.poll({
    ledger,
    pollQueue,
    cce,
    durations,
    settings,
    now,
    random: world.chance.next,
    onPoll: () => {},
    pace: createPace(ledger, now)(settings.poll.queriesPerFiveMinutes),
    conclude: (seen, ending) => conclude(seen, ending, ends),
    resume: (begun) => resume(begun, ends),
  });
  return async (received) => {
    try {
      const read = await readMessage(PollMessage, received, reading);
      return read.kind === "unreadable" ? read.disposition : await poll(read.message, received, ports);
    } finally {
      pollQueue.leave();
    }
  };
}

/** As functions/notify.ts joins it. */
export function startNotify(around: Surroundings, actor: Actor): HandleMessage {
  const { world, config, plant } = around;
  const { now } = world;
  const { ledger, queue } = reach(around, actor, 0);
  const reading = plant.reading({
    queue: queue("notify"),
    deadLetterQueue: queue("notifyDead"),
    onUnreadable: () => {},
  });
  return async (received) => {
    const read = await readMessage(NotifyMessage, received, reading);
    if (read.kind === "unreadable") return read.disposition;
    const subject = await notificationSubject(read.message, {
      ledger,
      config,
      now,
      freshConfig: async () => config,
    });
    if (subject.kind === "silent") return "acknowledged";
    if (subject.kind === "unknown") return deadLetterUnknown(received, reading);
    const ports = plant.notification(
      {
        ledger,
        queue: queue("notify"),
        dead: queue("notifyDead"),
        now,
        random: world.chance.next,
        settings: config.settings,
        onAttempt: () => {},
        deliver: deliverFor(world, actor, around, around.rates),
      },
      received,
    );
    return notification(subject.notification, received, ports);
  };
}

/** As functions/sweep.ts joins it. */
export async function runSweep(around: Surroundings, actor: Actor): Promise<void> {
  const { world, config, plant } = around;
  const { ledger, queue } = reach(around, actor, 0);
  const ports = plant.sweep({
    ledger,
    pollQueue: queue("poll"),
    notifications: queue("notify"),
    config,
    now: world.now,
    remainingMs: () => actor.deadlineAt - world.now(),
    onFailure: () => {},
  });
  const swept = await sweep(ports);
  world.note(actor, `swept: ${JSON.stringify(swept)}`);
}
