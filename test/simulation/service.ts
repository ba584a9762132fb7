import { createApiHandler } from "../../functions/api/create-api-handler.ts";
import { createEnqueueHandler } from "../../functions/enqueue/create-enqueue-handler.ts";
import { createNotifyHandler } from "../../functions/notify/create-notify-handler.ts";
import { createPollHandler } from "../../functions/poll/create-poll-handler.ts";
import { createSweepHandler } from "../../functions/sweep/create-sweep-handler.ts";
import type { WholeConfig } from "../../lib/config/config.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import type { HandleRequest } from "../../lib/runtime/answer-request.ts";
import type { HandleMessage } from "../../lib/runtime/settle-message.ts";
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

/**
 * Returns the ledger and the queues for one invocation, with their faults.
 * @param hop the number of functions in the chain that led to a message of the poll queue. Lambda stops a function that
 * invokes itself through a queue too often.
 */
export function connect(environment: Environment, invocation: Invocation, hop: number) {
  const { simulation, rates, queues, plant } = environment;
  const queue = (name: keyof Environment["queues"]): Queue =>
    queueFor(simulation, invocation, queues[name], rates, name === "poll" ? hop : 0);
  return { ledger: plant.ledger(faultyLedger(simulation, invocation, environment.ledger, rates)), queue };
}

/** Creates the handler of `POST /v1/jobs`. */
export function createEnqueue(environment: Environment, invocation: Invocation): HandleRequest {
  const { simulation } = environment;
  const { ledger, queue } = connect(environment, invocation, 0);
  const readConfig = configReader(environment);
  return createEnqueueHandler({
    ledger,
    pollQueue: queue("poll"),
    notifyQueue: queue("notify"),
    configs: { current: readConfig, refreshed: readConfig },
    identify: async () => ({ kind: "refused", refusal: null }),
    defaultUrl: PUBLIC_URL,
    now: clockOf(environment, invocation),
    random: simulation.random.next,
    uuid: () => `${simulation.random.between(0, 2 ** 30)}-${simulation.random.between(0, 2 ** 30)}`,
    onAccepted: () => {},
    onFailure: () => {},
    onIssuerFailure: () => {},
    onDurationsUnread: () => {},
  });
}

/** Creates the handler of all other routes. The simulation only stops watches and requests redeliveries. */
export function createApi(environment: Environment, invocation: Invocation): HandleRequest {
  const { ledger, queue } = connect(environment, invocation, 0);
  const readConfig = configReader(environment);
  const unused = async () => Promise.reject(new Error("The simulation does not use this."));
  return createApiHandler({
    ledger,
    notifyQueue: queue("notify"),
    configs: { current: readConfig, refreshed: readConfig, currentWith: readConfig },
    identify: async () => ({ kind: "refused", refusal: null }),
    defaultUrl: PUBLIC_URL,
    now: clockOf(environment, invocation),
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
  environment: Environment,
  invocation: Invocation,
  messages: number,
  hop: number,
): HandleMessage {
  const { simulation, plant } = environment;
  const { ledger, queue } = connect(environment, invocation, hop + 1);
  const ports = plant.poll({
    ledger,
    pollQueue: queue("poll"),
    deadLetterQueue: plant.deadLetters(queue("pollDead")),
    notifyQueue: queue("notify"),
    configs: { currentWith: configReader(environment) },
    createCce: () => cceFor(simulation, invocation, environment.cce, environment.rates),
    defaultUrl: PUBLIC_URL,
    now: clockOf(environment, invocation),
    random: simulation.random.next,
    timer: timerFor(simulation, invocation),
    onPoll: () => {},
    onConcluded: ({ jobId, outcome }) => simulation.note(invocation, `${jobId} concluded: ${outcome}`),
    onSlow: ({ jobId }) => simulation.note(invocation, `${jobId} is slow`),
    onUnreadable: () => {},
    onDurationsUnread: () => {},
  });
  return createPollHandler(ports)(messages);
}

/** Creates the handler of one batch of the notify queue. */
export function createNotify(environment: Environment, invocation: Invocation): HandleMessage {
  const { simulation, plant } = environment;
  const { ledger, queue } = connect(environment, invocation, 0);
  const readConfig = configReader(environment);
  return createNotifyHandler(
    plant.notify({
      ledger,
      notifyQueue: queue("notify"),
      deadLetterQueue: plant.deadLetters(queue("notifyDead")),
      configs: { current: readConfig, currentWith: readConfig, refreshed: readConfig },
      wait: (ms) => new Promise((resolve) => void timerFor(simulation, invocation)(resolve, ms)),
      deliver: deliverFor(simulation, invocation, environment, environment.rates),
      now: clockOf(environment, invocation),
      random: simulation.random.next,
      onAttempt: () => {},
      onAct: () => {},
      onUnreadable: () => {},
    }),
  );
}

/** Runs the sweep once. */
export async function runSweep(environment: Environment, invocation: Invocation): Promise<void> {
  const { simulation, plant } = environment;
  const { ledger, queue } = connect(environment, invocation, 0);
  const ports = plant.sweep({
    ledger,
    pollQueue: queue("poll"),
    notifyQueue: queue("notify"),
    configs: { current: configReader(environment) },
    now: clockOf(environment, invocation),
    onFailure: () => {},
    onSentAgain: () => {},
    onSwept: (result) => simulation.note(invocation, `swept: ${JSON.stringify(result)}`),
  });
  await createSweepHandler(ports)({ remainingMs: () => invocation.deadlineAt - simulation.now() });
}
