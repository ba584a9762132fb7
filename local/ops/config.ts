import { SSMClient } from "@aws-sdk/client-ssm";
import type { ConfigEntry } from "../../lib/config/assemble-config.ts";
import { assembleConfig } from "../../lib/config/assemble-config.ts";
import { parseConfig } from "../../lib/config/config.ts";
import { ConfigInvalidError, configEntries, readConfigDocument } from "../stack/config-file.ts";
import { RefusedError, runCommand, UsageError } from "./command.ts";
import { afterSteps, judgeEntries, planSteps } from "./config-plan.ts";
import { uselessEntries } from "./ineffective-entries.ts";
import { putConfig } from "./put-config.ts";
import { showConfig } from "./show-config.ts";
import {
  configPath,
  findStage,
  readDeployed,
  STAGE_OPTIONS,
  STAGE_USAGE,
  type Stage,
  stageLine,
} from "./stage.ts";

const USAGE = `Checks, stores and shows the config of a stage.

  npm run config -- check FILE                     every fault in a file
  npm run config -- check [--stage S]              every fault in what a stage has
  npm run config -- put FILE [--stage S] [--prune] stores what differs; --prune removes what the file lacks
  npm run config -- list [--stage S]               what a stage has, without secrets

Exit status: 0, 1 when there are faults or AWS refused, 2 for wrong use.

${STAGE_USAGE}
`;

const say = (line: string) => process.stdout.write(`${line}\n`);

async function run(
  [verb, file, ...rest]: readonly string[],
  values: Parameters<typeof findStage>[0] & { readonly prune: boolean },
): Promise<number> {
  if (rest.length > 0) throw new UsageError("one file at a time");
  if (values.prune && verb !== "put") throw new UsageError("--prune goes with put");
  switch (verb) {
    case "check":
      return file === undefined ? checkDeployed(await findStage(values)) : checkFile(file);
    case "put":
      if (file === undefined) throw new UsageError("put what? A file is missing");
      return put(file, await findStage(values), values.prune);
    case "list":
      if (file !== undefined) throw new UsageError("list takes no file");
      return list(await findStage(values));
    default:
      throw new UsageError(verb === undefined ? "check, put or list?" : "there is check, put and list");
  }
}

/** Every fault for which the functions would refuse a config, and everything in it that would be in vain. */
function faultsOf(document: unknown): readonly string[] {
  const parsed = parseConfig(document);
  return [...(parsed.kind === "faults" ? parsed.faults : []), ...uselessEntries(document)];
}

function faultsOfEntries(entries: readonly ConfigEntry[]): readonly string[] {
  const assembled = assembleConfig(entries);
  return assembled.kind === "faults" ? assembled.faults : faultsOf(assembled.document);
}

/** Throws `ConfigInvalidError`. */
async function readWhole(file: string): Promise<unknown> {
  const document = await readConfigDocument(file);
  const faults = faultsOf(document);
  if (faults.length > 0) throw new ConfigInvalidError(file, faults);
  return document;
}

async function checkFile(file: string): Promise<number> {
  await readWhole(file);
  say(`${file} is a config the functions take.`);
  return 0;
}

async function checkDeployed(stage: Stage): Promise<number> {
  process.stdout.write(stageLine(stage));
  const { entries } = await readDeployed(stage);
  if (entries.length === 0)
    throw new RefusedError(
      `there is no config below ${configPath(stage)}: npm run config -- put FILE stores one`,
    );
  const faults = faultsOfEntries(entries);
  if (faults.length > 0) return tellFaults(`the config below ${configPath(stage)}`, faults);
  say(`The ${entries.length} entries below ${configPath(stage)} are a config the functions take.`);
  return 0;
}

async function put(file: string, stage: Stage, prune: boolean): Promise<number> {
  const document = await readWhole(file);
  process.stdout.write(stageLine(stage));
  const wanted = configEntries(document);
  const { entries } = await readDeployed(stage);
  const steps = planSteps(entries, wanted, prune);
  const faults = faultsOfEntries(afterSteps(entries, steps));
  if (faults.length > 0) return tellFaults("the config as it would be, nothing was stored:", faults);
  const client = new SSMClient({ region: stage.region });
  await putConfig(client, configPath(stage), steps, say).finally(() => client.destroy());
  const kept = steps.filter(({ kind }) => kind === "keep").length;
  say(`${kept} unchanged. Functions read the config again within five minutes.`);
  return 0;
}

async function list(stage: Stage): Promise<number> {
  // Not among the JSON, which somebody may read by machine.
  process.stderr.write(stageLine(stage));
  const { entries } = await readDeployed(stage);
  const judged = judgeEntries(entries);
  if ("faults" in judged) {
    for (const { name } of entries) say(name);
    return tellFaults(`the config below ${configPath(stage)}`, judged.faults);
  }
  say(showConfig(judged));
  return 0;
}

function tellFaults(what: string, faults: readonly string[]): number {
  process.stderr.write(`${what} has faults:\n${faults.map((fault) => `- ${fault}\n`).join("")}`);
  return 1;
}

await runCommand(
  USAGE,
  { allowPositionals: true, options: { ...STAGE_OPTIONS, prune: { type: "boolean", default: false } } },
  ({ values, positionals }) => run(positionals, values),
);
