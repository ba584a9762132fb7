import {
  interpretResourceReplyUnmasked,
  queryParametersOfResource,
  resourcePathParts,
  treatGoneAsSuccessOfDeletion,
} from "../../../lib/cce/interpret-resource-reply.ts";
import type { ResourceGoal, WatchedResource } from "../../../lib/domain/job-resources.ts";

const NOW = Date.UTC(2026, 10, 23);

const resource = (goal: ResourceGoal): WatchedResource => ({
  goal,
  clusterId: "c",
  id: "r",
  ownJobIds: ["own"],
});

const interpret = (goal: ResourceGoal, body: unknown, status = 200) =>
  interpretResourceReplyUnmasked(
    { status, headers: {}, body: JSON.stringify(body) },
    resource(goal),
    NOW,
    "prod",
  );

describe("interpretResourceReplyUnmasked", () => {
  it.each([
    ["cluster_available", { status: { phase: "Available" } }, "succeeded"],
    ["cluster_available", { status: { phase: "Creating" } }, "pending"],
    ["cluster_available", { status: { phase: "Unavailable" } }, "pending"],
    ["cluster_available", { status: {} }, "pending"],
    ["node_active", { status: { phase: "Active" } }, "succeeded"],
    ["node_active", { status: { phase: "active", jobID: "own" } }, "succeeded"],
    ["node_active", { status: { phase: "Active", jobID: "other" } }, "pending"],
    ["node_active", { status: { phase: "Abnormal" } }, "pending"],
    [
      "node_pool_scaled",
      { spec: { initialNodeCount: 2 }, status: { phase: "", currentNode: 2 } },
      "succeeded",
    ],
    ["node_pool_scaled", { spec: { initialNodeCount: 2 }, status: { currentNode: 1 } }, "pending"],
    ["node_pool_scaled", { spec: { initialNodeCount: 2 }, status: { currentNode: 3 } }, "pending"],
    ["node_pool_scaled", { spec: {}, status: { phase: "Synchronizing" } }, "pending"],
    ["node_pool_scaled", { spec: { initialNodeCount: 0 }, status: { phase: "" } }, "succeeded"],
    ["node_pool_scaled", { spec: { initialNodeCount: 2 }, status: { currentNode: "2" } }, "succeeded"],
    ["node_pool_scaled", { spec: { initialNodeCount: "x" }, status: { currentNode: "x" } }, "pending"],
    ["node_pool_scaled", { status: {} }, "pending"],
    ["node_pool_scaled", { spec: null, status: { phase: "", currentNode: 0 } }, "pending"],
    ["node_pool_scaled", { errorCode: "CCE.01500001", errorMessage: "error", status: {} }, "pending"],
    ["node_deleted", { status: { phase: "Deleting" } }, "pending"],
    ["cluster_available", { status: { phase: " Available " } }, "succeeded"],
    ["cluster_available", { status: { status: "available" } }, "succeeded"],
    ["cluster_available", { status: { phase: "Error" } }, "failed"],
    ["addon_running", { status: { status: "installFailed" } }, "failed"],
  ] as const)("reads %s from %j as %s", (goal, body, state) => {
    expect(interpret(goal, body)).toMatchObject({ kind: "job", job: { state } });
  });

  it.each([
    ["node_pool_scaled", "failed", ["Error", "SoldOut"]],
    ["node_pool_scaled", "pending", ["Synchronizing", "Synchronized", "Deleting"]],
    ["upgrade_task_succeeded", "succeeded", ["Success"]],
    ["upgrade_task_succeeded", "failed", ["Failed"]],
    ["upgrade_task_succeeded", "pending", ["Init", "Queuing", "Running", "Pause"]],
    ["precheck_task_succeeded", "failed", ["Failed", "Error"]],
    ["precheck_task_succeeded", "pending", ["Init", "Queuing", "Running"]],
    ["cluster_upgraded", "failed", ["Error", "RollingBack", "RollbackFailed"]],
    ["cluster_upgraded", "pending", ["Upgrading", "Unavailable", "Resizing"]],
    ["cluster_available", "pending", ["Awaking", "Hibernation", "RollingBack", "RollbackFailed"]],
    ["cluster_hibernated", "succeeded", ["Hibernation"]],
    ["cluster_hibernated", "failed", ["Error"]],
    ["cluster_hibernated", "pending", ["Available", "Hibernating", "Awaking"]],
    ["addon_running", "succeeded", ["running", "available"]],
    ["addon_running", "failed", ["abnormal", "upgradeFailed", "rollbackFailed", "deleteFailed"]],
    ["addon_running", "pending", ["installing", "upgrading", "rollbacking", "deleting", "unknown"]],
    ["addon_deleted", "succeeded", ["deleteSuccess"]],
    ["addon_deleted", "failed", ["deleteFailed"]],
    ["addon_deleted", "pending", ["deleting", "running", "abnormal", "installFailed"]],
  ] as const)("reads for the goal %s as %s without a warning: %j", (goal, state, phases) => {
    for (const phase of phases)
      expect(interpret(goal, { spec: {}, status: { phase } })).toMatchObject({
        kind: "job",
        job: { phase, state },
        warnings: [],
      });
  });

  it("returns the state of a resource without the spaces around it", () => {
    expect(interpret("cluster_available", { status: { phase: " Creating " } })).toMatchObject({
      job: { phase: "Creating" },
      warnings: [],
    });
  });

  it("returns CCE's own reason and message", () => {
    const status = { phase: "Unavailable", reason: "Etcd", message: "etcd has no leader" };
    expect(interpret("cluster_available", { metadata: { name: "blue" }, status })).toMatchObject({
      job: { phase: "Unavailable", reason: "Etcd", resourceName: "blue" },
      message: "etcd has no leader",
    });
  });

  it.each([
    ["upgrade_task_succeeded", 1000, 2000],
    ["precheck_task_succeeded", 1000, 2000],
    ["cluster_upgraded", null, null],
    ["addon_running", null, null],
  ] as const)(
    "returns the times of a task, and no times of another resource: %s",
    (goal, createdAt, updatedAt) => {
      const metadata = { creationTimestamp: "1970-01-01T00:00:01Z", updateTimestamp: "1970-01-01T00:00:03Z" };
      const status = { phase: "Success", completionTime: "1970-01-01T00:00:02Z" };
      expect(interpret(goal, { metadata, status })).toMatchObject({ job: { createdAt, updatedAt } });
      expect(interpret(goal, { metadata, status: { phase: "Success" } })).toMatchObject({
        job: { createdAt, updatedAt: updatedAt === null ? null : 3000 },
      });
    },
  );

  it("returns the resource as a job without a job ID and without subjobs", () => {
    const metadata = { name: "pool-a" };
    const body = { metadata, spec: { initialNodeCount: 1 }, status: { currentNode: 1, Reason: "R" } };
    expect(interpret("node_pool_scaled", body)).toEqual({
      kind: "job",
      job: {
        jobId: null,
        type: "node_pool_scaled",
        phase: "",
        state: "succeeded",
        reason: "R",
        clusterId: "c",
        resourceId: "r",
        resourceName: "pool-a",
        createdAt: null,
        updatedAt: null,
        subJobs: [],
      },
      warnings: [],
      message: null,
    });
  });

  it.each([
    [{ progress: "40" }, "Progress: 40 %"],
    [{ progress: 12.5 }, "Progress: 12.5 %"],
    [{ progress: " 3/5 nodes " }, "Progress: 3/5 nodes"],
    [{ progress: "40 % of 2 nodes" }, "Progress: 40 % of 2 nodes"],
    [{ progress: "x40" }, "Progress: x40"],
    [{ progress: " " }, null],
    [{}, null],
    [{ progress: "40", message: "draining" }, "draining"],
  ])("returns the progress of a running upgrade: %j", (status, message) => {
    expect(interpret("upgrade_task_succeeded", { status: { phase: "Running", ...status } })).toMatchObject({
      message,
    });
  });

  it("returns no progress of an upgrade that has ended", () => {
    expect(
      interpret("upgrade_task_succeeded", { status: { phase: "Success", progress: "100" } }),
    ).toMatchObject({ message: null });
  });

  it("returns the conditions that prevent the scaling of a node pool", () => {
    const conditions = [
      { type: "Scalable", status: "False", message: "quota exceeded" },
      { type: "Scalable", status: "True", message: "may be scaled" },
      { type: "QuotaInsufficient", status: "True", reason: "no vCPUs" },
      { type: "ResourceInsufficient", status: "False", message: "enough" },
      { type: "UnexpectedError", status: "True" },
      "not a condition",
    ];
    const pool = (status: object) => interpret("node_pool_scaled", { status: { phase: "Error", ...status } });
    expect(pool({ conditions })).toMatchObject({ message: "quota exceeded; no vCPUs; UnexpectedError" });
    expect(pool({ conditions: [] })).toMatchObject({ message: null });
    expect(pool({ conditions: "none" })).toMatchObject({ message: null });
    expect(pool({ conditions, message: "own text" })).toMatchObject({ message: "own text" });
  });

  it("warns of a state that CCE does not document, and masks the state", () => {
    const reply = { status: 200, headers: {}, body: JSON.stringify({ status: { phase: "Odd hunter2" } }) };
    const mask = (text: string) => text.replace("hunter2", "<secret>");
    expect(
      interpretResourceReplyUnmasked(reply, resource("cluster_hibernated"), NOW, "prod", mask),
    ).toMatchObject({
      job: { state: "pending" },
      warnings: [expect.stringContaining("'Odd <secret>'")],
    });
  });

  it.each([
    ["creatingNode", 1],
    ["deletingNode", 1],
    ["creatingNode", "x"],
  ])("waits while a node pool with the wanted number of nodes has %s: %j", (field, value) => {
    const status = { phase: "", currentNode: 2, [field]: value };
    expect(interpret("node_pool_scaled", { spec: { initialNodeCount: 2 }, status })).toMatchObject({
      job: { state: "pending" },
    });
  });

  it("waits while another job changes a node, in either spelling of the ID of the job", () => {
    expect(interpret("node_active", { status: { phase: "Active", jobId: "other" } })).toMatchObject({
      job: { state: "pending" },
    });
    expect(interpret("node_active", { status: { phase: "Active", jobId: "own" } })).toMatchObject({
      job: { state: "succeeded" },
    });
  });

  it.each([
    ["cluster_available", "cluster", "cce:cluster:get"],
    ["node_active", "node", "cce:node:get"],
    ["node_pool_scaled", "node pool", "cce:nodepool:get"],
    ["addon_running", "add-on", "cce:addonInstance:get"],
    ["upgrade_task_succeeded", "upgrade task", "cce:cluster:get"],
    ["precheck_task_succeeded", "pre-check task", "cce:cluster:get"],
  ] as const)("names for %s the %s and the permission %s", (goal, what, permission) => {
    expect(interpret(goal, {}, 403)).toMatchObject({
      text: expect.stringContaining(
        `reading the ${what} for project prod: give its user or agency the permission ${permission} `,
      ),
    });
  });

  it.each([[null], [[]], ["<html>"], [{}], [{ status: "Available" }]])(
    "does not take the body %j with the status 200 for a resource",
    (body) => {
      expect(interpret("cluster_available", body).kind).toBe("unavailable");
    },
  );

  it("does not read the body of an error as a resource", () => {
    expect(interpret("node_active", { status: { phase: "Active" } }, 403).kind).toBe("forbidden");
  });
});

describe("treatGoneAsSuccessOfDeletion", () => {
  const gone = { kind: "gone", text: "CCE does not know this node" } as const;

  it("takes a resource that CCE does not know for success only if the resource was to be deleted", () => {
    for (const goal of ["cluster_deleted", "node_deleted", "node_pool_deleted", "addon_deleted"] as const)
      expect(treatGoneAsSuccessOfDeletion(gone, resource(goal))).toMatchObject({
        job: { state: "succeeded", phase: "Deleted", clusterId: "c", resourceId: "r" },
        warnings: [],
      });
    expect(treatGoneAsSuccessOfDeletion(gone, resource("node_active"))).toBe(gone);
  });

  it("does not take a refused query for a deletion", () => {
    const refused = { kind: "misconfigured", text: "no such API" } as const;
    expect(treatGoneAsSuccessOfDeletion(refused, resource("cluster_deleted"))).toBe(refused);
  });
});

describe("resourcePathParts", () => {
  it.each([
    ["cluster_deleted", "projects/p/clusters/c"],
    ["node_active", "projects/p/clusters/c/nodes/r"],
    ["node_pool_scaled", "projects/p/clusters/c/nodepools/r"],
    ["addon_running", "addons/r"],
    ["upgrade_task_succeeded", "projects/p/clusters/c/operation/upgrade/tasks/r"],
    ["precheck_task_succeeded", "projects/p/clusters/c/operation/precheck/tasks/r"],
  ] as const)("returns the path of %s", (goal, path) => {
    expect(resourcePathParts(resource(goal), "p").join("/")).toBe(path);
  });
});

it("the URL of an add-on has the cluster as a query parameter", () => {
  expect(queryParametersOfResource(resource("addon_deleted"))).toEqual({ cluster_id: "c" });
  expect(queryParametersOfResource(resource("node_active"))).toEqual({});
});
