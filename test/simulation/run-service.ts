import type { WholeConfig } from "../../lib/config/config.ts";
import { type Asked, createAsked } from "./callers.ts";
import { evaluateRun, type RunResult } from "./evaluate-run.ts";
import { createEventSource } from "./event-source.ts";
import type { FaultRates } from "./fault-rates.ts";
import { type LedgerHistory, observeLedger } from "./ledger-history.ts";
import { createMemoryLedger } from "./memory-ledger.ts";
import type { Plant } from "./plant.ts";
import { createReceivers } from "./receivers.ts";
import {
  connect,
  createDisturbance,
  createNotify,
  createPoll,
  type Environment,
  runSweep,
} from "./service.ts";
import { createSimulatedCce } from "./simulated-cce.ts";
import { createSimulatedQueue } from "./simulated-queue.ts";
import type { Simulation } from "./simulation.ts";

const SWEEP_INTERVAL_MS = 300_000;
const SWEEP_LIMIT_MS = 60_000;
/** A run with more steps counts as endless. */
const MAX_STEPS = 100_000;

interface MalformedMessage {
  readonly body: string;
  readonly queue: "poll" | "notify";
  /** The queue was purged, and the message may have been in the queue at this time. */
  wasPurged?: boolean;
}

/** The service in a simulation, ready for callers. */
export interface ServiceRun extends Environment {
  /** A scenario can replace the config before the run. */
  config: WholeConfig;
  readonly asked: Asked;
  readonly history: LedgerHistory;
  /** Each of these messages must end in its dead-letter queue, with a reason. */
  readonly malformed: MalformedMessage[];
  /** The queues that lost a message of a newer version. */
  readonly lostNewerMessages: string[];
  /** Messages that SQS delivered a second time, although another invocation was still processing the messages. */
  readonly overlaps: string[];
  readonly startedAt: number;
  readonly maxReceiveCount: number;
  readonly hasSweep: boolean;
  /** Returns true if further calls are planned. */
  expectsCalls: () => boolean;
}

export interface ServiceOptions {
  readonly simulation: Simulation;
  readonly config: WholeConfig;
  readonly rates: FaultRates;
  readonly plant: Plant;
  readonly hasSweep: boolean;
  readonly maxReceiveCount: number;
  readonly maximumConcurrency: number;
}

export function startService(options: ServiceOptions): ServiceRun {
  const { simulation, config, rates, plant, maxReceiveCount, maximumConcurrency } = options;
  const { visibilitySeconds } = plant;
  const createQueue = (name: string, to: Environment["queues"]["poll"]) =>
    createSimulatedQueue(simulation, { name, visibilitySeconds, redrive: { maxReceiveCount, to } });
  const pollDead = createSimulatedQueue(simulation, { name: "poll-dead", visibilitySeconds });
  const notifyDead = createSimulatedQueue(simulation, { name: "notify-dead", visibilitySeconds });
  const history: LedgerHistory = {
    starts: [],
    saves: new Map(),
    slowSaves: new Map(),
    deadlines: new Map(),
    givenUp: new Set(),
  };
  const run: ServiceRun = {
    simulation,
    config,
    rates,
    plant,
    disturbance: createDisturbance(),
    cce: createSimulatedCce(),
    receivers: createReceivers(),
    ledger: observeLedger(createMemoryLedger(undefined, SWEEP_INTERVAL_MS), simulation, history),
    queues: {
      poll: createQueue("poll", pollDead),
      notify: createQueue("notify", notifyDead),
      pollDead,
      notifyDead,
    },
    asked: createAsked(),
    history,
    malformed: [],
    lostNewerMessages: [],
    overlaps: [],
    startedAt: simulation.now(),
    maxReceiveCount,
    hasSweep: options.hasSweep,
    expectsCalls: () => false,
  };
  const onOverlap = (messageId: string): void => {
    run.overlaps.push(messageId);
    simulation.note(null, `OVERLAP: ${messageId} is delivered while it is processed`);
  };
  createEventSource(simulation, {
    name: "poll",
    queue: run.queues.poll,
    dead: pollDead,
    rates,
    maximumConcurrency,
    recursiveLoop: plant.recursiveLoop,
    createHandler: (invocation, records, hop) => createPoll(connect(run, invocation, hop + 1), records),
    failures: plant.failures,
    onOverlap,
  });
  createEventSource(simulation, {
    name: "notify",
    queue: run.queues.notify,
    dead: notifyDead,
    rates,
    maximumConcurrency,
    recursiveLoop: "Terminate",
    createHandler: (invocation) => createNotify(connect(run, invocation, 0)),
    failures: plant.failures,
    onOverlap,
  });
  if (options.hasSweep)
    simulation.scheduler.after(simulation.random.between(0, SWEEP_INTERVAL_MS), () => sweepRepeatedly(run));
  return run;
}

/** Sweeps every five minutes until nothing is left to do. */
function sweepRepeatedly(run: ServiceRun): void {
  const { simulation, ledger, queues } = run;
  const isBusy =
    run.expectsCalls() ||
    Object.values(ledger.state.watches).some(({ dueAt }) => dueAt !== null) ||
    [queues.poll, queues.notify].some(({ memory }) => memory.state.messages.length > 0);
  if (!isBusy) return;
  const invocation = simulation.invocation("sweep", SWEEP_LIMIT_MS);
  runSweep(connect(run, invocation, 0), () => invocation.deadlineAt - simulation.now()).catch(
    (error: unknown) => simulation.note(invocation, `fails: ${error}`),
  );
  simulation.scheduler.at(invocation.deadlineAt, () => {
    if (invocation.frozenUntil <= simulation.now()) invocation.alive = false;
  });
  simulation.scheduler.after(SWEEP_INTERVAL_MS, () => sweepRepeatedly(run));
}

/** Runs until no event is left, and evaluates the run. */
export async function runToEnd(run: ServiceRun): Promise<RunResult> {
  let steps = 0;
  while (steps < MAX_STEPS && (await run.simulation.scheduler.step())) steps += 1;
  return evaluateRun(run, steps < MAX_STEPS);
}
