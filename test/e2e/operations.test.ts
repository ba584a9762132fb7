import { JobList } from "../../lib/api/list-and-health-documents.ts";
import { startReceiver } from "../../local/receiver/receiver.ts";
import { eventually } from "../support/eventually.ts";
import { PROJECT, PROJECT_ID, type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let fixture: ServiceFixture;
beforeAll(async () => {
  receiver = await startReceiver();
  const secrets = [`whsec_${Buffer.alloc(32, 7).toString("base64")}`];
  const audit = { kind: "webhook", url: `${receiver.url}/webhook/audit`, secrets };
  const deploys = { kind: "slack", url: `${receiver.url}/slack/deploys` };
  fixture = await startServiceFixture({
    targets: { audit, deploys },
    settings: { egress: { allow: [new URL(receiver.url).host] } },
  });
});
afterAll(async () => {
  await fixture?.stop();
  await receiver?.stop();
});

const OPERATIONS = [
  { kind: "cluster_upgrade", clusterId: "c-upgrade", taskId: "task-1" },
  { kind: "cluster_upgrade", clusterId: "c-upgrade-2" },
  { kind: "upgrade_precheck", clusterId: "c-precheck", taskId: "task-2" },
  { kind: "node_pool_scale", clusterId: "c-pool", nodePoolId: "pool-1" },
  { kind: "addon", clusterId: "c-addon", addonId: "addon-1" },
  { kind: "addon", clusterId: "c-addon", addonId: "addon-2", action: "delete" },
  { kind: "hibernate", clusterId: "c-hibernate" },
  { kind: "awake", clusterId: "c-awake" },
] as const;
type TestedOperation = (typeof OPERATIONS)[number];

const withCluster = (operation: TestedOperation, clusterId: string) =>
  "taskId" in operation
    ? { ...operation, clusterId, taskId: `${operation.taskId}-failed` }
    : { ...operation, clusterId };

/** Returns the bodies about a job that arrived at the target of a kind. */
function posts(jobId: string, kind: "webhook" | "slack"): string[] {
  const bodies = receiver.notifications.list(kind).map(({ body }) => body);
  return bodies.filter((body) => new RegExp(`(?<![\\w-])${jobId}(?![\\w-])`).test(body));
}

async function submit(operation: TestedOperation | ReturnType<typeof withCluster>): Promise<string> {
  const [job] = await fixture.submit({ operation, notify: ["audit", "deploys"] });
  if (job === undefined) throw new Error("no job");
  return job.jobId;
}

describe("an operation of CCE that has no job", () => {
  it.each(OPERATIONS)("%j is followed until it has succeeded", async (operation) => {
    fixture.cce.addOperation({ project: PROJECT_ID, operation, endSeconds: 3 });
    const jobId = await submit(operation);
    const over = await fixture.over(jobId);
    expect(over).toMatchObject({
      state: "succeeded",
      type: operation.kind,
      clusterId: operation.clusterId,
      durationSeconds: expect.any(Number),
    });
    const [event] = posts(jobId, "webhook").map((body) => JSON.parse(body));
    expect(event).toMatchObject({ type: "job.succeeded", data: { jobType: operation.kind } });
    expect(posts(jobId, "slack")).toHaveLength(1);
    expect(fixture.cce.stats.queriesByJob[jobId]).toBeUndefined();
    const list = await (await fixture.api(`/v1/jobs?project=${PROJECT}&type=${operation.kind}`)).json();
    expect(JobList.parse(list).jobs.map((job) => job.jobId)).toContain(jobId);
  });

  it.each(OPERATIONS)("%j ends as failed with the reason that CCE gives", async (succeeding) => {
    const operation = withCluster(succeeding, `${succeeding.clusterId}-failed`);
    const [reason, message] = ["QuotaExceeded", "not enough nodes"];
    const failure = { endSeconds: 2, outcome: "failed", reason, message } as const;
    fixture.cce.addOperation({ project: PROJECT_ID, operation, ...failure });
    if (operation.kind === "cluster_upgrade" && "taskId" in operation) {
      const { taskId: _, ...cluster } = operation;
      fixture.cce.addOperation({ project: PROJECT_ID, operation: cluster, ...failure });
    }
    const jobId = await submit(operation);
    expect(await fixture.over(jobId)).toMatchObject({
      state: "failed",
      type: operation.kind,
      reason: `${reason}: ${message}`,
    });
    expect(posts(jobId, "slack")[0]).toContain(`${reason}: ${message}`);
  });

  it("is a new generation when a caller submits it again after its end", async () => {
    const operation = { kind: "awake", clusterId: "c-again" } as const;
    fixture.cce.addOperation({ project: PROJECT_ID, operation, endSeconds: 1 });
    const jobId = await submit({ ...operation });
    await fixture.over(jobId);
    const again = await fixture.submit({ operation, notify: ["audit"] });
    expect(again).toMatchObject([{ jobId, status: "accepted" }]);
    await fixture.over(jobId);
    await eventually("the second event", async () => posts(jobId, "webhook").length === 2);
  });

  it("is found in the reply of CCE", async () => {
    const operation = { kind: "addon", clusterId: "c-reply", addonId: "addon-reply" } as const;
    fixture.cce.addOperation({ project: PROJECT_ID, operation, endSeconds: 1 });
    const reply = {
      kind: "Addon",
      metadata: { uid: operation.addonId },
      spec: { clusterID: operation.clusterId },
      status: { status: "installing" },
    };
    const answer = await fixture.post("/v1/jobs?from=cce&notify=audit", JSON.stringify(reply));
    expect(answer.status).toBe(202);
    const jobId = "addon:c-reply:addon-reply";
    expect(await answer.json()).toMatchObject({ jobs: [{ jobId, status: "accepted" }] });
    expect(await fixture.over(jobId)).toMatchObject({ state: "succeeded" });
  });

  it("shows on its page that the upgrade is paused", async () => {
    const path = "clusters/c-pause/operation/upgrade/tasks/task-pause";
    const task = (phase: string) => ({ kind: "UpgradeTask", metadata: {}, status: { phase } });
    fixture.cce.addResource({ project: PROJECT_ID, path, steps: [{ body: task("Pause") }] });
    const operation = { kind: "cluster_upgrade", clusterId: "c-pause", taskId: "task-pause" };
    const [job] = await fixture.submit({ operation, notify: ["audit"] });
    const paused = await eventually("the pause", async () => {
      const status = await fixture.status("task-pause");
      return status.phase === "Pause" && status;
    });
    expect(paused.reason).toContain("The upgrade is paused.");
    const page = await (await fetch(job?.pageUrl ?? "")).text();
    expect(page).toContain("Cluster upgrade");
    expect(page).toContain("The upgrade is paused.");
    fixture.cce.addResource({ project: PROJECT_ID, path, steps: [{ body: task("Success") }] });
    expect(await fixture.over("task-pause")).toMatchObject({ state: "succeeded" });
  });
});
