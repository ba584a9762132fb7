import { dirname, join } from "node:path";
import * as z from "zod";
import { WARM_UP_KEY } from "../../lib/runtime/warm-up.ts";
import { Instance } from "../../local/lambda/instance.ts";
import { readService } from "../../local/template/service.ts";
import { readPackage } from "../../local/template/template.ts";
import { type BenchEnvironment, startBenchEnvironment } from "../support/bench-environment.ts";
import { median, roundToThreeDigits } from "../support/figures.ts";
import { findPackagedFunction, type Packaged } from "../support/package.ts";
import type { LedgerReplies, WireRequest } from "../support/wire.ts";
import { type CpuLimit, chooseCpuLimit, runWithPriority } from "./cpu-limit.ts";
import { MEGABYTES_PER_PROCESSOR, MEMORY_SIZES, type PowerFigures, type PowerRow } from "./power-data.ts";
import { type FunctionEvents, recordFunctionEvents } from "./power-events.ts";

/**
 * The assumed response time of each service in milliseconds. Lambda also bills the memory of a function while the
 * function waits for a response.
 */
const SERVICE_MS: Readonly<Record<WireRequest["service"], number>> = {
  ledger: 5,
  queue: 10,
  config: 20,
  cce: 100,
  receiver: 100,
};
const ROUNDS = 3;
/**
 * `calls` is the number of invocations after the first invocation. Only the last `measured` invocations are measured.
 * During the earlier invocations, V8 compiles the code.
 */
const WARM = { calls: 20, measured: 10 };
const TIMEOUT_SECONDS = 29;

const Answer = z.union([
  z.looseObject({ statusCode: z.number().min(200).max(299) }),
  z.looseObject({ batchItemFailures: z.array(z.unknown()).length(0) }),
  z.null(),
]);

/**
 * Measures packaged functions with several memory sizes. As on Lambda, the memory size determines what fraction of a
 * processor the function gets. During its initialization, each function gets a whole processor. All calls to services
 * use TLS.
 * @param names the names of the measured functions
 */
export async function measurePower(
  packaged: Packaged,
  names: readonly string[] = packaged.functions.map(({ name }) => name),
): Promise<PowerFigures> {
  return runWithPriority(() => measureAll(packaged, names));
}

async function measureAll(packaged: Packaged, names: readonly string[]): Promise<PowerFigures> {
  const limit = await chooseCpuLimit();
  const bench = await startBenchEnvironment(packaged, true);
  try {
    const functions = await recordFunctionEvents(bench);
    const chosen = await readChosenMemory(packaged);
    bench.wire.records = false;
    bench.wire.delaysMs = SERVICE_MS;
    const power: Record<string, PowerRow[]> = {};
    for (const events of functions.filter(({ name }) => names.includes(name))) {
      bench.wire.ledger = answerWarmUp(events.recording.play);
      const memory = chosen.get(events.name) ?? Number.NaN;
      const sizes = [...new Set([...MEMORY_SIZES, memory])].sort((a, b) => a - b);
      const rows: PowerRow[] = [];
      for (const size of sizes)
        rows.push({ ...(await measure(events, size, { bench, limit, packaged })), chosen: size === memory });
      if (events.recording.missed.size > 0)
        throw new Error(`requests without a recorded reply: ${[...events.recording.missed].join(", ")}`);
      power[events.name] = rows;
      process.stderr.write(`measured ${events.name} with ${sizes.join(", ")} MB\n`);
    }
    return { cpuLimit: limit.method, power };
  } finally {
    await bench.stop();
  }
}

/**
 * Each new instance sends a warm-up request to the ledger. No reply is recorded for the warm-up request, so the
 * returned function creates a reply itself.
 */
function answerWarmUp(play: LedgerReplies): LedgerReplies {
  return async (request) =>
    request.body.includes(WARM_UP_KEY.pk) ? { status: 200, body: "{}" } : play(request);
}

/** Returns the memory size of each function in the compiled CloudFormation template. */
export async function readChosenMemory({ packageDir }: Packaged): Promise<ReadonlyMap<string, number>> {
  const { functions } = readService(await readPackage(packageDir), { sqs: "", api: "" });
  return new Map(functions.map(({ shortName, memoryMb }) => [shortName, memoryMb]));
}

interface Setup {
  readonly bench: BenchEnvironment;
  readonly limit: CpuLimit;
  readonly packaged: Packaged;
}

async function measure(
  { name, one, many }: FunctionEvents,
  memoryMegabytes: number,
  setup: Setup,
): Promise<Omit<PowerRow, "chosen">> {
  const [firsts, firstsOfMany, warm]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    const [first = Number.NaN, ...later] = await invoke(name, one, 1 + WARM.calls, memoryMegabytes, setup);
    firsts.push(first);
    warm.push(...later.slice(-WARM.measured));
    if (many !== null) firstsOfMany.push(...(await invoke(name, many, 1, memoryMegabytes, setup)));
  }
  const warmMs = median(warm);
  return {
    memoryMegabytes,
    firstCallMs: roundToThreeDigits(median(firsts)),
    firstCallOf100Ms: many === null ? null : roundToThreeDigits(median(firstsOfMany)),
    warmMs: roundToThreeDigits(warmMs),
    gbSeconds: roundToThreeDigits((memoryMegabytes / 1024) * (Math.ceil(warmMs) / 1000)),
  };
}

/**
 * Starts a function in a new process and invokes the function several times. Returns the duration of each invocation in
 * milliseconds.
 */
async function invoke(
  name: string,
  event: object,
  calls: number,
  memoryMegabytes: number,
  { bench, limit, packaged }: Setup,
): Promise<readonly number[]> {
  const taskRoot = join(dirname(findPackagedFunction(packaged, name).file), "../..");
  const instance = new Instance({
    memoryMb: memoryMegabytes,
    taskRoot,
    environment: (runtimeApi) => ({
      ...bench.environment,
      _HANDLER: `functions/${name}/handler.handler`,
      LAMBDA_TASK_ROOT: taskRoot,
      AWS_LAMBDA_RUNTIME_API: runtimeApi,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
    }),
    log() {},
    onExit() {},
  });
  await instance.start();
  await instance.initialized;
  const fraction = Math.min(1, memoryMegabytes / MEGABYTES_PER_PROCESSOR);
  const release = await limit.apply(instance.pid ?? Number.NaN, fraction);
  try {
    const times: number[] = [];
    for (let call = 0; call < calls; call += 1) {
      const startedAt = performance.now();
      const result = await instance.invoke({
        requestId: `00000000-0000-4000-8000-${String(call).padStart(12, "0")}`,
        traceId: "Root=1-00000000-000000000000000000000000",
        functionArn: `arn:aws:lambda:eu-central-1:000000000000:function:${name}`,
        event,
        timeoutSeconds: TIMEOUT_SECONDS,
      });
      times.push(performance.now() - startedAt);
      if (result.kind !== "result" || !Answer.safeParse(result.result).success)
        throw new Error(`${name} with ${memoryMegabytes} MB failed: ${JSON.stringify(result)}`);
    }
    return times;
  } finally {
    await instance.kill();
    await release();
  }
}
