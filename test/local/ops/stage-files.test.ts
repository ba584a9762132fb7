import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../../local/ops/command.ts";
import { resolveStage } from "../../../local/ops/deployed-stage.ts";
import {
  MAX_PROXY_BYTES,
  MAX_RUNBOOK_URL_LENGTH,
  MAX_STAGE_LENGTH,
} from "../../../local/ops/stage-limits.ts";
import { checkStageFiles, readStageFile } from "../../../local/ops/stages.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stages-"));
});
afterEach(() => rm(folder, { recursive: true }));

const write = (name: string, file: unknown) => writeFile(join(folder, `${name}.json`), JSON.stringify(file));

/** Returns the faults of a stage file, one line each. */
async function faultsOf(file: unknown, stage = "prod"): Promise<readonly string[]> {
  await write(stage, file);
  const [text = "", ...more] = await checkStageFiles(folder);
  expect(more).toEqual([]);
  return text.split("\n- ").slice(1);
}

const URL_OF = (length: number) => "https://wiki.example/".padEnd(length, "x");

describe("AWS accepts", () => {
  test.each([
    ["region", "eu-central-1"],
    ["region", "ap-southeast-7"],
    ["region", "us-gov-west-1"],
    ["region", "us-isob-east-1"],
    ["region", "cn-northwest-1"],
    ["region", "eusc-de-east-1"],
    ["region", "il-central-1"],
    ["region", "mx-central-1"],
    ["alarmEmail", ""],
    ["alarmEmail", "on-call+cce@ops.example.com"],
    ["runbookUrl", "docs/runbook.md"],
    ["runbookUrl", URL_OF(MAX_RUNBOOK_URL_LENGTH)],
    ["pollConcurrency", 2],
    ["pollConcurrency", 1000],
    ["notifyConcurrency", 2],
    ["pollReservedConcurrency", 0],
    ["notifyReservedConcurrency", 10],
    ["memoryMegabytes", 128],
    ["memoryMegabytes", 10_240],
    ["memoryMegabytes", 1769],
    ["enqueueMemoryMegabytes", 128],
    ["trailMemoryMegabytes", 10_240],
    ["logRetentionDays", 1],
    ["logRetentionDays", 1096],
    ["accessLogRetentionDays", 3653],
    ["actRetentionDays", 1827],
    ["apiRatePerSecond", 1],
    ["apiBurst", 5000],
    ["ledgerOnRemoval", "Delete"],
    ["httpsProxy", "http://proxy.internal:3128"],
    ["httpsProxy", ""],
    ["noProxy", "amazonaws.com,10.0.0.0/8,*"],
    ["noProxy", "x".repeat(MAX_PROXY_BYTES)],
  ])("%s %j", async (name, value) => {
    expect(await faultsOf({ [name]: value })).toEqual([]);
    expect(await readStageFile("prod", folder)).toEqual({ [name]: value });
  });
});

describe("AWS refuses, and so does the check", () => {
  test.each([
    ["region", "Frankfurt"],
    ["region", "eu-centrall-1"],
    ["region", "eu-central"],
    ["region", "eu-central-1a"],
    ["region", ""],
    ["alarmEmail", "oncall"],
    ["alarmEmail", "oncall@localhost"],
    ["alarmEmail", "oncall@example.com, other@example.com"],
    ["alarmEmail", "oncall @example.com"],
    ["alarmEmail", null],
    ["runbookUrl", ""],
    ["runbookUrl", "the wiki"],
    ["runbookUrl", "https://wiki.example/$" + "{sls:stage}"],
    ["runbookUrl", URL_OF(MAX_RUNBOOK_URL_LENGTH + 1)],
    ["pollConcurrency", 1],
    ["pollConcurrency", 1001],
    ["pollConcurrency", "10"],
    ["notifyConcurrency", 0],
    ["notifyConcurrency", 2.5],
    ["pollReservedConcurrency", 9],
    ["notifyReservedConcurrency", -1],
    ["memoryMegabytes", 127],
    ["memoryMegabytes", 10_241],
    ["memoryMegabytes", 256.5],
    ["pollMemoryMegabytes", 64],
    ["auditMemoryMegabytes", "256"],
    ["logRetentionDays", 2],
    ["logRetentionDays", 31],
    ["logRetentionDays", "30"],
    ["accessLogRetentionDays", 0],
    ["actRetentionDays", 2],
    ["apiRatePerSecond", 0],
    ["apiBurst", -1],
    ["runawayPollsPerHour", 0],
    ["logLevel", "info"],
    ["ledgerOnRemoval", "retain"],
    ["httpsProxy", "http://kim:hunter2@proxy.internal:3128"],
    ["httpsProxy", "proxy.internal with a space"],
    ["noProxy", "amazonaws.com, 10.0.0.0/8"],
    ["noProxy", "x".repeat(MAX_PROXY_BYTES + 1)],
  ])("%s %j", async (name, value) => {
    expect(await faultsOf({ [name]: value })).toEqual([
      expect.stringMatching(new RegExp(`^${name}: must be `)),
    ]);
  });

  test.each([[[]], ["text"], [null], [7]])("the document %j", async (document) => {
    expect(await faultsOf(document)).toEqual(["must be a JSON object"]);
  });
});

test("all faults of all files are reported at once", async () => {
  await write("a", { region: "Frankfurt", memoryMegabytes: 64, alarmMail: "x", pollConcurency: 2 });
  await writeFile(join(folder, "b.json"), "{ region: eu-west-1 }");
  await write("c", {});
  const [a = "", b = "", ...more] = await checkStageFiles(folder);
  expect(a.split("\n- ")).toEqual([
    "stages/a.json is invalid:",
    expect.stringMatching(/^region: /),
    expect.stringMatching(/^memoryMegabytes: /),
    expect.stringMatching(/^unknown setting "alarmMail"\. Settings: region, alarmEmail, /),
    expect.stringMatching(/^unknown setting "pollConcurency"\. /),
  ]);
  expect(b).toBe("stages/b.json is invalid:\n- must be JSON. Check its quotes, commas and braces");
  expect(more).toEqual([]);
});

describe("the name of a stage", () => {
  it("has at most 38 characters", async () => {
    expect(MAX_STAGE_LENGTH).toBe(38);
    expect(await faultsOf({}, "s".repeat(38))).toEqual([]);
    await expect(resolveStage({ stage: "s".repeat(39) }, {}, folder)).rejects.toThrow(UsageError);
  });

  test.each([
    ["s".repeat(39), "at most 38 characters, and this one has 39"],
    ["my_stage", "letters, digits and hyphens"],
    ["prod.old", "letters, digits and hyphens"],
    ["-prod", "must not begin with a hyphen"],
  ])("%s is refused", async (stage, text) => {
    expect(await faultsOf({}, stage)).toEqual([expect.stringContaining(text)]);
  });

  it("is reported together with the faults of the settings", async () => {
    expect(await faultsOf({ memoryMegabytes: 1 }, "s".repeat(50))).toHaveLength(2);
  });

  it("is reported if the alarms of two stages would have the same name", async () => {
    // The alarm `api-errors` of the stage `prod` and the alarm `errors` of the stage `prod-api` would be one alarm.
    await write("prod", {});
    await write("prod-api", {});
    await write("prod-eu", {});
    expect(await checkStageFiles(folder)).toEqual([
      expect.stringMatching(/^stages\/prod.json and stages\/prod-api.json: .* Rename the stage prod-api.$/),
    ]);
    await write("prod-api", { region: "eu-north-1" });
    expect(await checkStageFiles(folder)).toEqual([]);
  });
});
