import { JobList } from "../../lib/api/list-and-health-documents.ts";
import { startReceiver } from "../../local/receiver/receiver.ts";
import { eventually } from "../support/eventually.ts";
import { PROJECT, PROJECT_ID, type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";

const MESSAGE = "no master answers";
const cluster = (phase: string, message?: string) => ({
  kind: "Cluster",
  metadata: { name: "shop" },
  status: { phase, message },
});

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let fixture: ServiceFixture;
beforeAll(async () => {
  receiver = await startReceiver();
  const secrets = [`whsec_${Buffer.alloc(32, 7).toString("base64")}`];
  const audit = { kind: "webhook", url: `${receiver.url}/webhook/audit`, secrets };
  fixture = await startServiceFixture({
    targets: { audit },
    settings: { egress: { allow: [new URL(receiver.url).host] } },
  });
});
afterAll(async () => {
  await fixture?.stop();
  await receiver?.stop();
});

/** Starts a job that creates a cluster and succeeds at once. */
function createCluster(clusterId: string): string {
  return fixture.addJob({ type: "CreateCluster", endSeconds: 0.1, clusterId, resourceId: clusterId });
}

function events(jobId: string): unknown[] {
  return receiver.notifications
    .list(null)
    .filter(({ body }) => body.includes(jobId))
    .map(({ body }) => JSON.parse(body));
}

describe("a job that is submitted with until: ready", () => {
  it("is notified as succeeded only after its cluster is available, and the list says what it waits for", async () => {
    const jobId = createCluster("cluster-a");
    const path = "clusters/cluster-a";
    fixture.cce.addResource({
      project: PROJECT_ID,
      path,
      steps: [{ body: cluster("Unavailable", MESSAGE) }],
    });
    await fixture.submit({ jobId, notify: ["audit"], until: "ready" });
    const ready = { state: "pending", reason: "Unavailable", message: MESSAGE };
    const waiting = await eventually("the success of the job", async () => {
      const status = await fixture.status(jobId);
      return status.ready !== undefined && status;
    });
    expect(waiting).toMatchObject({ state: "watching", phase: "Success", ready });
    const { jobs } = JobList.parse(await (await fixture.api(`/v1/jobs?project=${PROJECT}`)).json());
    const listed = jobs.find((job) => job.jobId === jobId);
    expect(listed).toMatchObject({ state: "watching", phase: "Success", ready });
    expect(events(jobId)).toEqual([]);
    fixture.cce.addResource({ project: PROJECT_ID, path, steps: [{ body: cluster("Available") }] });
    expect(await fixture.over(jobId)).toMatchObject({ state: "succeeded", ready: { state: "ready" } });
    expect(events(jobId)).toMatchObject([{ type: "job.succeeded", data: { ready: { state: "ready" } } }]);
  });

  it("is notified as not_ready with the reason of the cluster after readyMinutes", async () => {
    const jobId = createCluster("cluster-b");
    const steps = [{ body: cluster("Unavailable", MESSAGE) }];
    fixture.cce.addResource({ project: PROJECT_ID, path: "clusters/cluster-b", steps });
    await fixture.submit({ jobId, notify: ["audit"], until: "ready", readyMinutes: 2 / 60 });
    const ready = { state: "not_ready", reason: "Unavailable", message: MESSAGE };
    expect(await fixture.over(jobId)).toMatchObject({ state: "not_ready", phase: "Success", ready });
    expect(events(jobId)).toMatchObject([{ type: "job.not_ready", data: { outcome: "not_ready", ready } }]);
  });
});
