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
/** The AWS clients that a function needs. A function that is not in this record needs all clients. */
const NEEDS: Readonly<Record<string, readonly Client[]>> = { audit: ["dynamodb"] };
const ALL: readonly Client[] = ["dynamodb", "sqs", "ssm"];

export interface LoadFigure extends MillisecondFigure {
  readonly bytes: number;
  readonly zipBytes: number;
  /** The load time of a bundle that only creates the AWS clients, without the plugins that omit code. */
  readonly plainFloorMs: number;
}
export interface Load {
  readonly functions: Readonly<Record<string, LoadFigure>>;
  /**
   * The load time of the whole AWS clients, the cloud vendor's SDK and axios, without a bundle. This time is only for
   * comparison.
   */
  readonly unbundledMs: number;
}

/**
 * Measures the load time of each packaged function. The floor of a function is a bundle that only creates the
 * function's AWS clients.
 */
export async function measureLoadTimes(packaged: Packaged, rounds: number): Promise<Load> {
  const floors = new Map<string, { lean: string; plain: string }>();
  for (const { name } of packaged.functions) {
    const needs = NEEDS[name] ?? ALL;
    const id = needs.join("-");
    if (floors.has(id)) continue;
    floors.set(id, {
      lean: await bundleWithServiceSettings(packaged, { name: `floor-${id}`, code: clientsOnly(needs) }),
      plain: await bundleWithServiceSettings(packaged, {
        name: `plain-${id}`,
        code: clientsOnly(needs),
        isComplete: true,
      }),
    });
  }
  const files = [
    ...packaged.functions.map(({ file }) => file),
    ...[...floors.values()].flatMap(({ lean, plain }) => [lean, plain]),
    await writeUnbundled(packaged),
  ];
  const times = loadTimes(files, rounds);
  const timeOf = (file: string | undefined) =>
    (file === undefined ? undefined : times[files.indexOf(file)]) ?? Number.NaN;
  const figures = packaged.functions.map(({ name, file, bytes, zipBytes }) => {
    const floor = floors.get((NEEDS[name] ?? ALL).join("-"));
    const figure = { ...createMillisecondFigure(timeOf(file), timeOf(floor?.lean)), bytes, zipBytes };
    return [name, { ...figure, plainFloorMs: roundToThreeDigits(timeOf(floor?.plain)) }] as const;
  });
  return {
    functions: Object.fromEntries(figures),
    unbundledMs: roundToThreeDigits(times.at(-1) ?? Number.NaN),
  };
}

export function createLoadTimeTargets({ functions }: Load): readonly Target[] {
  return Object.entries(functions).flatMap(([name, { ratio, zipBytes }]) => [
    createRatioTarget(`load time of ${name} compared with its floor`, ratio, 1.25),
    createLimitTarget(`zip of ${name}`, roundToThreeDigits(zipBytes / 1000), 200, " kB"),
  ]);
}

function clientsOnly(needs: readonly Client[]): string {
  const imports = needs.map((client) => `import { ${CLIENTS[client][0]} } from "${CLIENTS[client][1]}";`);
  return `${imports.join("\n")}\nexport const clients = [${needs.map((client) => `new ${CLIENTS[client][0]}({})`).join(", ")}];`;
}

/** Writes a module that imports packages from node_modules, without a bundle. Returns the path of the module. */
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
const CODE =
  "const from = performance.now(); await import(process.argv[1]); console.log(performance.now() - from);";

/**
 * Returns the median load time of each file in milliseconds. Each file is loaded in a new process. Each round loads
 * all files.
 */
function loadTimes(files: readonly string[], rounds: number): readonly number[] {
  const times = files.map((): number[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [at, file] of files.entries()) times[at]?.push(loadTime(file));
  return times.map(median);
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
