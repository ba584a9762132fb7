import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../../local/ops/command.ts";
import { formatStageLine, resolveStage } from "../../../local/ops/deployed-stage.ts";
import { readStageFile, StageFileError } from "../../../local/ops/stages.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "stages-"));
  const write = (name: string, text: string) => writeFile(join(folder, `${name}.json`), text);
  await write("prod", '{ "region": "eu-west-1", "alarmEmail": "oncall@example.com", "pollConcurrency": 20 }');
  await write("bare", "{}");
  await write(
    "typo",
    '{ "alarmMail": "oncall@example.com", "region": "Frankfurt", "memoryMegabytes": "512" }',
  );
  await write("text", "region: eu-west-1");
});
afterAll(() => rm(folder, { recursive: true }));

const AWS = { AWS_REGION: "us-east-1", AWS_DEFAULT_REGION: "us-east-2" };

test.each([
  ["prod", "eu-north-1", AWS, "eu-north-1", "--region"],
  ["prod", undefined, AWS, "eu-west-1", "stages/prod.json"],
  ["bare", undefined, AWS, "us-east-1", "AWS_REGION"],
  ["none", undefined, { ...AWS, AWS_REGION: "" }, "us-east-2", "AWS_DEFAULT_REGION"],
  ["none", undefined, {}, "eu-central-1", "default"],
])(
  "for stage %s, --region %s and the environment %j, the region is %s from %s",
  async (stage, region, environment, found, regionSource) => {
    expect(await resolveStage({ stage, region }, environment, folder)).toEqual({
      stage,
      region: found,
      regionSource,
    });
  },
);

test("the first line of a command's output names the stage, its region and the region's source", async () => {
  expect(formatStageLine(await resolveStage({ stage: "prod" }, {}, folder))).toBe(
    "stage prod, region eu-west-1 (stages/prod.json)\n",
  );
});

test.each(["../prod", "", "a b"])("%j is not a stage name", async (stage) => {
  await expect(resolveStage({ stage }, {}, folder)).rejects.toThrow(UsageError);
});

test("a stage file with unknown or invalid settings is refused with every fault", async () => {
  const error = await readStageFile("typo", folder).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StageFileError);
  expect(String(error)).toMatch(
    /stages\/typo\.json is invalid:\n- region: .*\n- memoryMegabytes: .*\n- .*alarmMail/,
  );
  await expect(readStageFile("text", folder)).rejects.toThrow("must be JSON");
});

test("a stage without a file has null settings", async () => {
  expect(await readStageFile("none", folder)).toBeNull();
});
