import type { Account } from "./accounts.ts";
import { post, stop } from "./callers.ts";
import { chanceLatency, chanceMishap, drawRates } from "./faults.ts";
import type { Plant } from "./plant.ts";
import { createChance } from "./random.ts";
import { type Running, runToEnd, setUp } from "./run.ts";
import { drawAsked, drawConfig, drawJob, minutes, PROJECT, T0 } from "./setup.ts";
import { put } from "./sqs.ts";
import { createWorld } from "./world.ts";

export interface Ran {
  readonly account: Account;
  readonly trace: readonly string[];
}

/** One seed, one run: what there is to watch, what goes wrong, and when, all follow from the seed. */
export async function runSeed(seed: number, plant: Plant, traced = false): Promise<Ran> {
  const draw = createChance(seed + 1_000_003);
  const rates = drawRates(draw);
  const faultsEndAt = T0 + minutes(draw.between(15, 120));
  const world = createWorld({
    seed,
    start: T0,
    faultsEndAt,
    traced,
    mishap: chanceMishap(rates),
    latencyMs: chanceLatency(rates),
  });
  // Without the sweep, the protocol of claims and queues alone must lose nothing: else the sweep would hide its faults.
  const swept = draw.happens(0.5);
  const around = setUp({
    world,
    config: drawConfig(draw),
    rates,
    plant,
    swept,
    maxReceiveCount: swept ? draw.pick([1000, 1000, 8]) : 1000,
    maximumConcurrency: draw.between(2, 5),
  });
  world.note(null, `seed ${seed}, ${swept ? "swept" : "not swept"}, ${JSON.stringify(rates)}`);
  people(around, swept, draw);
  return { account: await runToEnd(around), trace: world.trace };
}

/** What callers, operators and strangers do. What only a sweep can mend happens only where there is one. */
function people(around: Running, swept: boolean, draw: ReturnType<typeof createChance>): void {
  const { world, cloud, confirmed, queues, malformed, receivers, rates } = around;
  let expected = 0;
  const later = (ms: number, run: () => void): void => {
    expected += 1;
    world.agenda.after(ms, () => {
      expected -= 1;
      run();
    });
  };
  around.expecting = () => expected > 0;
  const patience = () => (swept && draw.happens(0.1) ? 0 : Number.POSITIVE_INFINITY);

  const calls = draw.between(1, 3);
  for (let call = 0; call < calls; call += 1) {
    const jobIds = Array.from({ length: draw.pick([1, 1, 3]) }, (_, i) => `job-${call}${i}`);
    for (const jobId of jobIds) cloud.jobs.set(jobId, drawJob(draw, jobId));
    const drawn = drawAsked(draw, jobIds);
    // A digest that is written late, by a call that stood still, is one of those things.
    const asked = swept || (rates.freeze === 0 && rates.slow === 0) ? drawn : { ...drawn, digest: false };
    const calm = patience();
    later(draw.between(0, 300_000), () => post(around, asked, confirmed, calm));
    for (const jobId of jobIds) {
      if (draw.happens(0.1) && swept)
        later(draw.between(0, 1_800_000), () => stop(around, { project: PROJECT, jobId }));
      if (!swept || !draw.happens(0.3)) continue;
      const again = { ...drawAsked(draw, [jobId]), digest: false };
      later(draw.between(0, 3_600_000), () => post(around, again, confirmed, Number.POSITIVE_INFINITY));
    }
  }
  if (draw.happens(0.15)) receivers.refusing.add(draw.pick(["audit", "deploys"]));
  if (draw.happens(0.1)) receivers.gone.add(draw.pick(["audit", "deploys"]));
  const purged = swept && draw.happens(0.3);
  if (purged) {
    later(draw.between(0, 1_800_000), () => {
      world.note(null, "the poll queue is purged");
      // What nobody can read, no sweep can send again.
      for (const stray of malformed) if (stray.queue === "poll") stray.wasPurged = true;
      queues.poll.memory.purge();
    });
  }
  for (const queue of ["poll", "notify"] as const) {
    if (draw.happens(0.15)) {
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
    if (draw.happens(0.1) && !purged && around.maxReceiveCount === 1000) newer(around, queue, later);
  }
  if (draw.happens(0.1)) receivers.throttling.add(draw.pick(["audit", "deploys"]));
}

/** A deployment under way: a message of the next version comes early, and its reader an hour after the faults. */
function newer(
  { world, queues, newerGone }: Running,
  queue: "poll" | "notify",
  later: (ms: number, run: () => void) => void,
): void {
  const { memory } = queues[queue];
  later(0, () => put(queues[queue], { id: "", body: '{"v":2,"kind":"poll"}', delaySeconds: 0 }, 0));
  later(world.faultsEndAt() + minutes(60) - world.now(), () => {
    const before = memory.state.messages.length;
    memory.state.messages = memory.state.messages.filter(({ body }) => !body.startsWith('{"v":2'));
    if (memory.state.messages.length === before) newerGone.push(queue);
  });
}
