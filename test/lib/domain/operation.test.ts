import { JobId } from "../../../lib/domain/job.ts";
import {
  computeOperationJobId,
  mayBeNewOperation,
  Operation,
  resourceOfOperation,
} from "../../../lib/domain/operation.ts";
import { formatJobType, OPERATION_KINDS } from "../../../lib/domain/operation-kind.ts";
import { textsOfLanguage } from "../../../lib/domain/texts.ts";
import fc from "../../support/properties.ts";

const faults = (operation: unknown) =>
  (Operation.safeParse(operation).error?.issues ?? []).map(
    ({ path, message }) => `${path.join(".")}: ${message}`,
  );

describe("Operation", () => {
  it("says that a script found no ID when the ID of a cluster or a task is 'null'", () => {
    const fault = "is 'null', so the script probably found no ID in the reply of CCE";
    expect(faults({ kind: "cluster_upgrade", clusterId: "null", taskId: "null" })).toEqual([
      `clusterId: ${fault}`,
      `taskId: ${fault}`,
    ]);
  });

  it.each([
    { kind: "cluster_upgrade", clusterId: "c" },
    { kind: "cluster_upgrade", clusterId: "c", taskId: "t" },
    { kind: "upgrade_precheck", clusterId: "c", taskId: "t" },
    { kind: "node_pool_scale", clusterId: "c", nodePoolId: "np" },
    { kind: "addon", clusterId: "c", addonId: "a", action: "delete" },
    { kind: "hibernate", clusterId: "c" },
    { kind: "awake", clusterId: "c" },
  ])("accepts %j", (operation) => {
    expect(faults(operation)).toEqual([]);
  });

  it.each([
    [
      { kind: "upgrade_precheck", clusterId: "c" },
      ["taskId: is missing. The kind 'upgrade_precheck' needs it."],
    ],
    [{ kind: "addon", clusterId: "c" }, ["addonId: is missing. The kind 'addon' needs it."]],
    [
      { kind: "node_pool_scale", clusterId: "c", addonId: "a", action: "delete" },
      [
        "nodePoolId: is missing. The kind 'node_pool_scale' needs it.",
        "addonId: does not belong to the kind 'node_pool_scale'",
        "action: does not belong to the kind 'node_pool_scale'",
      ],
    ],
    [{ kind: "awake", clusterId: "null" }, [expect.stringContaining("clusterId: is 'null'")]],
    [{ kind: "awake", clusterId: "c".repeat(56) }, ["clusterId: must have at most 55 characters"]],
    [{ kind: "restart", clusterId: "c" }, [expect.stringContaining("kind: must be")]],
  ])("reports every fault of %j", (operation, expected) => {
    expect(faults(operation)).toEqual(expected);
  });
});

const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,54}$/);
const operation = fc
  .record({ kind: fc.constantFrom(...OPERATION_KINDS), clusterId: id, other: id, hasTask: fc.boolean() })
  .map(({ kind, clusterId, other, hasTask }) => {
    if (kind === "node_pool_scale") return { kind, clusterId, nodePoolId: other };
    if (kind === "addon") return { kind, clusterId, addonId: other, ...(hasTask && { action: "delete" }) };
    if (kind === "upgrade_precheck") return { kind, clusterId, taskId: other };
    return kind === "cluster_upgrade" && hasTask ? { kind, clusterId, taskId: other } : { kind, clusterId };
  })
  .map((drawn) => Operation.safeParse(drawn).data)
  .filter((drawn) => drawn !== undefined);

describe("computeOperationJobId", () => {
  it("returns a job ID for every operation, and the ID of the task if there is one", () => {
    fc.assert(
      fc.property(operation, (drawn) => {
        const jobId = computeOperationJobId(drawn);
        expect(JobId.safeParse(jobId).success).toBe(true);
        if (drawn.taskId !== undefined) expect(jobId).toBe(drawn.taskId);
        expect(resourceOfOperation(drawn).id).not.toBe("");
      }),
    );
  });

  it("returns different IDs for the installation and the deletion of an add-on", () => {
    const addon = { kind: "addon", clusterId: "c", addonId: "a" } as const;
    expect(computeOperationJobId(addon)).toBe("addon:c:a");
    expect(computeOperationJobId({ ...addon, action: "update" })).toBe("addon:c:a");
    expect(computeOperationJobId({ ...addon, action: "delete" })).toBe("addon:c:a:delete");
  });
});

describe("mayBeNewOperation", () => {
  const awake = { kind: "awake", clusterId: "c" } as const;
  const upgrade = { kind: "cluster_upgrade", clusterId: "c", taskId: "t" } as const;
  it.each([
    ["a job", null, null, false],
    ["an operation without a task that was watched before", awake, awake, true],
    ["a task that was watched before", upgrade, upgrade, false],
    ["a task whose ID was watched as the ID of a job", upgrade, null, true],
    ["a task that was watched for another cluster", upgrade, { ...upgrade, clusterId: "other" }, true],
    ["a job that was watched as an operation", null, upgrade, false],
  ] as const)("decides about %s", (_, asked, stored, expected) => {
    expect(mayBeNewOperation(asked, stored)).toBe(expected);
  });
});

describe("formatJobType", () => {
  it.each(OPERATION_KINDS)("names %s on pages as in English notifications", (kind) => {
    expect(formatJobType(kind)).toBe(textsOfLanguage("en")[`operation.${kind}`]);
  });

  it("returns a type of CCE as it is", () => {
    expect(formatJobType("CreateNode")).toBe("CreateNode");
  });
});
