import { createAsked } from "../simulation/callers.ts";
import { CALLER, PROJECT, T0 } from "../simulation/draw-inputs.ts";
import type { RunResult } from "../simulation/evaluate-run.ts";
import { evaluateRun } from "../simulation/evaluate-run.ts";
import { NO_FAULTS } from "../simulation/fault-rates.ts";
import { createMemoryLedger } from "../simulation/memory-ledger.ts";
import { idOf } from "../simulation/memory-ledger-state.ts";
import { createMemoryQueue } from "../simulation/memory-queue.ts";
import { NO_PLANT } from "../simulation/plant.ts";
import { createReceivers } from "../simulation/receivers.ts";
import type { ServiceRun } from "../simulation/run-service.ts";
import { createDisturbance } from "../simulation/service.ts";
import { createSimulatedCce } from "../simulation/simulated-cce.ts";
import { createSimulation } from "../simulation/simulation.ts";
import { idOfDelivery } from "./positions.ts";
import { CONFIG, JOB, TARGETS } from "./small-service.ts";
import type { QueueName, System } from "./system.ts";

/**
 * Checks the guarantees in one state.
 * @param isOver nothing is running, queued or called. Then everything that was accepted must be finished.
 * @returns one text per violation
 */
export function checkSystem(system: System, isOver: boolean): readonly string[] {
  const { faults, lost }: RunResult = evaluateRun(runOf(system), true);
  const found = [...system.faults, ...(isOver ? faults : faults.slice(lost))];
  const known = [...found, ...findUnsent(system)];
  return isOver ? [...known, ...findPending(system)] : known;
}

/** Each delivery in the ledger must have a post. */
function findUnsent({ ledger, posts }: System): readonly string[] {
  const sent = new Set(
    posts.map(({ notificationId, redelivery }) => idOfDelivery(notificationId, redelivery)),
  );
  return Object.entries(ledger.notifications)
    .filter(
      ([id, { delivery }]) =>
        delivery.state === "delivered" && !sent.has(idOfDelivery(id, delivery.redelivery)),
    )
    .map(([id]) => `${id} is delivered in the ledger, but it was never sent`);
}

/** Each notification and each redelivery that the ledger contains must be delivered, because no receiver refuses. */
function findPending({ ledger }: System): readonly string[] {
  return Object.entries(ledger.notifications)
    .filter(([, { delivery }]) => delivery.state !== "delivered")
    .map(([id, { delivery }]) => `${id} is ${delivery.state}, redelivery ${delivery.redelivery}`);
}

/** Returns the system in the form in which the simulation checks a run. */
function runOf({ now, ledger, history, queues, cce, posts, caller }: System): ServiceRun {
  const simulation = createSimulation({
    seed: 0,
    start: now,
    faultsEndAt: T0,
    traced: false,
    effectFault: () => ({ kind: "none" }),
    latencyMs: () => 0,
  });
  const queueOf = (name: QueueName) => ({
    name,
    memory: createMemoryQueue({ name, now: simulation.now, visibilitySeconds: 0, state: queues[name] }),
    hops: new Map(),
    postponed: new Set<string>(),
    onChange: () => {},
  });
  const id = idOf({ project: PROJECT, jobId: JOB.jobId, caller: CALLER });
  const asked = createAsked();
  asked.named.set(id, new Set(TARGETS));
  if (caller.isConfirmed) asked.confirmed.set(id, new Set(TARGETS));
  asked.deadlines.set(id, [...caller.deadlines]);
  if (caller.hasStopped) asked.stops.add(id);
  const simulatedCce = createSimulatedCce();
  simulatedCce.jobs.set(JOB.jobId, JOB);
  simulatedCce.observed.set(JOB.jobId, new Set(cce.observed));
  return {
    simulation,
    config: CONFIG,
    rates: NO_FAULTS,
    plant: NO_PLANT,
    disturbance: createDisturbance(),
    cce: simulatedCce,
    receivers: { ...createReceivers(), posts: [...posts] },
    ledger: createMemoryLedger(ledger),
    queues: {
      poll: queueOf("poll"),
      notify: queueOf("notify"),
      pollDead: queueOf("pollDead"),
      notifyDead: queueOf("notifyDead"),
    },
    asked,
    history: {
      starts: [...history.starts],
      saves: new Map(history.saves),
      slowSaves: new Map(history.slowSaves),
      deadlines: new Map(history.deadlines),
      givenUp: new Set(history.givenUp),
    },
    malformed: [],
    lostNewerMessages: [],
    overlaps: [],
    startedAt: T0,
    maxReceiveCount: 1000,
    hasSweep: true,
    expectsCalls: () => false,
  };
}
