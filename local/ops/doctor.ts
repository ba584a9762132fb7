import { randomUUID } from "node:crypto";
import { lookup } from "node:dns/promises";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { SQSClient } from "@aws-sdk/client-sqs";
import { createCceClient } from "../../lib/cce/client.ts";
import { deliver } from "../../lib/channels/deliver.ts";
import type { Config } from "../../lib/config/config.ts";
import {
  monotonicClock as monotonic,
  systemClock as now,
  systemRandom as random,
} from "../../lib/runtime/clock.ts";
import { runCommand, UsageError } from "./command.ts";
import { examineAlarms } from "./doctor/alarms.ts";
import { examineStageApi } from "./doctor/api.ts";
import { examineEntries, examineFile } from "./doctor/config.ts";
import { type Examinations, examine } from "./doctor/doctor.ts";
import { examineEndpoints } from "./doctor/endpoints.ts";
import { findingLines } from "./doctor/finding.ts";
import { examineProjects } from "./doctor/projects.ts";
import { examineQueues } from "./doctor/queues.ts";
import { examineBySending } from "./doctor/send.ts";
import { examineTargets } from "./doctor/targets.ts";
import {
  findStage,
  readDeployed,
  SERVICE,
  STAGE_OPTIONS,
  STAGE_USAGE,
  type Stage,
  stageLine,
} from "./stage.ts";

const USAGE = `Examines a deployed stage, or a config before it is deployed, and says what is wrong, and what to do about it.

  npm run doctor -- --stage S [--region R]     a stage; changes and sends nothing
  npm run doctor -- --config FILE [--send]     a file, without AWS; with --send each target gets a test message

Looks at the config, each project's credentials (by asking CCE for a job that does not exist) and each target's URL, by
the rules of delivery; of a stage also at the API and the clock, the queues and the alarms; of a file also at the hosts
that projects are asked at, as they are seen from this machine. Exit status: 0, 1 when something is wrong, 2 for wrong use.

${STAGE_USAGE}
`;

/** The addresses of a name, as delivery would find them. */
const resolve = async (host: string) => (await lookup(host, { all: true })).map(({ address }) => address);

const signIn = (config: Config) =>
  examineProjects(config, createCceClient({ ...config, now, monotonic, random }));

function ofStage(stage: Stage): Examinations {
  const { region } = stage;
  const prefix = `${SERVICE}-${stage.stage}`;
  const sqs = new SQSClient({ region, useQueueUrlAsEndpoint: false });
  const cloudWatch = new CloudWatchClient({ region });
  return {
    config: () => examineEntries(async () => (await readDeployed(stage)).entries),
    ofConfig: [
      signIn,
      (config) => examineTargets(config, resolve, "POST /v1/targets/{name}/test sends a message"),
    ],
    ofStage: [
      (config) => examineStageApi(stage, config?.settings.publicUrl, now),
      () => examineQueues(sqs, prefix),
      () => examineAlarms(cloudWatch, prefix),
    ],
  };
}

function ofFile(file: string, send: boolean): Examinations {
  const targets = (config: Config) => examineTargets(config, resolve, "--send sends a message");
  const messages = (config: Config) => examineBySending(config, { deliver, now, uuid: randomUUID });
  return {
    config: () => examineFile(file),
    ofConfig: [(config) => examineEndpoints(config, resolve), signIn, targets, ...(send ? [messages] : [])],
    ofStage: [],
  };
}

const OPTIONS = {
  ...STAGE_OPTIONS,
  config: { type: "string" },
  send: { type: "boolean", default: false },
} as const;

await runCommand(USAGE, { options: OPTIONS }, async ({ values }) => {
  const { config: file, send } = values;
  if (send && file === undefined)
    throw new UsageError("--send goes with --config; a stage's API does it: POST /v1/targets/NAME/test");
  let examinations: Examinations;
  if (file === undefined) {
    const stage = await findStage(values);
    process.stdout.write(stageLine(stage));
    examinations = ofStage(stage);
  } else examinations = ofFile(file, send);
  const worst = await examine(examinations, (finding) => process.stdout.write(`${findingLines(finding)}\n`));
  return worst === "fault" ? 1 : 0;
});
