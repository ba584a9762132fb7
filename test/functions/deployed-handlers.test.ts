import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { jest } from "@jest/globals";
import type { Context } from "aws-lambda";
import * as z from "zod";
import type { NewWatch } from "../../lib/ledger/watch-ledger.ts";
import { createPollMessage, createTargetGoneMessage } from "../../lib/queue/messages.ts";
import { createCceTrace, SimulatedSmn } from "../../local/cce/simulated-smn.ts";
import { startSsm } from "../../local/servers/ssm.ts";
import { startSqs } from "../../local/servers/start-sqs.ts";
import { startConnectProxy } from "../lib/http/support/connect-proxy.ts";
import { authority, type Receiver, startReceiver, startTlsReceiver } from "../lib/http/support/receiver.ts";
import { startDynamo } from "../support/dynamodb.ts";
import { createDynamoLedger } from "../support/dynamodb-ledger.ts";
import { createTable } from "../support/table.ts";
import { CONFIG, TOKENS, TOPIC } from "./http-config.ts";

const Answer = z.object({ body: z.string() });
const Accepted = z.object({ jobs: z.array(z.object({ statusUrl: z.string(), pageUrl: z.string() })) });

const TABLE = "handlers-test";
const PATH = "/cce-job-notifier/handlers";
const REGION = "eu-central-1";
const ISSUER = "https://issuer.example.com";
const PUBLIC_URL = "https://notifier-of-the-environment.example.com";
const SMN = "smn.eu-de.otc.t-systems.com";
/** The response of CCE to the list of jobs. */
const JOB_LIST = [
  {
    kind: "Job",
    metadata: { uid: "j", creationTimestamp: new Date().toISOString() },
    spec: { type: "CreateNode" },
    status: { phase: "Running" },
  },
];
const QUEUES = ["poll", "poll-dead", "notify", "notify-dead"] as const;
const ALL = { projects: ["*"], targets: ["*"], operations: ["*"] };
const { publicUrl: _, ...settings } = CONFIG.settings;
/** Returns a config in which CCE and a target have certificates of the tests' certificate authority. */
const configFor = (endpoint: string) => ({
  ...CONFIG,
  projects: { prod: { ...CONFIG.projects.prod, endpoint, ca: authority } },
  targets: { ...CONFIG.targets, audit: { ...CONFIG.targets.audit, url: `${endpoint}/in`, ca: authority } },
  oidc: [{ issuer: ISSUER, audience: "notifier", claims: { sub: "a" }, ...ALL }],
  settings: {
    ...settings,
    fallbackTarget: "audit",
    // The proxy resolves a host name only if the allow list contains the name.
    egress: { allow: ["issuer.example.com", "receiver.test", "127.0.0.1", SMN] },
    callbackHosts: ["127.0.0.1"],
    callbackSecrets: [`whsec_${"A".repeat(40)}`],
  },
});

let proxy: Awaited<ReturnType<typeof startConnectProxy>>;
/** Answers the requests to CCE and to the target. */
let receiver: Receiver;
let callbackReceiver: Receiver;
type Ledger = ReturnType<typeof createDynamoLedger>;
let ledger: Ledger;
let sqs: Awaited<ReturnType<typeof startSqs>>;
const stops: (() => unknown)[] = [];

beforeAll(async () => {
  proxy = await startConnectProxy();
  callbackReceiver = await startReceiver((_, response) => response.end());
  receiver = await startTlsReceiver(({ path }, response) => {
    if (path.endsWith("/v2/projects/0bcc/jobs")) response.end(JSON.stringify(JOB_LIST));
    else response.writeHead(503).end();
  }, "receiver");
  const folder = await mkdtemp(join(tmpdir(), "handlers-"));
  const configFile = join(folder, "config.json");
  await writeFile(configFile, JSON.stringify(configFor(`https://receiver.test:${receiver.port}`)));
  const ssm = await startSsm({ configFile, path: PATH, region: REGION });
  sqs = await startSqs(REGION);
  const dynamo = await startDynamo();
  await createTable(dynamo.client, TABLE);
  ledger = createDynamoLedger({ client: dynamo.client, table: TABLE, sweepIntervalMs: 1 });
  for (const QueueName of QUEUES) await sqs.client.send(new CreateQueueCommand({ QueueName }));
  Object.assign(process.env, {
    HTTPS_PROXY: proxy.url,
    AWS_ENDPOINT_URL_SSM: ssm.url,
    AWS_ENDPOINT_URL_SQS: sqs.url,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: "x",
    AWS_SECRET_ACCESS_KEY: "y",
    LEDGER_TABLE: TABLE,
    SWEEP_INTERVAL_SECONDS: "300",
    CONFIG_PATH: PATH,
    PUBLIC_URL,
    POLL_QUEUE_URL: urlOf("poll"),
    POLL_DEAD_QUEUE_URL: urlOf("poll-dead"),
    NOTIFY_QUEUE_URL: urlOf("notify"),
    NOTIFY_DEAD_QUEUE_URL: urlOf("notify-dead"),
  });
  const { AWS_CLIENT } = await import("../../lib/runtime/aws-client.ts");
  stops.push(
    () => AWS_CLIENT.requestHandler.destroy(),
    () => proxy.close(),
    () => receiver.close(),
    () => callbackReceiver.close(),
    () => ssm.stop(),
    () => sqs.stop(),
    () => dynamo.stop(),
    () => rm(folder, { recursive: true }),
  );
});
afterAll(async () => {
  for (const stop of stops) await stop();
});

const urlOf = (name: string) => `${sqs.url}/000000000000/${name}`;
const CONTEXT = { awsRequestId: "lambda-1", getRemainingTimeInMillis: () => 28_000 } as Context;

/** The errors that the handlers have logged. */
const errors: object[] = [];

/**
 * Calls the deployed handler of a function. The handlers are loaded only after the environment is complete, because
 * they read the environment variables when they are loaded.
 */
async function invoke(name: string, event: object): Promise<unknown> {
  const { handler } = await import(`../../functions/${name}/handler.ts`);
  const { captured } = await import("../lib/runtime/captured.ts");
  const answers: unknown[] = [];
  const lines = await captured(async () => {
    answers.push(await handler(event, CONTEXT));
  });
  for (const { level, ...line } of lines) if (level === "ERROR") errors.push(line);
  return answers[0];
}

const request = (method: string, rawPath: string, body: object, token = TOKENS.all) => ({
  routeKey: "$default",
  rawPath,
  rawQueryString: "",
  headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
  requestContext: { requestId: "api-1", http: { method } },
  isBase64Encoded: false,
  ...(method === "POST" && { body: JSON.stringify(body) }),
});

const base64url = (document: object) => Buffer.from(JSON.stringify(document)).toString("base64url");
const identityToken = `${base64url({ alg: "RS256", kid: "k" })}.${base64url({ iss: ISSUER, aud: "notifier", sub: "a" })}.AAAA`;

const message = (body: string, receiptHandle = "r") => ({
  Records: [{ messageId: "m", receiptHandle, body, attributes: { ApproximateReceiveCount: "1" } }],
});
const smnMessage = () =>
  new SimulatedSmn(Date.now).createMessage(`https://${SMN}`, TOPIC, {
    message: createCceTrace("createNode"),
  });

/** Starts a watch whose first poll was due a minute ago. */
async function startWatch(jobId: string, wanted: Partial<NewWatch> = {}) {
  const now = Date.now();
  const key = { project: "prod", jobId, caller: "token:all" };
  await ledger.startOrExtendWatch({
    ...key,
    acceptedAt: now - 60_000,
    deadlineAt: now + 3_600_000,
    nextPollAt: now - 60_000,
    targets: ["audit"],
    context: {},
    callbacks: {},
    digestId: null,
    traceparent: null,
    expiresAt: now + 86_400_000,
    ...wanted,
  });
  return firstPollOf(jobId);
}

const firstPollOf = (jobId: string) =>
  message(
    createPollMessage(
      { project: "prod", jobId, caller: "token:all", poll: 1, deadlineAt: Date.now() + 3_600_000 },
      0,
    ).body,
  );

/** Lets a watch end. Its deadline is over, and its only poll cannot reach CCE. */
async function endWatch(jobId: string) {
  await invoke("poll", await startWatch(jobId, { deadlineAt: Date.now() - 1000 }));
}

/** Sends the message of an alert to the notify queue, and receives it. */
async function sendAlert() {
  const { body } = createTargetGoneMessage("deploys", Date.now(), "audit");
  const QueueUrl = urlOf("notify");
  await sqs.client.send(new PurgeQueueCommand({ QueueUrl }));
  await sqs.client.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
  return receiveNotification();
}

async function receiveNotification() {
  const QueueUrl = urlOf("notify");
  const { Messages: [sent] = [] } = await sqs.client.send(new ReceiveMessageCommand({ QueueUrl }));
  return message(sent?.Body ?? "", sent?.ReceiptHandle);
}

const countMessages = () =>
  Promise.all(
    QUEUES.map(async (name) => {
      const AttributeNames = ["All" as const];
      const { Attributes = {} } = await sqs.client.send(
        new GetQueueAttributesCommand({ QueueUrl: urlOf(name), AttributeNames }),
      );
      const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesDelayed } = Attributes;
      return Number(ApproximateNumberOfMessages) + Number(ApproximateNumberOfMessagesDelayed);
    }),
  );

/** Returns the names of the queues that contain more messages than before. */
async function queuesWithMore(before: readonly number[]): Promise<readonly string[]> {
  const counts = await countMessages();
  return QUEUES.filter((_, i) => (counts[i] ?? 0) > (before[i] ?? 0));
}

describe("the deployed handler of", () => {
  test.each(["poll", "notify"])("api reports in the health that the %s queue is missing", async (name) => {
    // The previous result of the health check is stored for two seconds. The service corrects a clock that differs
    // from the clock of AWS by five seconds.
    const clock = jest.spyOn(Date, "now").mockReturnValue(Date.now() + (name === "poll" ? 0 : 3000));
    await sqs.client.send(new DeleteQueueCommand({ QueueUrl: urlOf(name) }));
    const answer = await invoke("api", request("GET", "/v1/health", {}));
    clock.mockRestore();
    await sqs.client.send(new CreateQueueCommand({ QueueName: name }));
    expect(answer).toMatchObject({
      statusCode: 503,
      body: JSON.stringify({
        status: "degraded",
        checks: { config: "ok", ledger: "ok", queue: "unreachable" },
      }),
    });
  });

  test.each([
    ["enqueue", "accepts a job", "poll", async () => request("POST", "/v1/jobs", { jobId: "a" })],
    [
      "enqueue",
      "adds a target to an ended watch",
      "notify",
      async () => {
        await endWatch("b");
        return request("POST", "/v1/jobs", { jobId: "b", notify: ["ops"] });
      },
    ],
    ["poll", "finds no end of a job", "poll", () => startWatch("c")],
    ["poll", "ends a watch", "notify", () => startWatch("d", { deadlineAt: Date.now() - 1000 })],
    ["poll", "gets a malformed message", "poll-dead", async () => message("{}")],
    ["notify", "gets a malformed message", "notify-dead", async () => message("{}")],
    [
      "api",
      "redelivers a notification",
      "notify",
      async () => {
        await endWatch("e");
        return request("POST", "/v1/jobs/prod/e/redeliver", {});
      },
    ],
  ] as const)("%s, when it %s, sends a message only to the queue %s", async (name, _, queue, prepare) => {
    const event = await prepare();
    const before = await countMessages();
    await invoke(name, event);
    expect(await queuesWithMore(before)).toEqual([queue]);
  });

  test("sweep sends overdue polls and alerts about targets to their own queues", async () => {
    await startWatch("f");
    const before = await countMessages();
    await invoke("sweep", {});
    const [poll = 0, ...others] = await countMessages();
    expect(poll).toBeGreaterThan(before[0] ?? 0);
    expect(others).toEqual(before.slice(1));
    await ledger.switchTargetOff("ops", Date.now());
    await invoke("sweep", {});
    const [pollDead = 0, notify = 0, notifyDead = 0] = others;
    expect(await countMessages()).toEqual([poll, pollDead, notify + 1, notifyDead]);
  });

  test.each([
    ["enqueue", "checks an identity token", async () => request("POST", "/v1/jobs", {}, identityToken)],
    ["api", "checks an identity token", async () => request("GET", "/v1/jobs", {}, identityToken)],
  ])("%s uses the proxy in HTTPS_PROXY when it %s", async (name, _, prepare) => {
    const from = proxy.tunnels.length;
    await invoke(name, await prepare());
    expect(new Set(proxy.tunnels.slice(from))).toEqual(new Set(["issuer.example.com:443"]));
  });

  test("discover uses the proxy in HTTPS_PROXY when it checks an SMN message", async () => {
    const from = proxy.tunnels.length;
    await invoke("discover", request("POST", "/v1/events/smn/prod", smnMessage()));
    expect(new Set(proxy.tunnels.slice(from))).toEqual(new Set([`${SMN}:443`]));
  });

  test.each([
    ["api", "tests a target", async () => request("POST", "/v1/targets/audit/test", {})],
    ["poll", "queries a job", () => startWatch("g")],
    ["notify", "sends a notification", sendAlert],
  ])("%s uses the proxy and the own certificate authority when it %s", async (name, _, prepare) => {
    const event = await prepare();
    const requests = receiver.received.length;
    errors.length = 0;
    await invoke(name, event);
    // Only the proxy resolves the name of the receiver.
    expect(receiver.received.length - requests).toBeGreaterThan(0);
    // The function notify postpones its message, whose receipt handle belongs to the notify queue.
    expect(errors).toEqual([]);
  });

  test("discover lists jobs with the proxy and the own certificate authority, and sends a message only to the queue poll", async () => {
    const before = await countMessages();
    const requests = receiver.received.length;
    await invoke("discover", {});
    // Only the proxy resolves the name of the receiver.
    expect(receiver.received.length - requests).toBeGreaterThan(0);
    expect(await queuesWithMore(before)).toEqual(["poll"]);
  });

  test("enqueue, poll and notify send a signed callback", async () => {
    const callbackUrl = `http://127.0.0.1:${callbackReceiver.port}/hook`;
    await invoke(
      "enqueue",
      request("POST", "/v1/jobs", { jobId: "k", notify: [], callbackUrl, deadlineMinutes: 0.02 }),
    );
    await sqs.client.send(new PurgeQueueCommand({ QueueUrl: urlOf("notify") }));
    const clock = jest.spyOn(Date, "now").mockReturnValue(Date.now() + 3000);
    await invoke("poll", firstPollOf("k"));
    clock.mockRestore();
    await invoke("notify", await receiveNotification());
    expect(callbackReceiver.received).toEqual([
      expect.objectContaining({
        path: "/hook",
        headers: expect.objectContaining({ "webhook-signature": expect.stringMatching(/^v1,/) }),
      }),
    ]);
  });

  test("enqueue and poll create links to the public URL of the environment, and api opens them", async () => {
    const answer = await invoke("enqueue", request("POST", "/v1/jobs", { jobId: "h" }));
    const { jobs } = Accepted.parse(JSON.parse(Answer.parse(answer).body));
    await endWatch("i");
    const document = await ledger.readWatchDocumentOrNull({
      project: "prod",
      jobId: "i",
      caller: "token:all",
    });
    for (const link of [jobs[0]?.pageUrl, document?.summary?.jobPageUrl]) {
      expect(link).toContain(`${PUBLIC_URL}/jobs/prod/`);
      const { pathname, search } = new URL(link ?? "");
      const event = { ...request("GET", pathname, {}), rawQueryString: search.slice(1) };
      expect(await invoke("api", event)).toMatchObject({ statusCode: 200 });
    }
    expect(jobs[0]?.statusUrl).toBe(`${PUBLIC_URL}/v1/jobs/prod/h`);
  });
});
