import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { ApiGatewayV2Client } from "@aws-sdk/client-apigatewayv2";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SQSClient } from "@aws-sdk/client-sqs";
import { checkUrlBeforeDns, parseAllowListIgnoringInvalid } from "../../lib/http/egress-rules.ts";
import { waitForStopSignal } from "../stack/run-until-stopped.ts";
import { Stoppables } from "../stack/stoppables.ts";
import { RefusedError, runCommand, UsageError } from "./command.ts";
import { parseEntries, readDeployedEntries } from "./deployed-config.ts";
import {
  formatStageLine,
  readApiUrl,
  resolveStage,
  STAGE_OPTIONS,
  STAGE_USAGE,
  type Stage,
} from "./deployed-stage.ts";
import { SERVICE } from "./stage-limits.ts";
import { checkAlarmPromise } from "./verify/alarm-test.ts";
import { createVerifyConfig, storeEntries } from "./verify/config-entries.ts";
import { checkPromises, type PromiseScope } from "./verify/promises.ts";
import { startPublicServer } from "./verify/public-server.ts";
import { answerQuestions } from "./verify/questions.ts";
import { formatPromise, formatReport, type Report } from "./verify/report.ts";
import { stopVerifyWatches } from "./verify/stage-calls.ts";

const USAGE = `Checks on a deployed stage what the service promises, with a simulated CCE and
a receiver on this machine.

  npm run verify -- --stage S --url https://HOST [--port 4100] [--report FILE]
      [--minutes 20] [--test-alarm]

--url         the HTTPS address under which the stage reaches the port of this
              machine, for example of a tunnel
--port        the port of this machine for the simulated CCE and the receiver
--report      the report without an ending; FILE.txt and FILE.json are written
              (default: build/verify-STAGE)
--minutes     the longest wait for a notification or a metric
--test-alarm  sets one alarm to ALARM and back, which sends the alarm email

The command adds a project, two targets and a token with random names to the
config of the stage, and removes them at the end, also after an error or Ctrl-C.
The command changes no other entry. To answer questions about API Gateway, the
command creates a function and an HTTP API with random names and removes both.
Exit status: 0, 1 when a promise was broken or AWS refused, 2 for wrong use.

${STAGE_USAGE}
`;

const OPTIONS = {
  ...STAGE_OPTIONS,
  url: { type: "string" },
  port: { type: "string", default: "4100" },
  report: { type: "string" },
  minutes: { type: "string", default: "20" },
  "test-alarm": { type: "boolean", default: false },
} as const;

interface Verification {
  readonly stage: Stage;
  /** The public HTTPS address of this machine, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly limitMs: number;
  readonly testsAlarm: boolean;
}

const print = (line: string) => process.stdout.write(`${line}\n`);

async function verify(
  { stage, url, port, limitMs, testsAlarm }: Verification,
  stopping: AbortSignal,
  parts: Stoppables,
): Promise<Report> {
  const startedAt = Date.now();
  const { region } = stage;
  const parsed = parseEntries(await readDeployedEntries(stage));
  if (parsed.kind === "faults")
    throw new RefusedError(`the config of the stage is invalid: ${parsed.faults.join("; ")}`);
  const { allow } = parsed.config.settings.egress;
  const checked = checkUrlBeforeDns(url, parseAllowListIgnoringInvalid(allow));
  if (checked.kind === "refused")
    throw new RefusedError(
      `the stage would refuse the address in --url (${checked.rule}). Use an https:// address`,
    );
  const api = (parsed.config.settings.publicUrl ?? (await readApiUrl(stage))).replace(/\/$/, "");
  const config = createVerifyConfig(url, randomBytes);
  const server = parts.add(await startPublicServer(port, config.cceToken));
  if (!(await server.answersAt(url)))
    throw new RefusedError(`this machine does not answer under --url. Forward the address to port ${port}`);
  const stored = await storeEntries(stage, config, print);
  parts.add({ stop: () => stored.remove() });
  const scope: PromiseScope = {
    api,
    config,
    server,
    startedJobs: new Set(),
    outcomeLimitMs: limitMs,
    stopping,
    report: (result) => print(formatPromise(result)),
  };
  parts.add({ stop: () => stopVerifyWatches(scope) });
  const prefix = `${SERVICE}-${stage.stage}`;
  const [sqs, cloudWatch, cloudFormation] = [
    new SQSClient({ region, useQueueUrlAsEndpoint: false }),
    new CloudWatchClient({ region }),
    new CloudFormationClient({ region }),
  ];
  const promises = [...(await checkPromises(scope))];
  if (testsAlarm) promises.push(await checkAlarmPromise(cloudWatch, prefix, scope));
  const answers = await answerQuestions({
    stage: stage.stage,
    prefix,
    api,
    sqs,
    cloudWatch,
    cloudFormation,
    lambda: new LambdaClient({ region }),
    gateway: new ApiGatewayV2Client({ region }),
    firstMessageAt: startedAt,
    metricLimitMs: limitMs,
    stopping,
  });
  const times = { startedAt: new Date(startedAt).toISOString(), endedAt: new Date().toISOString() };
  return { stage: stage.stage, region, api, ...times, promises, answers };
}

async function writeReport(report: Report, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.json`, `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(`${file}.txt`, formatReport(report));
  print(`\n${formatReport(report)}\nThe report is in ${file}.txt and ${file}.json.`);
}

await runCommand(USAGE, { options: OPTIONS }, async ({ values }) => {
  const url = URL.parse(values.url ?? "");
  if (url === null) throw new UsageError("--url is required: the HTTPS address of this machine");
  const [port, minutes] = [Number(values.port), Number(values.minutes)];
  if (!(port > 0 && minutes > 0)) throw new UsageError("--port and --minutes must be positive numbers");
  const stage = await resolveStage(values);
  print(formatStageLine(stage).trimEnd());
  const stopping = new AbortController();
  void waitForStopSignal().then(() => stopping.abort());
  const parts = new Stoppables();
  const verification = {
    stage,
    url: url.href.replace(/\/$/, ""),
    port,
    limitMs: minutes * 60_000,
    testsAlarm: values["test-alarm"],
  };
  let report: Report;
  try {
    report = await verify(verification, stopping.signal, parts);
  } finally {
    await parts.stop();
  }
  if (stopping.signal.aborted)
    throw new RefusedError("the verification was stopped. Its config entries are removed");
  await writeReport(report, values.report ?? `build/verify-${stage.stage}`);
  return report.promises.every(({ state }) => state === "kept") ? 0 : 1;
});
