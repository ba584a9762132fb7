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
const RUNBOOK = "https://example.com/runbook";
const LOG_GROUPS = ["Enqueue", "Poll", "Notify", "Api", "Sweep", "Discover", "Audit"].map(
  (name) => `resources.extensions.${name}LogGroup.Properties.RetentionInDays`,
);
/** A stage file with every setting, each with another value, and the only properties that the setting changes. */
const ALL_SETTINGS: Readonly<Record<string, readonly [value: unknown, changed: readonly string[]]>> = {
  region: ["eu-west-1", ["provider.region"]],
  alarmEmail: [
    "oncall@example.com",
    [
      "resources.Conditions.HasAlarmEmail.Fn::Not.0.Fn::Equals.0",
      "resources.Resources.AlarmMail.Properties.Endpoint",
    ],
  ],
  pollConcurrency: [21, ["functions.poll.events.0.sqs.maximumConcurrency"]],
  notifyConcurrency: [22, ["functions.notify.events.0.sqs.maximumConcurrency"]],
  pollReservedConcurrency: [23, ["functions.poll.reservedConcurrency"]],
  notifyReservedConcurrency: [24, ["functions.notify.reservedConcurrency"]],
  apiRatePerSecond: [
    25,
    ["resources.extensions.HttpApiStage.Properties.DefaultRouteSettings.ThrottlingRateLimit"],
  ],
  apiBurst: [26, ["resources.extensions.HttpApiStage.Properties.DefaultRouteSettings.ThrottlingBurstLimit"]],
  runawayPollsPerHour: [27_001, ["resources.Resources.RunawayPollsAlarm.Properties.Threshold"]],
  // Each function has its own setting here.
  memoryMegabytes: [301, []],
  enqueueMemoryMegabytes: [302, ["functions.enqueue.memorySize"]],
  pollMemoryMegabytes: [303, ["functions.poll.memorySize"]],
  notifyMemoryMegabytes: [304, ["functions.notify.memorySize"]],
  apiMemoryMegabytes: [305, ["functions.api.memorySize"]],
  sweepMemoryMegabytes: [306, ["functions.sweep.memorySize"]],
  discoverMemoryMegabytes: [307, ["functions.discover.memorySize"]],
  auditMemoryMegabytes: [308, ["functions.audit.memorySize"]],
  trailMemoryMegabytes: [309, ["functions.trail.memorySize"]],
  logRetentionDays: [545, LOG_GROUPS],
  accessLogRetentionDays: [365, ["resources.Resources.AccessLog.Properties.RetentionInDays"]],
  actRetentionDays: [731, ["resources.extensions.TrailLogGroup.Properties.RetentionInDays"]],
  logLevel: ["DEBUG", ["provider.environment.POWERTOOLS_LOG_LEVEL"]],
  httpsProxy: ["http://proxy.example.com:3128", ["provider.environment.HTTPS_PROXY"]],
  noProxy: ["without-proxy.example.com", ["provider.environment.NO_PROXY"]],
  ledgerOnRemoval: [
    "Delete",
    ["resources.Resources.Ledger.DeletionPolicy", "resources.Resources.Ledger.UpdateReplacePolicy"],
  ],
};

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
  const settings = Object.entries(ALL_SETTINGS).map(([name, [value]]) => [name, value]);
  const file = { ...Object.fromEntries(settings), runbookUrl: RUNBOOK };
  await writeFile(join(folder, "stages/prod.json"), JSON.stringify(file));
});
afterAll(() => rm(folder, { recursive: true }));

/** The framework needs seconds to start, so the tests share the service that it resolves without parameters. */
let withoutParameters: ReturnType<typeof print> | undefined;
function printWithoutParameters() {
  withoutParameters ??= print([]);
  return withoutParameters;
}

/** Returns the service that the framework resolves for a command line, as the framework prints it. */
async function printWhole(
  parameters: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<unknown> {
  const { stdout, stderr } = await runCommand(
    process.execPath,
    [SERVERLESS, "print", "--format", "json", ...parameters],
    { cwd: folder, env },
  );
  if (!stdout.startsWith("{")) throw new Error(stdout + stderr);
  return JSON.parse(stdout);
}

/** Returns the settings of the service that the framework resolves for a command line. */
async function print(parameters: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { params, provider, functions, resources } = Printed.parse(await printWhole(parameters, env));
  const memory = Object.fromEntries(
    Object.entries(functions).map(([name, { memorySize }]) => [name, memorySize]),
  );
  const mail = resources.Resources.AlarmMail.Properties.Endpoint;
  return { ...provider, ...params.default, memory, mail, parameters: Object.keys(params.default) };
}

/** Returns the values in a printed service that are not objects, each with its path. */
function listValues(part: unknown, path: string): readonly (readonly [path: string, value: unknown])[] {
  if (typeof part !== "object" || part === null) return [[path, part]];
  return Object.entries(part).flatMap(([name, value]) =>
    listValues(value, path === "" ? name : `${path}.${name}`),
  );
}

test("each setting of a stage file changes the properties that it is for, and no others", async () => {
  const printed = await printWhole(["--stage", "prod"], { AWS_REGION: "us-east-1" });
  // The parameters repeat the settings, and the custom values contain all values of ledgerOnRemoval.
  const values = listValues(printed, "").filter(([path]) => !/^(?:params|custom)\./.test(path));
  for (const [name, [value, changed]] of Object.entries(ALL_SETTINGS)) {
    const paths = values.filter(([, other]) => other === value).map(([path]) => path);
    expect([name, ...paths.toSorted()]).toEqual([name, ...changed.toSorted()]);
  }
  const links = values.filter(([, value]) => String(value).includes(`${RUNBOOK}#`)).map(([path]) => path);
  const alarms = values.filter(([path]) => path.endsWith(".AlarmName")).map(([path]) => path);
  expect(alarms.length).toBeGreaterThan(10);
  expect(links).toEqual(alarms.map((path) => path.replace(/AlarmName$/, "AlarmDescription")));
  const names = [...Object.keys(ALL_SETTINGS), "runbookUrl"];
  expect(names.toSorted()).toEqual(Object.keys(StageFile.shape).toSorted());
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
