import { readFileSync, writeFileSync } from "node:fs";
import * as z from "zod";
import { StatusDocument } from "../../lib/api/status-document.ts";
import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { eventually } from "../support/eventually.ts";
import {
  createServerFixture,
  PROJECT,
  PROJECT_ID,
  type RunningServer,
  type ServerFixture,
  startServer,
} from "./start-server.ts";

const TOPIC = `urn:smn:eu-de:${PROJECT_ID}:cce-events`;
const Accepted = z.object({ jobs: z.tuple([z.object({ jobId: z.string() })]) });

let receiver: Receiver;
let fixture: ServerFixture;
let server: RunningServer;
let foundAtStart: string;
let listsAtStart: number;
beforeAll(async () => {
  receiver = await startReceiver();
  fixture = await createServerFixture(
    { deploys: { kind: "slack", url: `${receiver.url}/slack/deploys` } },
    { egress: { allow: [new URL(receiver.url).host, "127.0.0.1"] } },
  );
  const config = JSON.parse(readFileSync(fixture.configFile, "utf8"));
  config.projects[PROJECT].discover = {
    notify: ["deploys"],
    everyMinutes: 60,
    topics: [TOPIC],
    smnEndpoint: fixture.cce.url,
  };
  writeFileSync(fixture.configFile, JSON.stringify(config));
  foundAtStart = fixture.cce.addJob(PROJECT_ID, { type: "CreateCluster", endSeconds: null });
  server = await startServer(fixture);
  // Discovery finds only jobs that still run at the first list. Every test starts after this list.
  await eventually("the first list of jobs", async () => (await countDiscovered()) === 1);
  listsAtStart = fixture.cce.stats.lists;
});
afterAll(async () => {
  await receiver.stop();
  await fixture.cce.stop();
  expect(await server?.end("SIGTERM")).toBe(0);
});

const readMetrics = async () => (await fetch(`${server.api}/metrics`)).text();
const countDiscovered = async () =>
  Number(/^JobsDiscovered_total (\d+)$/m.exec(await readMetrics())?.[1] ?? 0);

/** Returns the status of a watch that has ended and whose target was notified. */
const over = (jobId: string) =>
  eventually(`the end of ${jobId}`, async () => {
    const answer = await fetch(`${server.api}/v1/jobs/${PROJECT}/${jobId}`, { headers: fixture.headers });
    if (answer.status !== 200) return null;
    const status = StatusDocument.parse(await answer.json());
    return status.done && status.deliveries.every(({ state }) => state === "delivered") && status;
  });

describe("the one-node edition", () => {
  it("finds a running job that nobody submitted, and notifies the targets of the project", async () => {
    fixture.cce.endJob(foundAtStart);
    const status = await over(foundAtStart);
    expect(status).toMatchObject({ state: "succeeded", deliveries: [{ target: "deploys" }] });
    expect(listsAtStart).toBe(1);
  });

  it("lists the jobs at once after a message of SMN", async () => {
    const endpoint = `${server.api}/v1/events/smn/${PROJECT}`;
    expect(await fixture.cce.subscribe(endpoint, TOPIC)).toMatchObject({ status: 200 });
    const jobId = fixture.cce.addJob(PROJECT_ID, { type: "CreateNode", endSeconds: 3, outcome: "Failed" });
    const listed = await eventually("the jobs to be listed", async () => {
      const { body } = await fixture.cce.publishTrace(endpoint, TOPIC, "createNode");
      return body === '{"result":"listed"}';
    });
    expect(listed).toBe(true);
    expect(await over(jobId)).toMatchObject({ state: "failed" });
    expect(await countDiscovered()).toBe(2);
  });

  it("follows an operation that has no job", async () => {
    const operation = { kind: "cluster_upgrade", clusterId: "c-upgrade", taskId: "task-1" } as const;
    fixture.cce.addOperation({ project: PROJECT_ID, operation, endSeconds: 2 });
    const body = JSON.stringify({ operation, notify: ["deploys"] });
    const answer = await fetch(`${server.api}/v1/jobs`, { method: "POST", headers: fixture.headers, body });
    expect(answer.status).toBe(202);
    const { jobs } = Accepted.parse(await answer.json());
    expect(await over(jobs[0].jobId)).toMatchObject({ state: "succeeded", type: "cluster_upgrade" });
    expect(await readMetrics()).toMatch(/^OperationsConcluded_total\{kind="cluster_upgrade"\} 1$/m);
  });
});
