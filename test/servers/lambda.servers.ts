import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startCceSimulator } from "../../local/cce/simulator.ts";
import { startEventSource } from "../../local/events/event-source.ts";
import { Gateway } from "../../local/gateway/gateway.ts";
import type { InvocationResult } from "../../local/lambda/runtime-api.ts";
import { packageServiceIfChanged } from "../../local/package/package-service.ts";
import { startReceiver } from "../../local/receiver/receiver.ts";
import { connectDynamo, connectSqs, replaceStoredConfig } from "../../local/servers/external-servers.ts";
import { Stoppables } from "../../local/stack/stoppables.ts";
import { readService } from "../../local/template/service.ts";
import { readPackage } from "../../local/template/template.ts";
import { eventually } from "../support/eventually.ts";
import { installLambdaPrograms, type LambdaFunction, startLambdaFunction } from "./lambda-function.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { DYNAMODB_ENDPOINT = "", SQS_ENDPOINT = "", SSM_ENDPOINT = "" } = process.env;
const TOKEN = "token-of-the-test";
const PROJECT_ID = "0bcc5e8f5a0010d22f1dc00ade5f4d7e";
const KEY = { accessKey: "AK1234567890", secretKey: "a secret of the test" };

const parts = new Stoppables();
const stopping = new AbortController();
const functions = new Map<string, LambdaFunction>();
let cce: Awaited<ReturnType<typeof startCceSimulator>>;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let apiUrl: string;

/** Runs every packaged function under AWS's own runtime client, with the routes and event sources of the template. */
beforeAll(async () => {
  cce = parts.add(await startCceSimulator({ keys: [KEY] }));
  receiver = parts.add(await startReceiver());
  const gateway = parts.add(new Gateway());
  apiUrl = await gateway.listen(0);
  const packageDir = await packageServiceIfChanged({
    serviceDir: ROOT,
    buildDir: join(ROOT, "build/packages"),
  });
  const packaged = await readPackage(packageDir);
  const service = readService(packaged, { sqs: SQS_ENDPOINT, api: apiUrl });
  const { region } = service;

  const sqs = parts.add(connectSqs(region, SQS_ENDPOINT));
  const dynamo = parts.add(connectDynamo(region, DYNAMODB_ENDPOINT));
  await sqs.createQueues(service.queues);
  await dynamo.createTables(service.tables);
  const path = service.functions.find(({ shortName }) => shortName === "poll")?.environment.CONFIG_PATH ?? "";
  await replaceStoredConfig({ url: SSM_ENDPOINT, configFile: await writeConfig(), path, region });

  const programs = await installLambdaPrograms(stopping.signal);
  const endpoints = { sqs: SQS_ENDPOINT, dynamodb: DYNAMODB_ENDPOINT, ssm: SSM_ENDPOINT };
  for (const resource of service.functions) {
    const options = { programs, packageDir, resource, region, endpoints, stopping: stopping.signal };
    functions.set(resource.arn, parts.add(await startLambdaFunction(options)));
    functions.set(resource.name, functionOf(resource.arn));
    functions.set(resource.shortName, functionOf(resource.arn));
  }
  for (const mapping of service.eventSources) {
    const queue = service.queues.find(({ arn }) => arn === mapping.queueArn);
    if (queue === undefined) throw new Error(`the template has no queue ${mapping.queueArn}`);
    // The emulator runs one invocation at a time.
    const oneBatch = { ...mapping, maximumConcurrency: 1 };
    const host = hostOf(mapping.functionName);
    parts.add(
      startEventSource({ mapping: oneBatch, queue, region, host, sqs: sqs.client, log: console.error }),
    );
  }
  gateway.setRoutes(service.routes.map((route) => ({ ...route, host: hostOf(route.functionArn) })));
}, 400_000);
afterAll(async () => {
  await parts.stop();
  stopping.abort();
});

async function writeConfig(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lambda-"));
  parts.add({ stop: () => rm(folder, { recursive: true }) });
  const file = join(folder, "config.json");
  const config = {
    projects: {
      prod: { projectId: PROJECT_ID, region: "eu-de", endpoint: cce.url, auth: { kind: "aksk", ...KEY } },
    },
    targets: { chat: { kind: "slack", url: `${receiver.url}/slack/chat` } },
    tokens: {
      pipeline: {
        sha256: createHash("sha256").update(TOKEN).digest("hex"),
        projects: ["*"],
        targets: ["*"],
        operations: ["watch", "read"],
      },
    },
    settings: {
      defaultProject: "prod",
      egress: { allow: [receiver.url, cce.url].map((url) => new URL(url).host) },
      poll: { minDelaySeconds: 0, maxDelaySeconds: 1 },
    },
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}

function functionOf(name: string): LambdaFunction {
  const found = functions.get(name);
  if (found === undefined) throw new Error(`the template has no function ${name}`);
  return found;
}

/** Returns a host for the gateway or an event source. The host invokes one function at a time. */
function hostOf(name: string) {
  let last: Promise<unknown> = Promise.resolve();
  return {
    invoke(event: unknown): Promise<InvocationResult> {
      const result = last.then(() => functionOf(name).invoke(event));
      last = result.catch(() => undefined);
      return result;
    },
  };
}

const api = (path: string, body?: unknown) =>
  fetch(apiUrl + path, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

test("a job is accepted, polled, notified and read under AWS's runtime client", async () => {
  const jobId = cce.addJob(PROJECT_ID, { type: "CreateCluster", endSeconds: 2, outcome: "Failed" });
  const accepted = await api("/v1/jobs", { jobId, notify: ["chat"] });
  expect([accepted.status, await accepted.json()]).toEqual([
    202,
    { jobs: [expect.objectContaining({ jobId, status: "accepted" })] },
  ]);
  const status = await eventually(
    "the job to be notified",
    async () => {
      const answer = (await (await api(`/v1/jobs/prod/${jobId}`)).json()) as {
        deliveries?: { state: string }[];
      };
      return answer.deliveries?.[0]?.state === "delivered" && answer;
    },
    30_000,
  );
  expect(status).toMatchObject({ state: "failed", deliveries: [{ target: "chat", attempts: 1 }] });
  const bodies = receiver.notifications.list(null).map(({ body }) => body);
  expect(bodies).toEqual([expect.stringContaining("Failed")]);
}, 60_000);

test.each(["sweep", "audit"])("the scheduled function %s ends without an error", async (name) => {
  expect(await functionOf(name).invoke({})).not.toMatchObject({ kind: "error" });
});

test("AWS's runtime client reports the class name and the message of an error", async () => {
  expect(await functionOf("api").invoke({ not: "an event of the API" })).toEqual({
    kind: "error",
    error: { errorType: "TypeError", errorMessage: expect.any(String), trace: expect.any(Array) },
  });
  expect((await api("/v1/health")).status).toBe(200);
});
