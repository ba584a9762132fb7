import { Ajv2020 } from "ajv/dist/2020.js";
import * as z from "zod/mini";
import { JobId } from "../../../lib/domain/job.ts";
import {
  jobIdFromTaskOrResourceIds,
  mayBeDifferentOperation,
  Operation,
  resourceShowingOperationEnd,
} from "../../../lib/domain/operation.ts";
import {
  isOperationWithoutJob,
  OPERATION_KINDS,
  operationNameOrJobType,
} from "../../../lib/domain/operation-kind.ts";
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

it("the JSON Schema of an operation accepts the same operations as the service", () => {
  const isValid = new Ajv2020({ strictRequired: false }).compile(z.toJSONSchema(Operation));
  const optional = { taskId: "t", nodePoolId: "np", addonId: "a", action: "delete" };
  const names = Object.keys(optional) as (keyof typeof optional)[];
  const results = OPERATION_KINDS.flatMap((kind) =>
    Array.from({ length: 2 ** names.length }, (_, set) => {
      const given = names.filter((_, bit) => set & (1 << bit)).map((name) => [name, optional[name]]);
      return { kind, clusterId: "c", ...Object.fromEntries(given) };
    }),
  ).map((operation) => [isValid(operation), Operation.safeParse(operation).success, operation] as const);
  expect(results.filter(([schema, service]) => schema !== service)).toEqual([]);
  expect(results.filter(([, service]) => service)).toHaveLength(8);
  const long = { clusterId: "c".repeat(56) };
  expect(isValid({ kind: "awake", ...long })).toBe(false);
  expect(isValid({ kind: "awake", clusterId: "null" })).toBe(false);
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

describe("jobIdFromTaskOrResourceIds", () => {
  it("returns a job ID for every operation, and the ID of the task if there is one", () => {
    fc.assert(
      fc.property(operation, (drawn) => {
        const jobId = jobIdFromTaskOrResourceIds(drawn);
        expect(JobId.safeParse(jobId).success).toBe(true);
        if (drawn.taskId !== undefined) expect(jobId).toBe(drawn.taskId);
        expect(resourceShowingOperationEnd(drawn).id).not.toBe("");
      }),
    );
  });

  it("returns different IDs for the installation and the deletion of an add-on", () => {
    const addon = { kind: "addon", clusterId: "c", addonId: "a" } as const;
    expect(jobIdFromTaskOrResourceIds(addon)).toBe("addon:c:a");
    expect(jobIdFromTaskOrResourceIds({ ...addon, action: "update" })).toBe("addon:c:a");
    expect(jobIdFromTaskOrResourceIds({ ...addon, action: "delete" })).toBe("addon:c:a:delete");
  });
});

describe("resourceShowingOperationEnd", () => {
  it.each([
    [{ kind: "cluster_upgrade" }, "cluster_upgraded", "c"],
    [{ kind: "cluster_upgrade", taskId: "t" }, "upgrade_task_succeeded", "t"],
    [{ kind: "upgrade_precheck", taskId: "t" }, "precheck_task_succeeded", "t"],
    [{ kind: "node_pool_scale", nodePoolId: "np" }, "node_pool_scaled", "np"],
    [{ kind: "addon", addonId: "a" }, "addon_running", "a"],
    [{ kind: "addon", addonId: "a", action: "update" }, "addon_running", "a"],
    [{ kind: "addon", addonId: "a", action: "delete" }, "addon_deleted", "a"],
    [{ kind: "hibernate" }, "cluster_hibernated", "c"],
    [{ kind: "awake" }, "cluster_available", "c"],
  ] as const)("returns the goal and the ID for %j", (operation, goal, resourceId) => {
    expect(resourceShowingOperationEnd({ ...operation, clusterId: "c" })).toEqual({
      goal,
      clusterId: "c",
      id: resourceId,
      ownJobIds: [],
    });
  });
});

describe("mayBeDifferentOperation", () => {
  const awake = { kind: "awake", clusterId: "c" } as const;
  const upgrade = { kind: "cluster_upgrade", clusterId: "c", taskId: "t" } as const;
  it.each([
    ["a job", null, null, false],
    ["an operation without a task that was watched before", awake, awake, true],
    ["a task that was watched before", upgrade, upgrade, false],
    ["a task whose ID was watched as the ID of a job", upgrade, null, true],
    ["a task that was watched for another cluster", upgrade, { ...upgrade, clusterId: "other" }, true],
    [
      "a task that was watched as a task of another kind",
      upgrade,
      { ...upgrade, kind: "upgrade_precheck" },
      true,
    ],
    ["a job that was watched as an operation", null, upgrade, false],
  ] as const)("decides about %s", (_, asked, stored, expected) => {
    expect(mayBeDifferentOperation(asked, stored)).toBe(expected);
  });
});

describe("operationNameOrJobType", () => {
  it.each(OPERATION_KINDS)("names %s on pages as in English notifications", (kind) => {
    expect(operationNameOrJobType(kind)).toBe(textsOfLanguage("en")[`operation.${kind}`]);
  });

  it("returns a type of CCE as it is", () => {
    expect(operationNameOrJobType("CreateNode")).toBe("CreateNode");
  });

  it("distinguishes operations without a job from the types of CCE", () => {
    expect(OPERATION_KINDS.every(isOperationWithoutJob)).toBe(true);
    expect([null, "CreateNode", ""].some(isOperationWithoutJob)).toBe(false);
  });
});
