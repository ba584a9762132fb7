import { PollMessage } from "../../lib/queue/messages.ts";
import { queueEvent } from "../support/events.ts";
import { rounded } from "../support/figures.ts";
import { renderNodes } from "../support/job.ts";
import type { Target } from "../support/verdict.ts";
import { BATCH, sentTo, submission } from "../work/scenes.ts";
import type { World } from "../work/world.ts";

const MIB = 1024 * 1024;
const NODES = 20_000;
/** What the function has; Lambda ends a process that takes more. */
const FUNCTION_MIB = 256;

export interface LargeFigure {
  /** Of ten polls in a batch, so many meet a job of 20,000 nodes. */
  readonly large: number;
  readonly peakMib: number;
}

/** The peak of `poll`, each time in a fresh process, over replies of 10 MB that come through its own HTTP client. */
export async function measureLarge(world: World): Promise<readonly LargeFigure[]> {
  const replies = { Running: renderNodes(NODES, "Running"), Failed: renderNodes(NODES, "Failed") };
  const { job } = world.wire;
  const figures: LargeFigure[] = [];
  for (const large of [1, 3, BATCH]) figures.push(await peakOver(large, replies, world));
  world.wire.job = job;
  return figures;
}

/** One batch that finds all jobs running, and the one after it, which finds the large ones failed. */
async function peakOver(
  large: number,
  replies: Readonly<Record<"Running" | "Failed", string>>,
  world: World,
): Promise<LargeFigure> {
  const { wire, server } = world;
  wire.ledger = server;
  const enqueue = await world.start("enqueue");
  wire.forget();
  await enqueue.run([submission(BATCH, `large-${large}`)]);
  await enqueue.stop();
  const polls = sentTo(wire.heard, "poll");
  const largeIds = new Set(polls.slice(0, large).map((body) => PollMessage.parse(JSON.parse(body)).jobId));
  const show = (phase: "Running" | "Failed") => {
    const { job } = wire;
    wire.job = (jobId) => (largeIds.has(jobId) ? replies[phase] : job(jobId));
  };
  const poll = await world.start("poll");
  show("Running");
  wire.forget();
  await poll.run([queueEvent(polls)]);
  const next = sentTo(wire.heard, "poll");
  show("Failed");
  wire.forget();
  const { peak } = await poll.run([queueEvent(next)]);
  await poll.stop();
  const concluded = sentTo(wire.heard, "notify").length;
  if (concluded !== large) throw new Error(`${concluded} of ${large} large jobs were concluded`);
  return { large, peakMib: rounded(peak / MIB) };
}

export function largeTargets(figures: readonly LargeFigure[]): readonly Target[] {
  return figures.map(({ large, peakMib }) => ({
    what: `peak memory of poll over ${large} replies of ${NODES} subjobs`,
    value: peakMib,
    target: FUNCTION_MIB,
    unit: " MiB",
    isRatio: false,
  }));
}
