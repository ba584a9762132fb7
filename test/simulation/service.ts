import { createApiHandler } from "../../functions/api/create-api-handler.ts";
import { createEnqueueHandler } from "../../functions/enqueue/create-enqueue-handler.ts";
import { createNotifyHandler, type NotifyPorts } from "../../functions/notify/create-notify-handler.ts";
import { createPollHandler, type PollPorts } from "../../functions/poll/create-poll-handler.ts";
import { createSweepHandler } from "../../functions/sweep/create-sweep-handler.ts";
import type { WholeConfig } from "../../lib/config/config.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { Queue, Timer } from "../../lib/queue/queue.ts";
import type { HandleRequest } from "../../lib/runtime/answer-and-log-request.ts";
import type { HandleMessage } from "../../lib/runtime/sqs-handler.ts";
import type { FaultRates } from "./fault-rates.ts";
import { faultyLedger } from "./faulty-ledger.ts";
import type { MemoryLedger } from "./memory-ledger.ts";
import type { Plant } from "./plant.ts";
import { deliverFor, type Receivers } from "./receivers.ts";
import { cceFor, type SimulatedCce } from "./simulated-cce.ts";
import { queueFor, type SimulatedQueue } from "./simulated-queue.ts";
import { type Invocation, type Simulation, timerFor } from "./simulation.ts";

export interface Environment {
  readonly simulation: Simulation;
  readonly config: WholeConfig;
  readonly ledger: MemoryLedger;
  readonly queues: Readonly<Record<"poll" | "notify" | "pollDead" | "notifyDead", SimulatedQueue>>;
  readonly cce: SimulatedCce;
  readonly receivers: Receivers;
  readonly rates: FaultRates;
  readonly plant: Plant;
  readonly disturbance: Disturbance;
}

/** What is wrong with the stage at the moment. */
export interface Disturbance {
  /** The parameters of the config are deleted, and each invocation runs in a new instance. */
  isConfigLost: boolean;
  /** Returns the difference of the clock of an invocation to the true time. */
  clockOffsetMs: (invocation: Invocation) => number;
}

export function createDisturbance(): Disturbance {
  return { isConfigLost: false, clockOffsetMs: () => 0 };
}

/** Returns the clock that an invocation reads. */
export function clockOf({ simulation, disturbance }: Environment, invocation: Invocation): () => number {
  return () => simulation.now() + disturbance.clockOffsetMs(invocation);
}

/** Returns the function that reads the config. */
function configReader({ config, disturbance }: Environment): () => Promise<WholeConfig> {
  return async () => {
    if (disturbance.isConfigLost) throw new Error("The config is lost.");
    return config;
  };
}

const PUBLIC_URL = "https://notifier.example";

/** The ports of one invocation, from which the handlers of all functions are created. */
export interface ServicePorts {
  readonly readConfig: () => Promise<WholeConfig>;
  readonly plant: Plant;
  readonly ledger: Ledger;
  readonly queue: (name: keyof Environment["queues"]) => Queue;
  readonly cce: ReturnType<PollPorts["createCce"]>;
  readonly deliver: NotifyPorts["deliver"];
  readonly now: () => number;
  readonly random: () => number;
  readonly uuid: () => string;
  readonly timer: Timer;
  readonly note: (text: string) => void;
}

/**
 * Returns the ports of one invocation, with their faults.
 * @param hop the number of functions in the chain that led to a message of the poll queue. Lambda stops a function that
 * invokes itself through a queue too often.
 */
export function connect(environment: Environment, invocation: Invocation, hop: number): ServicePorts {
  const { simulation, rates, queues, plant, ledger, cce } = environment;
  const { random } = simulation;
  return {
    readConfig: configReader(environment),
    plant,
    ledger: plant.ledger(faultyLedger(simulation, invocation, ledger, rates)),
    queue: (name) => queueFor(simulation, invocation, queues[name], rates, name === "poll" ? hop : 0),
    cce: cceFor(simulation, invocation, cce, rates),
    deliver: deliverFor(simulation, invocation, environment, rates),
    now: clockOf(environment, invocation),
    random: random.next,
    uuid: () => `${random.between(0, 2 ** 30)}-${random.between(0, 2 ** 30)}`,
    timer: timerFor(simulation, invocation),
    note: (text) => simulation.note(invocation, text),
  };
}

/** Creates the handler of `POST /v1/jobs`. */
export function createEnqueue({ readConfig, ledger, queue, now, random, uuid }: ServicePorts): HandleRequest {
  return createEnqueueHandler({
    ledger,
    pollQueue: queue("poll"),
    notifyQueue: queue("notify"),
    configs: { current: readConfig, refreshed: readConfig },
    identify: async () => ({ kind: "refused", refusal: null }),
    defaultUrl: PUBLIC_URL,
    now,
    random,
    uuid,
    onAccepted: () => {},
    onFailure: () => {},
    onIssuerFailure: () => {},
    onDurationsUnread: () => {},
  });
}

/** Creates the handler of all other routes. Only stops and redeliveries are used. */
export function createApi({ readConfig, ledger, queue, now }: ServicePorts): HandleRequest {
  const unused = async () => Promise.reject(new Error("The simulation does not use this."));
  return createApiHandler({
    ledger,
    notifyQueue: queue("notify"),
    configs: { current: readConfig, refreshed: readConfig, currentWith: readConfig },
    identify: async () => ({ kind: "refused", refusal: null }),
    defaultUrl: PUBLIC_URL,
    now,
    wait: unused,
    waitingLimits: { total: 0, perCaller: 0 },
    uuid: () => "",
    deliver: unused,
    health: unused,
    onDurationsUnread: () => {},
    onAct: () => {},
    onTested: () => {},
    onRedelivered: () => {},
    onIssuerFailure: () => {},
  });
}

/** Creates the handler of one batch of the poll queue. */
export function createPoll(
  { readConfig, plant, ledger, queue, cce, now, random, timer, note }: ServicePorts,
  messages: number,
): HandleMessage {
  const ports = plant.poll({
    ledger,
    pollQueue: queue("poll"),
    deadLetterQueue: plant.deadLetters(queue("pollDead")),
    notifyQueue: queue("notify"),
    configs: { currentWith: readConfig },
    createCce: () => cce,
    defaultUrl: PUBLIC_URL,
    now,
    random,
    timer,
    onPoll: () => {},
    onConcluded: ({ jobId, outcome }) => note(`${jobId} concluded: ${outcome}`),
    onSlow: ({ jobId }) => note(`${jobId} is slow`),
    onSlowSentAgain: ({ jobId }, { notifications }) =>
      note(`${jobId} is slow: ${notifications} notifications are sent again`),
    onUnreadable: () => {},
    onDurationsUnread: () => {},
  });
  return createPollHandler(ports)(messages);
}

/** Creates the handler of one batch of the notify queue. */
export function createNotify({
  readConfig,
  plant,
  ledger,
  queue,
  deliver,
  now,
  random,
  timer,
}: ServicePorts): HandleMessage {
  return createNotifyHandler(
    plant.notify({
      ledger,
      notifyQueue: queue("notify"),
      deadLetterQueue: plant.deadLetters(queue("notifyDead")),
      configs: { current: readConfig, currentWith: readConfig, refreshed: readConfig },
      wait: (ms) => new Promise((resolve) => void timer(resolve, ms)),
      deliver,
      now,
      random,
      onAttempt: () => {},
      onAct: () => {},
      onUnreadable: () => {},
    }),
  );
}

/** Runs the sweep once. */
export async function runSweep(
  { readConfig, plant, ledger, queue, now, note }: ServicePorts,
  remainingMs: () => number,
): Promise<void> {
  const ports = plant.sweep({
    ledger,
    pollQueue: queue("poll"),
    notifyQueue: queue("notify"),
    configs: { current: readConfig },
    now,
    onFailure: () => {},
    onSentAgain: () => {},
    onSwept: (result) => note(`swept: ${JSON.stringify(result)}`),
  });
  await createSweepHandler(ports)({ remainingMs });
}
