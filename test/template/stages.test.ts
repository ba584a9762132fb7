import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as z from "zod";
import { DEFAULT_CONCURRENCY, OTHER_FUNCTIONS } from "../../local/ops/doctor/concurrency-check.ts";
import { StageFile } from "../../local/ops/stages.ts";
import { runCommand } from "../support/run-command.ts";
import { ROOT } from "./own-template.ts";
import { DEFAULTS } from "./stage-defaults.ts";

const SERVERLESS = createRequire(import.meta.url).resolve("serverless/bin/serverless.js");
const Printed = z.object({
  params: z.object({ default: z.record(z.string(), z.unknown()) }),
  provider: z.object({ region: z.string(), stage: z.string() }),
  functions: z.record(z.string(), z.object({ memorySize: z.number() })),
  resources: z.object({
    Resources: z.object({ AlarmMail: z.object({ Properties: z.object({ Endpoint: z.string() }) }) }),
  }),
});

/** The temporary folder is inside the repository, so that the framework finds the plugins. */
let folder: string;
beforeAll(async () => {
  await mkdir(join(ROOT, "build"), { recursive: true });
  folder = await mkdtemp(join(ROOT, "build/stages-"));
  for (const name of ["serverless.yml", "framework-plugin.ts", "resources", "package.json"])
    await cp(join(ROOT, name), join(folder, name), { recursive: true });
  await mkdir(join(folder, "stages"));
  const file = { region: "eu-west-1", alarmEmail: "oncall@example.com", logRetentionDays: 60 };
  await writeFile(join(folder, "stages/prod.json"), JSON.stringify(file));
});
afterAll(() => rm(folder, { recursive: true }));

/** The framework needs seconds to start, so the tests share the service that it resolves without parameters. */
let withoutParameters: ReturnType<typeof print> | undefined;
function printWithoutParameters() {
  withoutParameters ??= print([]);
  return withoutParameters;
}

/** Returns the service that the framework resolves for a command line. */
async function print(parameters: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const options = { cwd: folder, env };
  const { stdout, stderr } = await runCommand(
    process.execPath,
    [SERVERLESS, "print", "--format", "json", ...parameters],
    options,
  );
  if (!stdout.startsWith("{")) throw new Error(stdout + stderr);
  const { params, provider, functions, resources } = Printed.parse(JSON.parse(stdout));
  const memory = Object.fromEntries(
    Object.entries(functions).map(([name, { memorySize }]) => [name, memorySize]),
  );
  const mail = resources.Resources.AlarmMail.Properties.Endpoint;
  return { ...provider, ...params.default, memory, mail, parameters: Object.keys(params.default) };
}

test("a deployment reads its region and settings from the stage file", async () => {
  expect(await print(["--stage", "prod"], { AWS_REGION: "us-east-1" })).toMatchObject({
    region: "eu-west-1",
    stage: "prod",
    logRetentionDays: 60,
    mail: "oncall@example.com",
    pollConcurrency: 10,
    logLevel: "INFO",
  });
});

test("a stage without a file has the defaults", async () => {
  expect(await printWithoutParameters()).toMatchObject({
    region: "eu-central-1",
    stage: "dev",
    mail: "",
    ledgerOnRemoval: "Retain",
    pollConcurrency: DEFAULT_CONCURRENCY,
    notifyConcurrency: DEFAULT_CONCURRENCY,
  });
});

test("the memory of a function is its own setting, else memoryMegabytes of the stage file, else its default, and the region of a stage file without a region is AWS_REGION", async () => {
  const file = { memoryMegabytes: 300, pollMemoryMegabytes: 700, trailMemoryMegabytes: 128 };
  await writeFile(join(folder, "stages/memory.json"), JSON.stringify(file));
  const { memory, region } = await print(["--stage", "memory"], { AWS_REGION: "us-east-1" });
  const changed = Object.entries(memory);
  expect(changed).toHaveLength(8);
  for (const [name, megabytes] of changed)
    expect([name, megabytes]).toEqual([name, { poll: 700, trail: 128 }[name] ?? 300]);
  expect(region).toBe("us-east-1");
  const defaults = Object.entries((await printWithoutParameters()).memory);
  for (const [name, megabytes] of defaults)
    expect([name, megabytes]).toEqual([name, Number(DEFAULTS[`${name}MemoryMegabytes`])]);
});

test("the check of the account's concurrency counts every function", async () => {
  const functions = Object.keys((await printWithoutParameters()).memory);
  expect(functions.sort()).toEqual([...OTHER_FUNCTIONS, "poll", "notify"].sort());
});

test("the command line overrides the stage file, and the framework accepts regions that its own list lacks", async () => {
  const parameters = [
    "--stage",
    "prod",
    "--region",
    "eusc-de-east-1",
    "--param=alarmEmail=other@example.com",
  ];
  expect(await print(parameters)).toMatchObject({ region: "eusc-de-east-1", mail: "other@example.com" });
});

test("the framework refuses an unknown region", async () => {
  await expect(print(["--region", "eu-centrall-1"])).rejects.toThrow(
    "Configuration error at 'provider.region'",
  );
});

test("the framework refuses a stage whose function names are too long, and AWS_DEFAULT_REGION is the region of a stage without a file", async () => {
  const longest = await print(["--stage", "s".repeat(38)], { AWS_DEFAULT_REGION: "us-east-2" });
  expect([longest.stage.length, longest.region]).toEqual([38, "us-east-2"]);
  await expect(print(["--stage", "s".repeat(39)])).rejects.toThrow(
    "Choose a stage name with at most 38 characters",
  );
});

test("a stage file may contain the region and every parameter of serverless.yml, and nothing else", async () => {
  const text = await readFile(join(ROOT, "serverless.yml"), "utf8");
  const references = [
    ...text.matchAll(/^ {4}(\w+): \$\{file\(stages\/\$\{opt:stage, 'dev'\}\.json\):\1, /gm),
  ];
  const { parameters } = await printWithoutParameters();
  const names = references.map(([, name]) => name);
  expect(names.toSorted()).toEqual(parameters.sort());
  expect(Object.keys(StageFile.shape).sort()).toEqual(["region", ...names].sort());
});

test("packaging and deployment check the stage files first", async () => {
  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")));
  for (const name of ["package", "deploy"]) expect(scripts[name]).toMatch(/^npm run stages && /);
});
