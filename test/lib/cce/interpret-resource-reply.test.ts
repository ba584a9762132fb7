import {
  interpretResourceReply,
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
  interpretResourceReply({ status, headers: {}, body: JSON.stringify(body) }, resource(goal), NOW, "prod");

describe("interpretResourceReply", () => {
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
  ] as const)("reads %s from %j as %s", (goal, body, state) => {
    expect(interpret(goal, body)).toMatchObject({ kind: "job", job: { state } });
  });

  it("returns CCE's own reason and message", () => {
    const status = { phase: "Unavailable", reason: "Etcd", message: "etcd has no leader" };
    expect(interpret("cluster_available", { metadata: { name: "blue" }, status })).toMatchObject({
      job: { phase: "Unavailable", reason: "Etcd", resourceName: "blue" },
      message: "etcd has no leader",
    });
  });

  it.each([[null], [[]], ["<html>"], [{}], [{ status: "Available" }]])(
    "does not take the body %j with the status 200 for a resource",
    (body) => {
      expect(interpret("cluster_available", body).kind).toBe("unavailable");
    },
  );

  it("names the resource and the missing permission in the text for an operator", () => {
    expect(interpret("node_active", {}, 403)).toMatchObject({
      kind: "forbidden",
      text: expect.stringContaining(
        "reading the node for project prod: give its user or agency the permission cce:node:get",
      ),
    });
  });
});

describe("treatGoneAsSuccessOfDeletion", () => {
  const gone = { kind: "gone", text: "CCE does not know this node" } as const;

  it("takes a resource that CCE does not know for success only if the resource was to be deleted", () => {
    expect(treatGoneAsSuccessOfDeletion(gone, resource("node_deleted"))).toMatchObject({
      job: { state: "succeeded" },
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
  ] as const)("returns the path of %s", (goal, path) => {
    expect(resourcePathParts(resource(goal), "p").join("/")).toBe(path);
  });
});
