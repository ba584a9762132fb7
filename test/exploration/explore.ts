import { isMainThread, parentPort, Worker } from "node:worker_threads";
import * as z from "zod";
import { runCommand, UsageError } from "../../local/ops/command.ts";
import { parseCount } from "../../local/ops/script-arguments.ts";
import { NO_PLANT } from "../simulation/plant.ts";
import { findPlant } from "../simulation/plants.ts";
import { CALLS, type Exploration, exploreSchedules } from "./explore-schedules.ts";
import { HIDDEN_PLANTS, VISIBLE_PLANTS } from "./visible-plants.ts";

const USAGE = `npm run explore -- [--preemptions N] [--calls NAME]   explores all schedules, default N = 0
npm run explore -- --plants                             prints the shortest schedule that shows each planted bug
npm run explore -- --plant NAME                         prints the shortest schedule that shows one planted bug

N is at most 5. NAME is a call (none, stop, restart, redelivery) or a planted bug.
`;

const WORKERS = 2;
const MAX_PREEMPTIONS = 5;

const Calls = z.enum(["none", "stop", "restart", "redelivery"]);
const Task = z.strictObject({ calls: Calls, plant: z.nullable(z.string()), preemptions: z.int() });
type Task = z.infer<typeof Task>;

function explore({ calls, plant, preemptions }: Task): Promise<Exploration> {
  const planted = plant === null ? NO_PLANT : findPlant(plant);
  if (planted === null) throw new Error(`unknown plant '${plant}'`);
  return exploreSchedules({ calls: CALLS[calls], plant: planted, preemptions });
}

/** Explores in two threads, and calls `onResult` after each exploration. */
async function exploreAll(
  tasks: readonly Task[],
  onResult: (task: Task, result: Exploration) => void,
): Promise<void> {
  const waiting = [...tasks];
  const work = async (): Promise<void> => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift())
      onResult(task, await exploreInThread(task));
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
}

function exploreInThread(task: Task): Promise<Exploration> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: 6000 } });
    worker.once("message", (result: Exploration) => {
      resolve(result);
      void worker.terminate();
    });
    worker.once("error", reject);
    worker.postMessage(task);
  });
}

const OPTIONS = {
  preemptions: { type: "string" },
  calls: { type: "string" },
  plants: { type: "boolean" },
  plant: { type: "string" },
} as const;

interface Selection {
  readonly preemptions?: string | undefined;
  readonly calls?: string | undefined;
  readonly plants?: boolean | undefined;
  readonly plant?: string | undefined;
}

/** @throws UsageError if a value of an option is unknown */
async function exploreSelected(values: Selection): Promise<number> {
  const preemptions = parseCount(values.preemptions, 0, 0);
  if (preemptions > MAX_PREEMPTIONS) throw new UsageError(`N is at most ${MAX_PREEMPTIONS}`);
  if (values.plant !== undefined && findPlant(values.plant) === null)
    throw new UsageError(
      `unknown plant '${values.plant}'. Known plants: ${Object.keys(VISIBLE_PLANTS).join(", ")}`,
    );
  if (values.plants === true || values.plant !== undefined)
    return showPlants(values.plant === undefined ? Object.keys(VISIBLE_PLANTS) : [values.plant], preemptions);
  const names = Calls.options.filter((name) => values.calls === undefined || values.calls === name);
  if (names.length === 0) throw new UsageError(`unknown call '${values.calls}'`);
  const startedAt = performance.now();
  const total = { schedules: 0, states: 0, finalStates: 0, violations: 0 };
  const tasks = names.map((calls) => ({ calls, plant: null, preemptions }));
  await exploreAll(tasks, ({ calls }, { violation, ...result }) => {
    print(JSON.stringify({ calls, ...result }));
    total.schedules += result.schedules;
    total.states += result.states;
    total.finalStates += result.finalStates;
    if (violation === null) return;
    total.violations += 1;
    printSchedule(violation);
  });
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  print(JSON.stringify({ preemptions, ...total, seconds }));
  return total.violations === 0 ? 0 : 1;
}

/** Prints the shortest schedule that shows each bug. Returns 1 if a bug was not found. */
async function showPlants(names: readonly string[], preemptions: number): Promise<number> {
  let missing = 0;
  const tasks = names.map((plant): Task => ({ calls: VISIBLE_PLANTS[plant] ?? "none", plant, preemptions }));
  await exploreAll(tasks, ({ plant }, { violation, states }) => {
    if (violation === null) {
      missing += 1;
      print(`${plant}: not found in ${states} states`);
      return;
    }
    print(
      `${plant}: found in ${states} states, ${violation.preemptions} preemptions, ${violation.schedule.length} steps`,
    );
    printSchedule(violation);
  });
  if (names.length > 1) for (const [name, why] of Object.entries(HIDDEN_PLANTS)) print(`${name}: ${why}`);
  return missing === 0 ? 0 : 1;
}

function printSchedule({ schedule, faults }: NonNullable<Exploration["violation"]>): void {
  for (const step of schedule) print(`    ${step}`);
  for (const fault of faults) print(`    FAULT ${fault}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (isMainThread) {
  await runCommand(USAGE, { options: OPTIONS }, ({ values }) => exploreSelected(values));
} else {
  parentPort?.once("message", async (task: unknown) =>
    parentPort?.postMessage(await explore(Task.parse(task))),
  );
}
