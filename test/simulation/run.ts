import type { Config } from "../../lib/config/config.ts";
import { type Account, settle } from "./accounts.ts";
import type { Confirmed } from "./callers.ts";
import { createCloud } from "./cloud.ts";
import { createEventSource } from "./event-source.ts";
import type { FaultRates } from "./faults.ts";
import { createMemoryLedger } from "./memory-ledger.ts";
import type { Plant } from "./plant.ts";
import { createReceivers } from "./receivers.ts";
import { runSweep, type Surroundings, startNotify, startPoll } from "./service.ts";
import { createSimulatedQueue } from "./sqs.ts";
import type { World } from "./world.ts";

const SWEEP_EVERY_MS = 300_000;
const SWEEP_LIMIT_MS = 60_000;
/** No run that ends takes so many steps. */
const MAX_STEPS = 100_000;

export interface Stray {
  readonly body: string;
  readonly queue: "poll" | "notify";
  /** Its queue was purged while it may have been in it. */
  wasPurged?: boolean;
}

/** A world with the service in it, ready for callers. */
export interface Running extends Surroundings {
  readonly confirmed: Confirmed;
  /** Malformed messages that somebody put into a queue: each must end in its dead-letter queue, with a reason. */
  readonly malformed: Stray[];
  /** Messages of a newer version that were not in their queue any more when their reader came. */
  readonly newerGone: string[];
  readonly handedOutTwice: string[];
  readonly startedAt: number;
  readonly maxReceiveCount: number;
  /** Something is still to come from outside. */
  expecting: () => boolean;
}

export interface SetUp {
  readonly world: World;
  readonly config: Config;
  readonly rates: FaultRates;
  readonly plant: Plant;
  readonly swept: boolean;
  readonly maxReceiveCount: number;
  readonly maximumConcurrency: number;
}

export function setUp({ world, config, rates, plant, swept, ...limits }: SetUp): Running {
  const { maxReceiveCount, maximumConcurrency } = limits;
  const { visibilitySeconds } = plant;
  const queue = (name: string, to: Surroundings["queues"]["poll"]) =>
    createSimulatedQueue(world, { name, visibilitySeconds, redrive: { maxReceiveCount, to } });
  const pollDead = createSimulatedQueue(world, { name: "poll-dead", visibilitySeconds });
  const notifyDead = createSimulatedQueue(world, { name: "notify-dead", visibilitySeconds });
  const around: Running = {
    world,
    config,
    rates,
    plant,
    cloud: createCloud(),
    receivers: createReceivers(),
    ledger: createMemoryLedger(),
    queues: { poll: queue("poll", pollDead), notify: queue("notify", notifyDead), pollDead, notifyDead },
    confirmed: { targets: new Map() },
    malformed: [],
    newerGone: [],
    handedOutTwice: [],
    startedAt: world.now(),
    maxReceiveCount,
    expecting: () => false,
  };
  const { queues, handedOutTwice } = around;
  const shared = {
    rates,
    maximumConcurrency,
    failures: plant.failures,
  };
  createEventSource(world, {
    ...shared,
    name: "poll",
    queue: queues.poll,
    dead: pollDead,
    recursiveLoop: plant.recursiveLoop,
    start: (actor, records, hop) => startPoll(around, actor, records, hop),
    onHandedOutTwice: (messageId) => {
      handedOutTwice.push(messageId);
      world.note(null, `HANDED OUT TWICE: ${messageId}`);
    },
  });
  createEventSource(world, {
    ...shared,
    name: "notify",
    queue: queues.notify,
    dead: notifyDead,
    recursiveLoop: "Terminate",
    start: (actor) => startNotify(around, actor),
    // A notification that hid itself for seconds comes back while others of its batch may still be at work.
    onHandedOutTwice: () => {},
  });
  if (swept) world.agenda.after(world.chance.between(0, SWEEP_EVERY_MS), () => sweepOften(around));
  return around;
}

function sweepOften(around: Running): void {
  const { world, ledger, queues } = around;
  const busy =
    around.expecting() ||
    Object.values(ledger.state.watches).some(({ dueAt }) => dueAt !== null) ||
    [queues.poll, queues.notify].some(({ memory }) => memory.state.messages.length > 0);
  if (!busy) return;
  const actor = world.actor("sweep", SWEEP_LIMIT_MS);
  runSweep(around, actor).catch((error: unknown) => world.note(actor, `fails: ${error}`));
  world.agenda.at(actor.deadlineAt, () => {
    if (actor.frozenUntil <= world.now()) actor.alive = false;
  });
  world.agenda.after(SWEEP_EVERY_MS, () => sweepOften(around));
}

/** Runs until nothing is left to happen, and settles the account. */
export async function runToEnd(around: Running): Promise<Account> {
  let steps = 0;
  while (steps < MAX_STEPS && (await around.world.agenda.step())) steps += 1;
  return settle(around, steps < MAX_STEPS);
}
