import { createRandomSource, type RandomSource } from "../../local/random-source.ts";
import { stopWatch, submitJobs } from "./callers.ts";
import { planDiscovery } from "./discovery.ts";
import { CALLER, CALLERS, drawConfig, drawJob, drawSubmission, minutes, PROJECT, T0 } from "./draw-inputs.ts";
import type { RunResult } from "./evaluate-run.ts";
import { drawEffectFault, drawLatency, drawRates } from "./fault-rates.ts";
import { planOperations } from "./operations.ts";
import type { Plant } from "./plant.ts";
import { runToEnd, type ServiceRun, startService } from "./run-service.ts";
import { put } from "./simulated-queue.ts";
import { createSimulation } from "./simulation.ts";
import { planSlowJobs } from "./slow-jobs.ts";

interface SeedRun {
  readonly result: RunResult;
  readonly trace: readonly string[];
}

/** Runs one seed. The seed determines the jobs, the calls, the faults and all times. */
export async function runSeed(seed: number, plant: Plant, traced = false): Promise<SeedRun> {
  const draw = createRandomSource(seed + 1_000_003);
  const rates = drawRates(draw);
  const faultsEndAt = T0 + minutes(draw.between(15, 120));
  const simulation = createSimulation({
    seed,
    start: T0,
    faultsEndAt,
    traced,
    effectFault: drawEffectFault(rates),
    latencyMs: drawLatency(rates),
  });
  // Half of the runs have no sweep, because the sweep would hide bugs of the claims and the queues.
  const hasSweep = draw.happens(0.5);
  const run = startService({
    simulation,
    config: drawConfig(draw),
    rates,
    plant,
    hasSweep,
    maxReceiveCount: hasSweep ? draw.pick([1000, 1000, 8]) : 1000,
    maximumConcurrency: draw.between(2, 5),
  });
  simulation.note(null, `seed ${seed}, ${hasSweep ? "with" : "without"} sweep, ${JSON.stringify(rates)}`);
  planInputs(run, hasSweep, draw);
  planDiscovery(run, hasSweep, createRandomSource(seed + 2_000_003));
  planSlowJobs(run, createRandomSource(seed + 3_000_003));
  planOperations(run, hasSweep, createRandomSource(seed + 4_000_003));
  return { result: await runToEnd(run), trace: simulation.trace };
}

type Later = (ms: number, action: () => void) => void;

/** Plans the calls, the receivers and the malformed messages. Inputs that lose messages need a sweep. */
function planInputs(run: ServiceRun, hasSweep: boolean, draw: RandomSource): void {
  const { simulation, receivers } = run;
  let planned = 0;
  const later: Later = (ms, action) => {
    planned += 1;
    simulation.scheduler.after(ms, () => {
      planned -= 1;
      action();
    });
  };
  run.expectsCalls = () => planned > 0;
  const calls = draw.between(1, 3);
  for (let call = 0; call < calls; call += 1) planCall(run, call, hasSweep, draw, later);
  if (draw.happens(0.15)) receivers.refusing.add(draw.pick(["audit", "deploys"]));
  if (draw.happens(0.1)) receivers.gone.add(draw.pick(["audit", "deploys"]));
  const isPurged = hasSweep && draw.happens(0.3);
  if (isPurged) later(draw.between(0, 1_800_000), () => purgePollQueue(run));
  for (const queue of ["poll", "notify"] as const) {
    if (draw.happens(0.15)) planMalformedMessage(run, queue, draw, later);
    if (draw.happens(0.1) && !isPurged && run.maxReceiveCount === 1000) planNewerMessage(run, queue, later);
  }
  if (draw.happens(0.1)) receivers.throttling.add(draw.pick(["audit", "deploys"]));
}

function planCall(run: ServiceRun, call: number, hasSweep: boolean, draw: RandomSource, later: Later): void {
  const { asked, rates } = run;
  const jobIds = Array.from({ length: draw.pick([1, 1, 3]) }, (_, i) => `job-${call}${i}`);
  for (const jobId of jobIds) run.cce.jobs.set(jobId, drawJob(draw, jobId));
  const drawn = drawSubmission(draw, jobIds);
  // A frozen call can write its digest late. Only a sweep sends a late digest.
  const canWriteDigest = hasSweep || (rates.freeze === 0 && rates.slow === 0);
  const submission = canWriteDigest ? drawn : { ...drawn, digest: false };
  const retries = hasSweep && draw.happens(0.1) ? 0 : Number.POSITIVE_INFINITY;
  later(draw.between(0, 300_000), () => submitJobs(run, submission, asked, retries));
  for (const jobId of jobIds) {
    planFurtherCalls(run, jobId, CALLER, hasSweep, draw, later);
    for (const caller of CALLERS.filter((other) => other !== CALLER && draw.happens(0.3))) {
      const own = { ...drawSubmission(draw, [jobId], caller), digest: false };
      later(draw.between(0, 1_800_000), () => submitJobs(run, own, asked, Number.POSITIVE_INFINITY));
      planFurtherCalls(run, jobId, caller, hasSweep, draw, later);
    }
  }
}

/** Plans that a caller stops its watch, starts the watch again, or names further targets, in any order. */
function planFurtherCalls(
  run: ServiceRun,
  jobId: string,
  caller: string,
  hasSweep: boolean,
  draw: RandomSource,
  later: Later,
): void {
  if (!hasSweep) return;
  if (draw.happens(0.15))
    later(draw.between(0, 1_800_000), () => stopWatch(run, run.asked, { project: PROJECT, jobId, caller }));
  if (!draw.happens(0.3)) return;
  const second = { ...drawSubmission(draw, [jobId], caller), digest: false };
  later(draw.between(0, 3_600_000), () => submitJobs(run, second, run.asked, Number.POSITIVE_INFINITY));
}

function purgePollQueue({ simulation, malformed, queues }: ServiceRun): void {
  simulation.note(null, "the poll queue is purged");
  // The sweep cannot send a malformed message again.
  for (const message of malformed) if (message.queue === "poll") message.wasPurged = true;
  queues.poll.memory.purge();
}

function planMalformedMessage(
  { malformed, queues }: ServiceRun,
  queue: "poll" | "notify",
  draw: RandomSource,
  later: Later,
): void {
  const body = draw.pick([
    "",
    "{}",
    '{"v":1,"kind":"poll"}',
    "hello",
    '{"v":1,"kind":"digest","digestId":1}',
  ]);
  later(draw.between(0, 600_000), () => {
    malformed.push({ body, queue });
    put(queues[queue], { id: "", body, delaySeconds: 0 }, 0);
  });
}

/**
 * Sends a message of the next version. The release that can read the message is deployed an hour after the end of the
 * faults.
 */
function planNewerMessage(
  { simulation, queues, lostNewerMessages }: ServiceRun,
  queue: "poll" | "notify",
  later: Later,
): void {
  const { memory } = queues[queue];
  later(0, () => put(queues[queue], { id: "", body: '{"v":2,"kind":"poll"}', delaySeconds: 0 }, 0));
  later(simulation.faultsEndAt() + minutes(60) - simulation.now(), () => {
    const before = memory.state.messages.length;
    memory.state.messages = memory.state.messages.filter(({ body }) => !body.startsWith('{"v":2'));
    if (memory.state.messages.length === before) lostNewerMessages.push(queue);
  });
}
