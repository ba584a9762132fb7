import { randomUUID } from "node:crypto";
import { lookup } from "node:dns/promises";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SQSClient } from "@aws-sdk/client-sqs";
import { createCceClient } from "../../lib/cce/client.ts";
import { attemptDeliveryWithFallback, type DeliveryRequest } from "../../lib/channels/attempt-delivery.ts";
import type { WholeConfig } from "../../lib/config/config.ts";
import {
  monotonicClock as monotonic,
  systemClock as now,
  systemRandom as random,
} from "../../lib/runtime/clock.ts";
import { OUTGOING_PROXY } from "../../lib/runtime/environment.ts";
import { runCommand, UsageError } from "./command.ts";
import { readDeployedEntries } from "./deployed-config.ts";
import {
  configPath,
  formatStageLine,
  resolveStage,
  STAGE_OPTIONS,
  STAGE_USAGE,
  type Stage,
} from "./deployed-stage.ts";
import { type ConcurrencySettings, checkConcurrency } from "./doctor/concurrency-check.ts";
import { checkConfigFile, checkDeployedConfig } from "./doctor/config-checks.ts";
import { checkData } from "./doctor/data-checks.ts";
import { type Checks, formatFinding, formatSummary, runChecks } from "./doctor/finding.ts";
import { checkIssuers } from "./doctor/issuer-checks.ts";
import { checkEndpoints, checkProjects } from "./doctor/project-checks.ts";
import { checkAlarms, checkQueues, checkStageApi, testAlarmTopic } from "./doctor/stage-checks.ts";
import { checkTargets, sendTestMessages } from "./doctor/target-checks.ts";
import { SERVICE } from "./stage-limits.ts";
import { readStageFile } from "./stages.ts";

const USAGE = `Checks a deployed stage, or a config file before its deployment. Says what is
wrong and what to do.

  cce-notifier doctor --config FILE [--data DIR] [--send]
      checks the one-node edition
  npm run doctor -- --stage S [--region R]
      checks a stage; changes and sends nothing
  npm run doctor -- --stage S --alarm-test
      also sets one alarm to ALARM and back, which sends the alarm email
  npm run doctor -- --config FILE [--send]
      checks a file without AWS; --send sends a test message to each target

Checks of a stage and of a file: the config, each project's credentials (it
asks CCE for a job that does not exist), the signing keys of each token issuer,
and each target's URL by the egress rules.
Checks of a stage only: the API and its clock, the queues, the alarms and the
account's concurrency.
Checks of a file only: the hosts of CCE and IAM, as seen from this machine.
Checks of the one-node edition only: the database in DIR and the dead letters.
The last line counts the results. Exit status: 0, 1 when something is wrong, 2
for wrong use.

${STAGE_USAGE}
`;

const resolve = async (host: string) => (await lookup(host, { all: true })).map(({ address }) => address);

const deliverThroughProxy = (request: DeliveryRequest) =>
  attemptDeliveryWithFallback({ ...request, proxy: OUTGOING_PROXY });

const checkCredentials = (config: WholeConfig) =>
  checkProjects(config, createCceClient({ config, now, monotonic, random, proxy: OUTGOING_PROXY }));

function stageChecks(stage: Stage, settings: ConcurrencySettings, stopping: AbortSignal | null): Checks {
  const { region } = stage;
  const prefix = `${SERVICE}-${stage.stage}`;
  const sqs = new SQSClient({ region, useQueueUrlAsEndpoint: false });
  const cloudWatch = new CloudWatchClient({ region });
  const lambda = new LambdaClient({ region });
  return {
    checkConfig: () => checkDeployedConfig(() => readDeployedEntries(stage)),
    withConfig: [
      checkCredentials,
      checkIssuers,
      (config) => checkTargets(config, resolve, "POST /v1/targets/{name}/test sends a test message"),
    ],
    always: [
      (config) => checkStageApi(stage, config?.settings.publicUrl, now),
      () => checkQueues(sqs, prefix),
      () => checkAlarms(cloudWatch, prefix),
      () => checkConcurrency(lambda, stage.stage, settings),
      ...(stopping === null ? [] : [() => testAlarmTopic(cloudWatch, prefix, stopping)]),
    ],
  };
}

function fileChecks(file: string, path: string | null, data: string | undefined, send: boolean): Checks {
  return {
    checkConfig: () => checkConfigFile(file, path),
    withConfig: [
      (config) => checkEndpoints(config, resolve),
      checkCredentials,
      checkIssuers,
      (config) => checkTargets(config, resolve, "--send sends a test message"),
      ...(send
        ? [
            (config: WholeConfig) =>
              sendTestMessages(config, { deliver: deliverThroughProxy, now, uuid: randomUUID }),
          ]
        : []),
    ],
    always: data === undefined ? [] : [() => checkData(data)],
  };
}

const OPTIONS = {
  ...STAGE_OPTIONS,
  config: { type: "string" },
  data: { type: "string" },
  send: { type: "boolean", default: false },
  "alarm-test": { type: "boolean", default: false },
} as const;

await runCommand(USAGE, { options: OPTIONS }, async ({ values }) => {
  const { config: file, data, send, "alarm-test": testsAlarm } = values;
  if (send && file === undefined)
    throw new UsageError("--send requires --config. For a stage use the API: POST /v1/targets/NAME/test");
  if (testsAlarm && file !== undefined) throw new UsageError("--alarm-test requires a stage, not --config");
  if (data !== undefined && file === undefined) throw new UsageError("--data requires --config");
  let checks: Checks;
  if (file === undefined) {
    const stage = await resolveStage(values);
    process.stdout.write(formatStageLine(stage));
    const stopping = new AbortController();
    // The signal listener keeps the process running after Ctrl-C. After Ctrl-C, the alarm test still has to set the
    // alarm back to its earlier state.
    if (testsAlarm) process.once("SIGINT", () => stopping.abort());
    checks = stageChecks(
      stage,
      (await readStageFile(stage.stage)) ?? {},
      testsAlarm ? stopping.signal : null,
    );
  } else checks = fileChecks(file, data === undefined ? configPath(values) : null, data, send);
  const summary = await runChecks(checks, (finding) => process.stdout.write(`${formatFinding(finding)}\n`));
  process.stdout.write(`${formatSummary(summary)}\n`);
  return summary.counts.fault > 0 ? 1 : 0;
});
