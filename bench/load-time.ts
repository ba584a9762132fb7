import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  createLimitTarget,
  createMillisecondFigure,
  createRatioTarget,
  type MillisecondFigure,
  median,
  roundToThreeDigits,
  type Target,
} from "./support/figures.ts";
import { createFunctionEnvironment } from "./support/function-environment.ts";
import type { Packaged } from "./support/package.ts";
import { bundleWithServiceSettings } from "./support/package.ts";

const CLIENTS = {
  dynamodb: ["DynamoDBClient", "@aws-sdk/client-dynamodb"],
  sqs: ["SQSClient", "@aws-sdk/client-sqs"],
  ssm: ["SSMClient", "@aws-sdk/client-ssm"],
} as const;
type Client = keyof typeof CLIENTS;
/** The functions that need only some AWS clients. A function that is not in this list needs all AWS clients. */
const NEEDS: Readonly<Record<string, readonly Client[]>> = { audit: ["dynamodb"] };
const ALL: readonly Client[] = ["dynamodb", "sqs", "ssm"];

interface LoadFigure extends MillisecondFigure {
  readonly bytes: number;
  readonly zipBytes: number;
}
interface Load {
  readonly functions: Readonly<Record<string, LoadFigure>>;
  /** The time to load the AWS clients, the cloud vendor's SDK and axios from node_modules, without a bundle. */
  readonly unbundledMs: number;
}

/**
 * Measures the load time of each packaged function. For each function, the bench also measures a baseline: a program
 * that only creates the AWS clients of this function. The baseline contains the unchanged code of the AWS SDK.
 */
export async function measureLoadTimes(packaged: Packaged, rounds: number): Promise<Load> {
  const baselines = new Map<string, string>();
  for (const { name } of packaged.functions) {
    const id = clientsOf(name).join("-");
    if (baselines.has(id)) continue;
    const source = { name: `baseline-${id}`, code: clientsOnly(clientsOf(name)), isComplete: true };
    baselines.set(id, await bundleWithServiceSettings(packaged, source));
  }
  const unbundled = await writeUnbundled(packaged);
  const files = [...packaged.functions.map(({ file }) => file), ...baselines.values(), unbundled];
  const times = loadTimes(files, rounds);
  const timesOf = (file = "") => times.get(file) ?? [];
  const figures = packaged.functions.map(({ name, file, bytes, zipBytes }) => {
    const baseline = timesOf(baselines.get(clientsOf(name).join("-")));
    return [
      name,
      { ...createMillisecondFigure({ measured: timesOf(file), baseline }), bytes, zipBytes },
    ] as const;
  });
  return {
    functions: Object.fromEntries(figures),
    unbundledMs: roundToThreeDigits(median(timesOf(unbundled))),
  };
}

export function createLoadTimeTargets({ functions }: Load): readonly Target[] {
  return Object.entries(functions).flatMap(([name, { ratio, zipBytes }]) => [
    createRatioTarget(`load time of ${name} compared with the bare AWS clients`, ratio, 0.75),
    createLimitTarget(`zip of ${name}`, roundToThreeDigits(zipBytes / 1000), 200, " kB"),
  ]);
}

const clientsOf = (name: string): readonly Client[] => NEEDS[name] ?? ALL;

function clientsOnly(needs: readonly Client[]): string {
  const imports = needs.map((client) => `import { ${CLIENTS[client][0]} } from "${CLIENTS[client][1]}";`);
  return `${imports.join("\n")}\nexport const clients = [${needs.map((client) => `new ${CLIENTS[client][0]}({})`).join(", ")}];`;
}

/**
 * Writes a module that imports packages from the folder node_modules, without a bundle. Returns the path of the module.
 */
async function writeUnbundled({ workDir }: Packaged): Promise<string> {
  const file = join(workDir, "unbundled.mjs");
  const from = (name: string) => JSON.stringify(import.meta.resolve(name));
  const sdks = ALL.map((client) => `import * as ${client} from ${from(CLIENTS[client][1])};`);
  const others = ["@huaweicloud/huaweicloud-sdk-core", "axios"].map((name) => `import ${from(name)};`);
  const clients = ALL.map((client) => `new ${client}.${CLIENTS[client][0]}({})`);
  await writeFile(file, [...sdks, ...others, `export const clients = [${clients.join(", ")}];`].join("\n"));
  return file;
}

const NO_SERVER = "http://127.0.0.1:1";
const CODE = `const before = process.cpuUsage();
  await import(process.argv[1]);
  const { user, system } = process.cpuUsage(before);
  console.log((user + system) / 1000);`;

/**
 * Measures the CPU time that Node.js needs to load each file. Returns the CPU times in milliseconds, one for each
 * round. The bench loads each file in its own process. The bench measures CPU time, because other programs change the
 * CPU time less than the elapsed time.
 */
export function loadTimes(files: readonly string[], rounds: number): ReadonlyMap<string, readonly number[]> {
  const times = new Map(files.map((file): [string, number[]] => [file, []]));
  for (let round = 0; round < rounds; round++) for (const [file, known] of times) known.push(loadTime(file));
  return times;
}

function loadTime(file: string): number {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", CODE, pathToFileURL(file).href],
    { env: createFunctionEnvironment(NO_SERVER), encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`${file} does not load:\n${stderr}`);
  return Number(stdout.trim().split("\n").at(-1));
}
