import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { SSMClient } from "@aws-sdk/client-ssm";
import { configEntries } from "../servers/config-entries.ts";
import { ConfigRefusedError, checkConfig } from "../stack/read-config.ts";
import { afterSteps, judgeEntries, planSteps } from "./config-plan.ts";
import { putConfig } from "./put-config.ts";
import { showConfig } from "./show-config.ts";
import { configPath, readDeployed, STAGE_OPTIONS, type Stage } from "./stage.ts";

const USAGE = `Checks, stores and shows the config of a stage.

  npm run config -- check FILE                     every fault in a file
  npm run config -- check [--stage S]              every fault in what a stage has
  npm run config -- put FILE [--stage S] [--prune] stores what differs; --prune removes what the file lacks
  npm run config -- list [--stage S]               what a stage has, without secrets

  --stage dev, --region $AWS_REGION or eu-central-1. Exit status: 0, 1 when there are faults, 2 for this text.
`;

const say = (line: string) => process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { ...STAGE_OPTIONS, prune: { type: "boolean", default: false } },
  });
  const [verb, file, ...rest] = positionals;
  if (values.help) return usage(process.stdout, 0);
  if (rest.length > 0) return usage(process.stderr, 2);
  switch (verb) {
    case "check":
      return file === undefined ? checkDeployed(values) : checkFile(file);
    case "put":
      return file === undefined ? usage(process.stderr, 2) : put(file, values, values.prune);
    case "list":
      return file === undefined ? list(values) : usage(process.stderr, 2);
    default:
      return usage(process.stderr, 2);
  }
}

function usage(stream: NodeJS.WritableStream, status: number): number {
  stream.write(USAGE);
  return status;
}

async function checkFile(file: string): Promise<number> {
  await checkConfig(file);
  say(`${file} is a config the functions take.`);
  return 0;
}

async function checkDeployed(stage: Stage): Promise<number> {
  const { entries } = await readDeployed(stage);
  const judged = judgeEntries(entries);
  if ("faults" in judged) return tellFaults(`the config below ${configPath(stage)}`, judged.faults);
  say(`The ${entries.length} entries below ${configPath(stage)} are a config the functions take.`);
  return 0;
}

async function put(file: string, stage: Stage, prune: boolean): Promise<number> {
  await checkConfig(file);
  const wanted = configEntries(JSON.parse(await readFile(file, "utf8")));
  const { entries } = await readDeployed(stage);
  const steps = planSteps(entries, wanted, prune);
  const judged = judgeEntries(afterSteps(entries, steps));
  if ("faults" in judged) return tellFaults("the config as it would be, nothing was stored:", judged.faults);
  const client = new SSMClient({ region: stage.region });
  await putConfig(client, configPath(stage), steps, say).finally(() => client.destroy());
  const kept = steps.filter(({ kind }) => kind === "keep").length;
  say(`${kept} unchanged. Functions read the config again within five minutes.`);
  return 0;
}

async function list(stage: Stage): Promise<number> {
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

process.exitCode = await main().catch((error: unknown) => {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(error instanceof ConfigRefusedError ? `${message}\n` : `${name}: ${message}\n`);
  return 1;
});
