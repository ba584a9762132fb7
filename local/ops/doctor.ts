import { lookup } from "node:dns/promises";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { SQSClient } from "@aws-sdk/client-sqs";
import { createCceClient } from "../../lib/cce/client.ts";
import type { Config } from "../../lib/config.ts";
import {
  monotonicClock as monotonic,
  systemClock as now,
  systemRandom as random,
} from "../../lib/runtime/clock.ts";
import { runCommand } from "./command.ts";
import { examineAlarms } from "./doctor/alarms.ts";
import { examineStageApi } from "./doctor/api.ts";
import { examineEntries } from "./doctor/config.ts";
import { type Examinations, examine } from "./doctor/doctor.ts";
import { type Finding, findingLines } from "./doctor/finding.ts";
import { examineProjects } from "./doctor/projects.ts";
import { examineQueues } from "./doctor/queues.ts";
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

const USAGE = `Examines a deployed stage and says what is wrong, and what to do about it. Changes and sends nothing.

  npm run doctor -- --stage S [--region R]

Looks at the config, each project's credentials (by asking CCE for a job that does not exist), each target's URL, the
API and the clock, the queues and the alarms. Exit status: 0, 1 when something is wrong, 2 for this text.

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

await runCommand(USAGE, { options: STAGE_OPTIONS }, async ({ values }) => {
  const stage = await findStage(values);
  process.stdout.write(stageLine(stage));
  const tell = (finding: Finding) => process.stdout.write(`${findingLines(finding)}\n`);
  const worst = await examine(ofStage(stage), tell);
  return worst === "fault" ? 1 : 0;
});
