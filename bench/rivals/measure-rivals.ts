import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import * as z from "zod";
import { computeJobCosts } from "../costs/compute-costs.ts";
import { COSTS } from "../costs/costs-data.ts";
import { loadTimes } from "../load-time.ts";
import { compareSchedules } from "../schedule/compare-schedules.ts";
import { DISTRIBUTIONS } from "../schedule/distributions.ts";
import { createSeededRandom } from "../schedule/seeded-random.ts";
import { createQueueEvent } from "../support/events.ts";
import { median, roundToThreeDigits } from "../support/figures.ts";
import { createFunctionEnvironment } from "../support/function-environment.ts";
import { findPackagedFunction, type Packaged } from "../support/package.ts";
import { renderClusterJob } from "../support/sample-jobs.ts";
import { Wire } from "../support/wire.ts";
import { Worker } from "../support/worker.ts";
import type { Rival, RivalName, Rivals } from "./rivals-data.ts";
import { countStateTransitions } from "./state-transitions.ts";

const RUN_DURABLE = fileURLToPath(new URL("./run-durable.ts", import.meta.url));
const FILES = {
  durable: "durable-function",
  stepFunctions: "step-function",
  naive: "naive-function",
  fixedSchedule: "fixed-schedule",
} as const;
type Measured = keyof typeof FILES;
const SCHEDULE = "fixed 20 s after 150 s";
const HISTORY = 200;
const TESTS = 600;
const POLLS = { warmUp: 200, measured: 500 };
const BATCH = 10;
/**
 * The memory size of all compared functions, in gigabytes. By default, the functions of this service have the same
 * memory size.
 */
const MEMORY_GIGABYTES = 0.25;
/** The assumed duration of one poll, which is mostly the response time of CCE. */
const POLL_SECONDS = 0.2;
const DurableRun = z.object({ operations: z.number(), invocations: z.number(), microseconds: z.number() });

/**
 * Compares the service with other ways to follow the same job. All compared functions poll by the schedule of the
 * cloud's Terraform provider.
 * @param productMicroseconds the CPU time of one poll of the service
 * @param rounds how often each bundle is loaded for the measurement
 */
export async function measureRivals(
  packaged: Packaged,
  productMicroseconds: number,
  rounds: number,
): Promise<Rivals> {
  const bundles: Record<RivalName, string> = {
    product: findPackagedFunction(packaged, "poll").file,
    durable: await bundle(packaged, "durable"),
    stepFunctions: await bundle(packaged, "stepFunctions"),
    naive: await bundle(packaged, "naive"),
    fixedSchedule: await bundle(packaged, "fixedSchedule"),
  };
  const loads = loadTimes(Object.values(bundles), rounds);
  const { product, fixed, meanSeconds } = compareOnTestJobs();
  const polls = Math.round(fixed.polls);
  const wire = new Wire();
  const origin = await wire.listen();
  wire.records = false;
  wire.job = (jobId) => renderClusterJob(jobId, "Running");
  try {
    const cpu = {
      product: productMicroseconds,
      durable: await measureDurable(wire, origin),
      stepFunctions: await measureWorker(bundles.stepFunctions, origin, { jobId: "job" }, 1),
      naive: await measureWorker(
        bundles.naive,
        origin,
        createQueueEvent(Array(BATCH).fill('{"jobId":"job"}')),
        BATCH,
      ),
      fixedSchedule: await measureFixedSchedule(bundles.fixedSchedule, wire, origin),
    };
    const operations = (await runDurable(wire, origin, polls)).operations;
    const perJob: Record<Measured, Record<string, number>> = {
      durable: { durableOperations: operations, lambdaRequests: polls + 1 },
      stepFunctions: { stateTransitions: countStateTransitions(polls), lambdaRequests: polls },
      naive: { sqsRequests: 3 * polls, lambdaRequests: polls },
      fixedSchedule: { lambdaRequests: 1 },
    };
    const rival = async (name: Measured): Promise<Rival> => ({
      ...(await describe(name)),
      polls: fixed.polls,
      latenessSeconds: fixed.latenessSeconds,
      perJob: perJob[name],
      dollarsPerMillionJobs: priceJob(
        perJob[name],
        name === "fixedSchedule" ? meanSeconds : pollSeconds(polls),
      ),
    });
    const describe = async (name: RivalName) => ({
      bundleBytes: (await stat(bundles[name])).size,
      loadMs: roundToThreeDigits(median(loads.get(bundles[name]) ?? [])),
      microsecondsPerPoll: roundToThreeDigits(cpu[name]),
    });
    const costs = computeJobCosts(8);
    return {
      product: {
        ...(await describe("product")),
        polls: product.polls,
        latenessSeconds: product.latenessSeconds,
        perJob: Object.fromEntries(costs.map(({ name, perJob }) => [name, perJob])),
        dollarsPerMillionJobs: costs.reduce((sum, cost) => sum + cost.dollarsPerMillionJobs, 0),
      },
      durable: await rival("durable"),
      stepFunctions: await rival("stepFunctions"),
      naive: await rival("naive"),
      fixedSchedule: await rival("fixedSchedule"),
    };
  } finally {
    await wire.stop();
  }
}

const pollSeconds = (polls: number) => polls * POLL_SECONDS;

/**
 * Bundles a function that is compared with the service, without the esbuild plugins of the service. The bundle defines
 * `require` for packages that are not ES modules.
 */
async function bundle({ rootDir, workDir }: Packaged, name: Measured): Promise<string> {
  const outfile = join(workDir, `${FILES[name]}.mjs`);
  await build({
    entryPoints: [join(rootDir, "bench", "rivals", `${FILES[name]}.ts`)],
    outfile,
    bundle: true,
    minify: true,
    platform: "node",
    target: "node24",
    format: "esm",
    mainFields: ["module", "main"],
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    logLevel: "error",
  });
  return outfile;
}

/** Compares the fixed schedule with the service's poll schedule, which has learned from 200 jobs. */
function compareOnTestJobs() {
  const [, distribution] = DISTRIBUTIONS;
  if (distribution === undefined) throw new Error("There is no distribution of durations.");
  const random = createSeededRandom(1);
  const draw = (count: number) =>
    Array.from({ length: count }, (_, at) => distribution.draw(random, at / count));
  const history = draw(HISTORY);
  const test = draw(TESTS);
  const product = compareSchedules({ jobType: distribution.jobType, pollCostSeconds: 1, history, test });
  const { peers: otherClients } = product;
  const fixed = otherClients[SCHEDULE];
  if (fixed === undefined) throw new Error(`There is no schedule ${SCHEDULE}.`);
  return { product, fixed, meanSeconds: test.reduce((sum, seconds) => sum + seconds, 0) / test.length };
}

/**
 * The size in bytes of the log lines START, END and REPORT. In its default log format, Lambda writes the lines START,
 * END and REPORT for each invocation.
 */
const LAMBDA_LINES_BYTES = 345;

/**
 * Returns the costs of a million jobs in dollars. The costs include only the log lines that Lambda itself writes:
 * START, END and REPORT.
 */
function priceJob(perJob: Readonly<Record<string, number>>, seconds: number): number {
  const prices: Readonly<Record<string, number>> = COSTS.prices.perMillion;
  const requests = Object.entries(perJob).reduce(
    (sum, [name, count]) => sum + count * (prices[name] ?? Number.NaN),
    0,
  );
  const logs = ((perJob.lambdaRequests ?? 0) * LAMBDA_LINES_BYTES * COSTS.prices.perGigabyte.logs) / 1000;
  return requests + logs + seconds * MEMORY_GIGABYTES * COSTS.prices.perMillion.lambdaGbSeconds;
}

const environmentOf = (origin: string) => ({
  ...createFunctionEnvironment(origin),
  CCE_URL: origin,
  WEBHOOK_URL: `${origin}/receiver`,
});

async function measureWorker(file: string, origin: string, event: object, records: number): Promise<number> {
  const worker = await Worker.start(file, environmentOf(origin));
  await worker.run([event], POLLS.warmUp / records);
  const { microseconds } = await worker.run([event], POLLS.measured / records);
  await worker.stop();
  return microseconds / POLLS.measured;
}

/** The job in the simulated CCE fails after the given number of polls. */
function endAfter(wire: Wire, polls: number): void {
  let polled = 0;
  wire.job = (jobId) => renderClusterJob(jobId, ++polled >= polls ? "Failed" : "Running");
}

async function measureFixedSchedule(file: string, wire: Wire, origin: string): Promise<number> {
  const worker = await Worker.start(file, environmentOf(origin));
  const event = { jobId: "job", firstSeconds: 0, intervalSeconds: 0 };
  endAfter(wire, POLLS.warmUp);
  await worker.run([event]);
  endAfter(wire, POLLS.measured);
  const { microseconds } = await worker.run([event]);
  await worker.stop();
  return microseconds / POLLS.measured;
}

/**
 * Returns the CPU time that each additional poll costs in a durable function. The measured time includes the local test
 * runner of the durable function.
 */
async function measureDurable(wire: Wire, origin: string): Promise<number> {
  const [few, many] = [10, 110];
  const before = await runDurable(wire, origin, few);
  const after = await runDurable(wire, origin, many);
  return (after.microseconds - before.microseconds) / (many - few);
}

async function runDurable(wire: Wire, origin: string, polls: number): Promise<z.infer<typeof DurableRun>> {
  endAfter(wire, polls);
  const child = spawn(process.execPath, [RUN_DURABLE], {
    env: environmentOf(origin),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  if (status !== 0) throw new Error("The durable function failed.");
  return DurableRun.parse(JSON.parse(output));
}
