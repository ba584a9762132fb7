import { createHash } from "node:crypto";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import * as z from "zod";
import { runCommand, UsageError } from "../../local/ops/command.ts";
import { parseCount } from "../../local/ops/script-arguments.ts";
import { T0 } from "../simulation/draw-inputs.ts";
import { NO_PLANT } from "../simulation/plant.ts";
import { findPlant } from "../simulation/plants.ts";
import { CALLS, type Exploration, exploreSchedules, type Violation } from "./explore-schedules.ts";
import { createSystem } from "./system.ts";
import { HIDDEN_PLANTS, VISIBLE_PLANTS } from "./visible-plants.ts";

const DEFAULT_PREEMPTIONS = 1;

const USAGE = `npm run explore                                       explores all schedules with at most two preemptions, and with a
                                                      restart and without a time limit with at most one
npm run explore -- [--preemptions N] [--calls NAME]   explores only these schedules, default N = ${DEFAULT_PREEMPTIONS}
npm run explore -- --plants                           prints the shortest schedule that shows each planted bug
npm run explore -- --plant NAME                       prints the shortest schedule that shows one planted bug

N is at most 5. NAME is a call (none, stop, restart, redelivery) or a planted bug.
--no-crash    no function crashes
--no-sweep    the sweep function does not run
--time-limit  an interrupted function ends at its time limit, as in Lambda; otherwise it can continue at any time
--unreduced   omits only states that were reached before, to check the reductions
`;

const WORKERS = 2;
/** The largest exploration with two preemptions needs about 10 GB. */
const MAX_HEAP_MB = 12_000;
/** With the default of Node.js, a redelivery takes 15 % longer. */
const MAX_YOUNG_HEAP_MB = 192;
const MAX_PREEMPTIONS = 5;

/** The longest explorations are first, so that the two threads end at about the same time. */
const Calls = z.enum(["redelivery", "restart", "stop", "none"]);
const Task = z.strictObject({
  calls: Calls,
  plant: z.nullable(z.string()),
  preemptions: z.int(),
  canCrash: z.boolean(),
  canSweep: z.boolean(),
  hasTimeLimit: z.boolean(),
  isReduced: z.boolean(),
});
type Task = z.infer<typeof Task>;

const WHOLE = { preemptions: 2, canCrash: true, canSweep: true };
/** The explorations without options. On two cores, they complete in less than ten minutes. */
const DEFAULT_EXPLORATIONS: readonly Omit<Task, "plant" | "isReduced">[] = [
  { calls: "restart", ...WHOLE, hasTimeLimit: true },
  { calls: "redelivery", ...WHOLE, hasTimeLimit: false },
  { calls: "stop", ...WHOLE, hasTimeLimit: false },
  { calls: "redelivery", ...WHOLE, hasTimeLimit: true },
  { calls: "none", ...WHOLE, hasTimeLimit: false },
  { calls: "stop", ...WHOLE, hasTimeLimit: true },
  { calls: "none", ...WHOLE, hasTimeLimit: true },
  // With two preemptions, this exploration takes about 20 minutes.
  { calls: "restart", ...WHOLE, preemptions: 1, hasTimeLimit: false },
];

function explore({ calls, plant, canCrash, canSweep, ...options }: Task): Promise<Exploration> {
  const planted = plant === null ? NO_PLANT : findPlant(plant);
  if (planted === null) throw new Error(`unknown plant '${plant}'`);
  const start = { ...createSystem(T0), hasCrashed: !canCrash, hasSwept: !canSweep };
  return exploreSchedules({ ...options, calls: CALLS[calls], plant: planted, start });
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
    const worker = new Worker(new URL(import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB, maxYoungGenerationSizeMb: MAX_YOUNG_HEAP_MB },
    });
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
  "no-crash": { type: "boolean" },
  "no-sweep": { type: "boolean" },
  "time-limit": { type: "boolean" },
  unreduced: { type: "boolean" },
} as const;

interface Selection {
  readonly "no-crash"?: boolean | undefined;
  readonly "no-sweep"?: boolean | undefined;
  readonly "time-limit"?: boolean | undefined;
  readonly unreduced?: boolean | undefined;
  readonly preemptions?: string | undefined;
  readonly calls?: string | undefined;
  readonly plants?: boolean | undefined;
  readonly plant?: string | undefined;
}

/** @throws UsageError if a value of an option is unknown */
async function exploreSelected(values: Selection): Promise<number> {
  const preemptions = parseCount(values.preemptions, DEFAULT_PREEMPTIONS, 0);
  if (preemptions > MAX_PREEMPTIONS) throw new UsageError(`N is at most ${MAX_PREEMPTIONS}`);
  if (values.plant !== undefined && findPlant(values.plant) === null)
    throw new UsageError(
      `unknown plant '${values.plant}'. Known plants: ${Object.keys(VISIBLE_PLANTS).join(", ")}`,
    );
  const isPossible = { canCrash: values["no-crash"] !== true, canSweep: values["no-sweep"] !== true };
  const hasTimeLimit = values["time-limit"] === true;
  const options = { preemptions, ...isPossible, hasTimeLimit, isReduced: values.unreduced !== true };
  if (values.plants === true || values.plant !== undefined)
    return showPlants(values.plant === undefined ? Object.keys(VISIBLE_PLANTS) : [values.plant], options);
  const names = Calls.options.filter((name) => values.calls === undefined || values.calls === name);
  if (names.length === 0) throw new UsageError(`unknown call '${values.calls}'`);
  const selected = names.map((calls) => ({ calls, ...options }));
  const all = DEFAULT_EXPLORATIONS.map((exploration) => ({ ...exploration, isReduced: true }));
  const hasOptions = Object.entries(values).some(([name, value]) => name in OPTIONS && value !== undefined);
  const explorations = hasOptions ? selected : all;
  const startedAt = performance.now();
  const total = { schedules: 0, states: 0, finalStates: 0, violations: 0 };
  const tasks = explorations.map((exploration) => ({ ...exploration, plant: null }));
  await exploreAll(tasks, (task, { schedules, states, finalStates, violation }) => {
    const { plant: _, isReduced: _isReduced, ...explored } = task;
    const count = { schedules, states, finalStates: finalStates.length };
    print(JSON.stringify({ ...explored, ...count, digest: digestOf(finalStates) }));
    total.schedules += schedules;
    total.states += states;
    total.finalStates += finalStates.length;
    if (violation === null) return;
    total.violations += 1;
    printSchedule(violation);
  });
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  print(JSON.stringify({ ...total, seconds }));
  return total.violations === 0 ? 0 : 1;
}

/** Returns a text that is equal for two explorations that reached the same final states. */
function digestOf(finalStates: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(finalStates)).digest("hex").slice(0, 16);
}

/** Prints the shortest schedule that shows each bug. Returns 1 if a bug was not found. */
async function showPlants(names: readonly string[], options: Omit<Task, "calls" | "plant">): Promise<number> {
  let missing = 0;
  const tasks = names.map((plant): Task => ({ ...options, calls: VISIBLE_PLANTS[plant] ?? "none", plant }));
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

function printSchedule({ schedule, faults }: Violation): void {
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
