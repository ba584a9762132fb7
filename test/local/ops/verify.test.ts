import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SSMClient } from "@aws-sdk/client-ssm";
import * as z from "zod";
import { readSsmParameters } from "../../../lib/runtime/ssm-config.ts";
import { CREDENTIALS } from "../../../local/servers/start-sqs.ts";
import { startTestSsm } from "../../support/aws-servers.ts";
import { eventually } from "../../support/eventually.ts";
import { findFreePort } from "../../support/find-free-port.ts";
import { inheritedEnvironment } from "../../support/run-command.ts";
import { type ServiceFixture, startServiceFixture } from "../../support/service-fixture.ts";

const VERIFY = fileURLToPath(new URL("../../../local/ops/verify.ts", import.meta.url));
const PATH = "/cce-job-notifier/dev";
const REGION = "eu-central-1";

let folder: string;
/** The embedded Parameter Store, or moto if `npm run servers:test` has started moto. */
let ssm: Awaited<ReturnType<typeof startTestSsm>>;
let fixture: ServiceFixture;
let port: number;
let client: SSMClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "verify-"));
  await writeFile(join(folder, "empty.json"), "{}");
  ssm = await startTestSsm({ configFile: join(folder, "empty.json"), path: PATH, region: REGION });
  client = new SSMClient({ endpoint: ssm.url, region: REGION, credentials: CREDENTIALS });
  port = await findFreePort();
  const apiPort = await findFreePort();
  fixture = await startServiceFixture({
    targets: {
      audit: { kind: "webhook", url: "https://audit.example.com/", secrets: [`whsec_${"A".repeat(32)}`] },
    },
    settings: { egress: { allow: ["127.0.0.1"] }, publicUrl: `http://127.0.0.1:${apiPort}` },
    environment: { SSM_ENDPOINT: ssm.url, PORT: String(apiPort) },
  });
});
afterAll(async () => {
  await fixture?.stop();
  client.destroy();
  await ssm.stop();
  await rm(folder, { recursive: true });
});

/** The processes that a test has started. A process that still runs after its test would keep the port. */
const started: Run[] = [];
afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    child.kill("SIGKILL");
    await ended;
  }
});

interface Run {
  readonly child: ChildProcess;
  output(): string;
  readonly ended: Promise<number | null>;
}

function startVerify(url: string, ...options: string[]): Run {
  const closed = "http://127.0.0.1:1";
  const report = join(folder, "report");
  const parameters = ["--url", url, "--port", String(port), "--report", report, ...options];
  const child = spawn(process.execPath, [VERIFY, ...parameters], {
    env: {
      ...inheritedEnvironment(),
      AWS_ACCESS_KEY_ID: "x",
      AWS_SECRET_ACCESS_KEY: "y",
      AWS_REGION: REGION,
      AWS_MAX_ATTEMPTS: "1",
      AWS_ENDPOINT_URL_SSM: ssm.url,
      AWS_ENDPOINT_URL_SQS: fixture.stack.sqs,
      // moto also has CloudFormation, Lambda and API Gateway. Its CloudWatch never gets a metric of SQS.
      AWS_ENDPOINT_URL: process.env.SSM_ENDPOINT || closed,
      AWS_ENDPOINT_URL_CLOUDWATCH: closed,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
  const ended = once(child, "close").then(([code]) => z.int().nullable().parse(code));
  const run = { child, output: () => output, ended };
  started.push(run);
  return run;
}

const readEntries = () => readSsmParameters(client, PATH);

const Report = z.object({
  stage: z.literal("dev"),
  promises: z.array(z.object({ promise: z.string(), state: z.string(), detail: z.string() })),
  answers: z.array(z.object({ question: z.string(), answer: z.string().nullable(), evidence: z.string() })),
});

test("verify plays all promises on a stage, writes a report, and leaves the config as it was", async () => {
  const before = await readEntries();
  const run = startVerify(`http://127.0.0.1:${port}`, "--minutes", "2");
  const code = await run.ended;
  const report = Report.parse(JSON.parse(await readFile(join(folder, "report.json"), "utf8")));
  expect(report.promises.filter(({ state }) => state !== "kept")).toEqual([]);
  expect(report.promises).toHaveLength(13);
  expect(code).toBe(0);
  expect(report.answers.map(({ question, answer }) => [question, answer])).toContainEqual([
    "Does API Gateway rename the header WWW-Authenticate?",
    "no",
  ]);
  const text = await readFile(join(folder, "report.txt"), "utf8");
  expect(text).toContain("Promises: 13 of 13 kept");
  expect(run.output()).toContain(text);
  expect(run.output() + JSON.stringify(report)).not.toMatch(/whsec_|ccen_/);
  expect(await readEntries()).toEqual(before);
});

test("verify removes its entries after Ctrl-C", async () => {
  const before = await readEntries();
  const run = startVerify(`http://127.0.0.1:${port}`);
  await eventually("the jobs to be accepted", () => run.output().includes("jobs are accepted"));
  expect((await readEntries()).length).toBe(before.length + 7);
  run.child.kill("SIGINT");
  expect(await run.ended).toBe(1);
  expect(run.output()).toContain("the verification was stopped. Its config entries are removed");
  expect(await readEntries()).toEqual(before);
});

test("verify changes nothing if this machine does not answer under the address", async () => {
  const before = await readEntries();
  const run = startVerify("http://127.0.0.1:1");
  expect(await run.ended).toBe(1);
  expect(run.output()).toContain("this machine does not answer under --url");
  expect(run.output()).not.toContain("added");
  expect(await readEntries()).toEqual(before);
});

test("verify reports broken promises if no notification arrives in time", async () => {
  const before = await readEntries();
  const run = startVerify(`http://127.0.0.1:${port}`, "--minutes", "0.01");
  const isBroken = () => /BROKEN a failed job is notified .*: no notification of/.test(run.output());
  await eventually("a broken promise", isBroken);
  run.child.kill("SIGINT");
  expect(await run.ended).toBe(1);
  expect(await readEntries()).toEqual(before);
});

test("verify refuses an address that the stage would refuse", async () => {
  const before = await readEntries();
  const run = startVerify("http://cce.example.com");
  expect(await run.ended).toBe(1);
  expect(run.output()).toContain("the stage would refuse the address in --url");
  expect(await readEntries()).toEqual(before);
});

test("verify needs an address", async () => {
  const run = startVerify("nonsense");
  expect(await run.ended).toBe(2);
  expect(run.output()).toContain("--url is required");
});
