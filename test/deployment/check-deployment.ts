import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ApiGatewayV2Client } from "@aws-sdk/client-apigatewayv2";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SQSClient, type SQSClientConfig } from "@aws-sdk/client-sqs";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { readScriptArguments } from "../../local/ops/script-arguments.ts";
import { answerQuestions } from "../../local/ops/verify/questions.ts";
import { readSources, writeSources } from "../../local/package/sources.ts";
import { ACCOUNT_ID } from "../../local/template/scope.ts";
import { ServerNotStartedError } from "../servers/install-program.ts";
import { runCommand } from "../support/run-command.ts";
import { checkDeployedStage } from "./deployed-stage.ts";
import { runDocumentedAwsCommands } from "./documented-aws-commands.ts";
import { startMoto } from "./moto.ts";
import { findDifferences, StageState } from "./stage-state.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** The service is deployed from a copy, because a deployment writes files into the folder of the service. */
const FOLDER = join(ROOT, "build/deploy-check");
const STAGE = "check";
const REGION = "eu-central-1";
const PREFIX = `cce-job-notifier-${STAGE}`;
const SERVERLESS = createRequire(import.meta.url).resolve("serverless/bin/serverless.js");

const print = (line: string) => process.stdout.write(`${line}\n`);

/** Deploys the service to moto, changes the deployment and removes it. Checks after each step what the stage contains. */
async function checkDeployment(url: string, readState: () => StageState): Promise<void> {
  const credentials = { accessKeyId: "check", secretAccessKey: "check" };
  const client = { endpoint: url, region: REGION, credentials };
  await rm(FOLDER, { recursive: true, force: true });
  await writeSources(await readSources(ROOT), FOLDER);
  const serverless = async (command: "deploy" | "remove", settings: Readonly<Record<string, unknown>>) => {
    await mkdir(join(FOLDER, "stages"), { recursive: true });
    const file = { region: REGION, ...settings };
    await writeFile(join(FOLDER, `stages/${STAGE}.json`), JSON.stringify(file));
    return runCommand(process.execPath, [SERVERLESS, command, "--stage", STAGE], {
      cwd: FOLDER,
      env: {
        AWS_ENDPOINT_URL: url,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        HOME: FOLDER,
      },
    });
  };
  const succeed = async (...run: Parameters<typeof serverless>) => {
    const { code, stdout, stderr } = await serverless(...run);
    assert.equal(code, 0, `serverless ${run[0]} failed:\n${stdout}${stderr}`);
  };

  const ssm = new SSMClient(client);
  for (const [name, Value] of [
    ["targets/deploys", "{}"],
    ["settings", "{}"],
  ])
    await ssm.send(
      new PutParameterCommand({ Name: `/cce-job-notifier/${STAGE}/${name}`, Value, Type: "SecureString" }),
    );
  const { parameters } = readState();
  assert.equal(Object.keys(parameters).length, 2);

  // SNS refuses this email address. The subscription is one of the last resources, so the ledger already exists.
  const failed = await serverless("deploy", { alarmEmail: "nobody" });
  assert.notEqual(failed.code, 0, "a deployment with a refused email address succeeded");
  assert.match(failed.stdout + failed.stderr, /Invalid parameter: Email address/);
  const rolledBack = readState();
  assert.deepEqual(
    { ...rolledBack, stacks: [], buckets: 0 },
    { ...emptyState(rolledBack), parameters },
    "a failed first deployment leaves resources",
  );
  print("A first deployment that fails leaves only the bucket of packages.");

  await succeed("deploy", { alarmEmail: "ops@example.com" });
  const first = readState();
  checkDeployedStage(first, { prefix: PREFIX, stage: STAGE, alarmEmail: "ops@example.com" });
  assert.deepEqual(first.parameters, parameters);
  await checkAnswers(client);
  print(`The repeated deployment makes ${countResources(first)} resources as the template describes them.`);

  const item = { pk: { S: "W#prod#job-1" }, sk: { S: "watch" } };
  const Item = { ...item, v: { N: "1" } };
  await new DynamoDBClient(client).send(new PutItemCommand({ TableName: `${PREFIX}-ledger`, Item }));
  const stored = readState();
  await succeed("deploy", {
    alarmEmail: "oncall@example.com",
    pollConcurrency: 20,
    apiRatePerSecond: 70,
    logRetentionDays: 60,
    accessLogRetentionDays: 7,
    memoryMegabytes: 1024,
  });
  const changed = readState();
  const functions = Object.keys(first.functions);
  const differences = findDifferences(stored, changed);
  const expected: Readonly<Record<string, unknown>> = Object.fromEntries([
    [`topics.${topicArn(first)}.subscriptions.0.Endpoint`, "oncall@example.com"],
    [`mappings.${queueArn("poll")}.ScalingConfig.MaximumConcurrency`, 20],
    [`apis.${STAGE}-cce-job-notifier.stages.0.DefaultRouteSettings.ThrottlingRateLimit`, 70],
    [`logGroups./aws/vendedlogs/${PREFIX}-access`, 7],
    ...functions.flatMap((name) => [
      [`functions.${name}.MemorySize`, 1024],
      ...(name.endsWith("-trail") ? [] : [[`logGroups./aws/lambda/${name}`, 60]]),
    ]),
  ]);
  assert.deepEqual(differences, expected, "a changed deployment changes something else");
  print(`A changed deployment changes ${Object.keys(differences).length} settings and nothing else.`);

  await succeed("remove", {});
  const removed = readState();
  assert.deepEqual(removed, {
    ...emptyState(removed),
    tables: changed.tables,
    parameters,
  });
  print("The removal leaves the ledger with its items and the parameters, and nothing else.");
}

/** The questions of `npm run verify` that moto can answer have the right answers. moto has no metrics and no API. */
async function checkAnswers(client: SQSClientConfig): Promise<void> {
  const answers = await answerQuestions({
    stage: STAGE,
    prefix: PREFIX,
    api: "http://127.0.0.1:1",
    sqs: new SQSClient({ ...client, useQueueUrlAsEndpoint: false }),
    cloudWatch: new CloudWatchClient(client),
    cloudFormation: new CloudFormationClient(client),
    lambda: new LambdaClient(client),
    gateway: new ApiGatewayV2Client(client),
    firstMessageAt: Date.now(),
    metricLimitMs: 0,
    stopping: new AbortController().signal,
  });
  const found = answers
    .map(({ question, answer, evidence }) => `${question} ${answer}: ${evidence}`)
    .join("\n");
  assert.match(found, /policies of the queues\? yes: each of 4 queues/);
  assert.match(found, /policy of the topic\? yes: the policy is (?:CREATE|UPDATE)_COMPLETE/);
  assert.match(found, /first hour of a new stage\? null: the stage is younger than an hour/);
  assert.match(found, /metrics that the functions log\? more than -?\d+ s: no value/);
  assert.match(found, /metrics of SQS\? more than -?\d+ s: no value/);
  // moto creates the function and the HTTP API of these questions, but does not serve an HTTP API.
  assert.match(
    found,
    /API Gateway after 30 s\? null: error (?:TypeError|Error|ECONN|ENOTFOUND|EAI_AGAIN|HTTP)/,
  );
}

/** Returns a state without any resource, with the keys of another state. */
function emptyState(state: StageState): StageState {
  const empty = Object.entries(state).map(([key, value]) => [
    key,
    Array.isArray(value) ? [] : typeof value === "number" ? 0 : {},
  ]);
  return StageState.parse(Object.fromEntries(empty));
}

function countResources(state: StageState): number {
  const { parameters: _, stacks: __, ...resources } = state;
  return Object.values(resources).reduce<number>(
    (sum, value) => sum + (typeof value === "number" ? value : Object.keys(value).length),
    0,
  );
}

const topicArn = ({ topics }: StageState) => Object.keys(topics)[0] ?? "";
const queueArn = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT_ID}:${PREFIX}-${name}`;

readScriptArguments(
  `Deploys, changes and removes the service on moto, a server that emulates AWS. Needs Python 3.10.

  npm run deploy:check

Exit status: 0, 1 if a check failed, 2 for wrong use.
`,
  {},
);
try {
  const moto = await startMoto(new AbortController().signal);
  const startedAt = Date.now();
  try {
    await checkDeployment(moto.url, () =>
      StageState.parse(JSON.parse(moto.runScript("stage_state.py", moto.url, REGION, STAGE))),
    );
    const blocks = await runDocumentedAwsCommands(moto.url);
    print(`The ${blocks} code blocks of docs/deploy.md for the AWS CLI do what the text says.`);
    print(`All checks passed in ${Math.round((Date.now() - startedAt) / 1000)} s.`);
  } finally {
    await moto.stop();
  }
} catch (error) {
  const isComplete = error instanceof ServerNotStartedError;
  process.stderr.write(`${isComplete ? error.message : (error as Error).stack}\n`);
  process.exitCode = 1;
}
