import { findOperation } from "../../../lib/cce/find-operation.ts";

describe("findOperation", () => {
  it.each([
    [
      "an upgrade",
      { metadata: { uid: "t" }, spec: { clusterUpgradeAction: { targetVersion: "v1.29" } } },
      { kind: "cluster_upgrade", taskId: "t" },
    ],
    [
      "an upgrade task",
      { kind: "UpgradeTask", metadata: { uid: "t" } },
      { kind: "cluster_upgrade", taskId: "t" },
    ],
    [
      "a pre-check",
      { kind: "PreCheckTask", metadata: { uid: "t" }, spec: { clusterID: "c" }, status: { phase: "Init" } },
      { kind: "upgrade_precheck", clusterId: "c", taskId: "t" },
    ],
    [
      "the scaling of a node pool",
      { kind: "NodePool", metadata: { uid: "np" }, spec: { initialNodeCount: 3 }, status: { phase: "" } },
      { kind: "node_pool_scale", nodePoolId: "np" },
    ],
    [
      "the installation of an add-on",
      { kind: "Addon", metadata: { uid: "a" }, spec: { clusterID: "c" }, status: { status: "installing" } },
      { kind: "addon", clusterId: "c", addonId: "a" },
    ],
    [
      "the deletion of an add-on",
      { kind: "Addon", metadata: { uid: "a" }, spec: { clusterID: "c" }, status: { status: "deleting" } },
      { kind: "addon", clusterId: "c", addonId: "a", action: "delete" },
    ],
    [
      "a cluster that hibernates",
      { kind: "Cluster", metadata: { uid: "c" }, status: { phase: "Hibernating" } },
      { kind: "hibernate", clusterId: "c" },
    ],
    [
      "a cluster that wakes up",
      { kind: "Cluster", metadata: { uid: "c" }, status: { phase: "Awaking" } },
      { kind: "awake", clusterId: "c" },
    ],
  ])("finds %s", (_, reply, expected) => {
    expect(findOperation(reply)).toEqual(expected);
  });

  it.each([
    [null],
    [[]],
    [{}],
    [{ kind: "Cluster", metadata: { uid: "c" }, status: { phase: "Available" } }],
    [{ kind: "constructor", metadata: { uid: "c" } }],
    [{ kind: "toString" }],
  ])("finds no operation in %j", (reply) => {
    expect(findOperation(reply)).toBeNull();
  });

  it("uses the kind and the cluster that the caller names, because some replies are empty", () => {
    const named = { kind: "hibernate", clusterId: "c" };
    expect(findOperation({}, named)).toEqual(named);
    const pool = { kind: "NodePool", metadata: { uid: "np" } };
    expect(findOperation(pool, { clusterId: "c" })).toMatchObject({ clusterId: "c", nodePoolId: "np" });
  });
});
