import { createApiHandler } from "../../functions/api/create-api-handler.ts";
import { createEnqueueHandler } from "../../functions/enqueue/create-enqueue-handler.ts";
import { createNotifyHandler } from "../../functions/notify/create-notify-handler.ts";
import { createPollHandler } from "../../functions/poll/create-poll-handler.ts";
import { createSweepHandler } from "../../functions/sweep/create-sweep-handler.ts";
import type { Config } from "../../lib/config/config.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import type { HandleRequest } from "../../lib/runtime/http-handler.ts";
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

/** The handler of `POST /v1/jobs`. */
export function startEnqueue(around: Surroundings, actor: Actor): HandleRequest {
  const { world, config } = around;
  const { ledger, queue } = reach(around, actor, 0);
  return createEnqueueHandler({
    ledger,
    pollQueue: queue("poll"),
    notifyQueue: queue("notify"),
    configs: { current: async () => config, refreshed: async () => config },
    identify: async () => ({ kind: "refused" }),
    defaultUrl: PUBLIC_URL,
    now: world.now,
    random: world.chance.next,
    uuid: () => `${world.chance.between(0, 2 ** 30)}-${world.chance.between(0, 2 ** 30)}`,
    onAccepted: () => {},
    onFailure: () => {},
    onIssuerFailure: () => {},
    onDurationsUnread: () => {},
  });
}

/** The handler of all other routes. Callers of the simulation only stop watches. */
export function startApi(around: Surroundings, actor: Actor): HandleRequest {
  const { world } = around;
  const { ledger, queue } = reach(around, actor, 0);
  const readConfig = async () => around.config;
  const unused = async () => Promise.reject(new Error("no caller of the simulation needs this"));
  return createApiHandler({
    ledger,
    notifyQueue: queue("notify"),
    configs: { current: readConfig, refreshed: readConfig, currentWith: readConfig },
    identify: async () => ({ kind: "refused" }),
    defaultUrl: PUBLIC_URL,
    now: world.now,
    wait: unused,
    uuid: () => "",
    deliver: unused,
    health: unused,
    onStopped: () => {},
    onTested: () => {},
    onRedelivered: () => {},
    onIssuerFailure: () => {},
  });
}

/** The handler of one batch of the poll queue. */
export function startPoll(around: Surroundings, actor: Actor, messages: number, hop: number): HandleMessage {
  const { world, config, plant } = around;
  const { ledger, queue } = reach(around, actor, hop + 1);
  const ports = plant.poll({
    ledger,
    pollQueue: queue("poll"),
    deadLetterQueue: plant.deadLetters(queue("pollDead")),
    notifyQueue: queue("notify"),
    configs: { currentWith: async () => config },
    createCce: () => cceFor(world, actor, around.cloud, around.rates),
    defaultUrl: PUBLIC_URL,
    now: world.now,
    random: world.chance.next,
    timer: timerOf(world, actor),
    onPoll: () => {},
    onConcluded: ({ jobId, outcome }) => world.note(actor, `${jobId} concluded: ${outcome}`),
    onUnreadable: () => {},
    onDurationsUnread: () => {},
  });
  return createPollHandler(ports)(messages);
}

/** The handler of one batch of the notify queue. */
export function startNotify(around: Surroundings, actor: Actor): HandleMessage {
  const { world, config, plant } = around;
  const { ledger, queue } = reach(around, actor, 0);
  const readConfig = async () => config;
  return createNotifyHandler(
    plant.notify({
      ledger,
      notifyQueue: queue("notify"),
      deadLetterQueue: plant.deadLetters(queue("notifyDead")),
      configs: { current: readConfig, currentWith: readConfig, refreshed: readConfig },
      deliver: deliverFor(world, actor, around, around.rates),
      now: world.now,
      random: world.chance.next,
      onAttempt: () => {},
      onUnreadable: () => {},
    }),
  );
}

/** One run of the sweep. */
export async function runSweep(around: Surroundings, actor: Actor): Promise<void> {
  const { world, config, plant } = around;
  const { ledger, queue } = reach(around, actor, 0);
  const ports = plant.sweep({
    ledger,
    pollQueue: queue("poll"),
    notifyQueue: queue("notify"),
    configs: { current: async () => config },
    now: world.now,
    onFailure: () => {},
    onSwept: (result) => world.note(actor, `swept: ${JSON.stringify(result)}`),
  });
  await createSweepHandler(ports)({ remainingMs: () => actor.deadlineAt - world.now() });
}
