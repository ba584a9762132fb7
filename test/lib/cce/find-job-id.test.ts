import {
  describeErrorInReply,
  findJobId,
  findOperationWithoutJob,
  findOrderIdOrEllipsis,
} from "../../../lib/cce/find-job-id.ts";
import { JobId } from "../../../lib/domain/job.ts";
import fc from "../../support/properties.ts";

describe("findJobId", () => {
  it.each([
    ["in the status", { kind: "Cluster", status: { phase: "Creating", jobID: "a-1" } }, "a-1"],
    ["in the status, in another spelling", { status: { jobId: "a-1" } }, "a-1"],
    ["at the top level", { jobid: "a-1" }, "a-1"],
    ["at the top level, with an underscore", { job_id: "a-1" }, "a-1"],
    ["in an annotation", { metadata: { annotations: { jobID: "a-1" } } }, "a-1"],
    ["in any mixture of cases", { status: { JOBid: "a-1" } }, "a-1"],
    ["in JSON text", '{"status":{"jobID":"a-1"}}', "a-1"],
    ["in the status before the top level", { jobId: "b-2", status: { jobID: "a-1" } }, "a-1"],
    ["that a tool made a number of", { status: { jobID: 20_260_801 } }, "20260801"],
    ["after a missing value", { status: { jobID: null }, job_id: " a-1\n" }, "a-1"],
    ["in a wrapper", { data: { status: { jobID: "a-1" } } }, "a-1"],
    ["in an array", [{ jobid: "a-1" }], "a-1"],
    ["after a value that is not a job ID", { status: { jobID: "" }, jobID: "../x", jobid: "a-1" }, "a-1"],
  ])("finds the job ID %s", (_, body, jobId) => {
    expect(findJobId(body)).toBe(jobId);
  });
  it.each([
    null,
    undefined,
    7,
    "",
    "a-1",
    "{",
    [],
    {},
    { status: null },
    { jobID: -7 },
    { jobID: 1.5 },
    { jobID: 2 ** 60 },
    { jobID: true },
    [{ jobID: "a-1" }, { jobID: "b-2" }],
    { status: { jobID: "a/b" } },
  ])("finds no job ID in %j", (body) => {
    expect(findJobId(body)).toBeNull();
  });
  it("returns a valid job ID or null for any value and never throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.anything(), fc.json()), (body) => {
        const jobId = findJobId(body);
        return jobId === null || JobId.safeParse(jobId).success;
      }),
    );
  });
});

describe("findOrderIdOrEllipsis", () => {
  it.each([
    ["CS2601", { orderID: "CS2601" }],
    ["CS2601", { status: { jobID: null, OrderId: " CS2601 " } }],
    ["2601", { order_id: 2601 }],
    ["2601", { spec: { extendParam: { orderID: 2601 } } }],
    ["CS2601", [{ data: { orderId: "CS2601", message: "wait for the payment" } }]],
    ["2601", { orderID: null, status: { order_ID: null }, metadata: { ORDERID: 2601 } }],
    ["…", { orderID: 2 ** 60 }],
    [null, { orderID: null }],
    [null, { orderID: 0 }],
    [null, { orderID: "" }],
    [null, { order: 7 }],
    [null, "CS2601"],
  ])("returns %j for %j", (orderId, reply) => {
    expect(findOrderIdOrEllipsis(reply)).toBe(orderId);
  });
});

describe("describeErrorInReply", () => {
  it("returns the error code and the message of a refused call in one line", () => {
    const reply = { errorCode: "CCE.01400001", errorMessage: "Invalid\n\u0007request" };
    expect(describeErrorInReply(reply)).toBe("CCE.01400001, Invalid request");
    expect(describeErrorInReply({ error: { code: "IAM.0011" } })).toBe("IAM.0011");
  });
  it("truncates the code and the message", () => {
    const refusal = describeErrorInReply({ code: "c".repeat(100), message: "m".repeat(300) });
    expect(refusal).toBe(`${"c".repeat(63)}…, ${"m".repeat(199)}…`);
  });
  it.each([null, "CCE.01400001", [], {}, { code: " " }, { message: "no code" }, { errorCode: "\u0000" }])(
    "returns null for %j, which has no error code",
    (reply) => {
      expect(describeErrorInReply(reply)).toBeNull();
    },
  );
});

describe("findOperationWithoutJob", () => {
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
    expect(findOperationWithoutJob(reply)).toEqual(expected);
  });

  it.each([
    [null],
    [[]],
    [{}],
    [{ kind: "Cluster", metadata: { uid: "c" }, status: { phase: "Available" } }],
    [{ kind: "constructor", metadata: { uid: "c" } }],
    [{ kind: "toString" }],
  ])("finds no operation in %j", (reply) => {
    expect(findOperationWithoutJob(reply)).toBeNull();
  });

  it("uses the kind and the cluster that the caller names, because some replies are empty", () => {
    const named = { kind: "hibernate", clusterId: "c" };
    expect(findOperationWithoutJob({}, named)).toEqual(named);
    const pool = { kind: "NodePool", metadata: { uid: "np" } };
    expect(findOperationWithoutJob(pool, { clusterId: "c" })).toMatchObject({
      clusterId: "c",
      nodePoolId: "np",
    });
  });
});
