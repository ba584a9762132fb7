import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CloudFormationClient, CreateStackCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import { CreateQueueCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { type CceSimulator, startCceSimulator } from "../../local/cce/simulator.ts";
import { ALARM_NAMES } from "../../local/ops/stage-limits.ts";
import { type LocalServer, listenLocally } from "../../local/servers/local-server.ts";
import { CREDENTIALS } from "../../local/servers/start-sqs.ts";
import { runCommand } from "../support/run-command.ts";

const OPS = fileURLToPath(new URL("../../local/ops", import.meta.url));
const REGION = "eu-central-1";
const STAGE = "doctor";
const PREFIX = `cce-job-notifier-${STAGE}`;
const KEY = { accessKey: "AK1234567890", secretKey: "a secret of the test" };
const endpoint = process.env.SSM_ENDPOINT ?? "";
const AWS = { endpoint, region: REGION, credentials: CREDENTIALS };

let folder: string;
let configFile: string;
let cce: CceSimulator;
let api: LocalServer;

/** Creates what a deployment creates on AWS: the queues, the alarms, and a stack with the address of the API. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "doctor-"));
  configFile = join(folder, "config.json");
  cce = await startCceSimulator({ keys: [KEY] });
  api = await listenLocally(createServer((_, response) => response.end("{}")));
  await writeFile(
    configFile,
    JSON.stringify({
      projects: {
        prod: { projectId: "p", region: "eu-de", endpoint: cce.url, auth: { kind: "aksk", ...KEY } },
      },
      targets: { chat: { kind: "slack", url: `${api.url}/chat` } },
      settings: { egress: { allow: [new URL(api.url).host, new URL(cce.url).host] } },
    }),
  );
  const cloudFormation = new CloudFormationClient(AWS);
  const template = {
    Resources: { Any: { Type: "AWS::SQS::Queue" } },
    Outputs: { HttpApiUrl: { Value: api.url } },
  };
  await cloudFormation.send(
    new CreateStackCommand({ StackName: PREFIX, TemplateBody: JSON.stringify(template) }),
  );
  const sqs = new SQSClient(AWS);
  for (const name of ["poll", "notify", "poll-dead", "notify-dead"])
    await sqs.send(new CreateQueueCommand({ QueueName: `${PREFIX}-${name}` }));
  const QueueUrl = `${endpoint}/000000000000/${PREFIX}-notify-dead`;
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "a dead letter" }));
  const cloudWatch = new CloudWatchClient(AWS);
  for (const name of ALARM_NAMES)
    await cloudWatch.send(
      new PutMetricAlarmCommand({
        AlarmName: `${PREFIX}-${name}`,
        AlarmDescription: `What to do about ${name}`,
        Namespace: "test",
        MetricName: name,
        Statistic: "Sum",
        Period: 300,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: "GreaterThanThreshold",
      }),
    );
  await cloudWatch.send(
    new SetAlarmStateCommand({
      AlarmName: `${PREFIX}-given-up`,
      StateValue: "ALARM",
      StateReason: "a test",
    }),
  );
  for (const client of [cloudFormation, sqs, cloudWatch]) client.destroy();
}, 60_000);
afterAll(async () => {
  await Promise.all([cce.stop(), api.stop()]);
  await rm(folder, { recursive: true });
});

const run = (command: string, ...parameters: string[]) =>
  runCommand(process.execPath, [join(OPS, `${command}.ts`), ...parameters, "--stage", STAGE], {
    env: {
      AWS_ACCESS_KEY_ID: "x",
      AWS_SECRET_ACCESS_KEY: "y",
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL: endpoint,
    },
  });

test("doctor reports each part of a stage in an account of moto", async () => {
  expect(await run("config", "put", configFile)).toMatchObject({ code: 0, stderr: "" });
  const { stdout, stderr, code } = await run("doctor");
  expect({ stderr, code }).toEqual({ stderr: "", code: 1 });
  expect(stdout.trimEnd().split("\n")).toEqual([
    `stage ${STAGE}, region ${REGION} (AWS_REGION)`,
    "ok      config: valid, 5 entries",
    "ok      project prod: CCE answers and accepts the credentials",
    expect.stringMatching(/^ok {6}target chat: slack, the egress rules allow its URL/),
    "ok      API: healthy: it can use its config, its ledger and its queues",
    expect.stringMatching(/^ok {6}clock: .* differ by [01] s$/),
    "ok      queue poll: 0 due, 0 delayed, 0 in flight",
    "ok      queue notify: 0 due, 0 delayed, 0 in flight",
    "ok      queue poll-dead: empty",
    "FAULT   queue notify-dead: contains 1 messages",
    "        docs/runbook.md#notify-dead-letters explains how to read and redrive them.",
    "FAULT   alarm given-up: is in the ALARM state",
    "        What to do about given-up",
    // moto has no GetAccountSettings.
    expect.stringMatching(/^warning concurrency: cannot be read/),
    expect.stringContaining("lambda:GetAccountSettings"),
    "2 faults, 1 warning, 8 checks ok.",
  ]);
}, 60_000);
