import * as z from "zod/mini";
import { JOB_ID_KEYWORDS, ResourceId } from "./job.ts";
import type { WatchedResource } from "./job-resources.ts";
import { OPERATION_KINDS, OperationKind } from "./operation-kind.ts";
import { registerKeywords, withChecks, withDescription } from "./zod-fields.ts";

/** An operation has at most one of these ID fields in addition to `clusterId`. */
const ID_FIELDS = ["taskId", "nodePoolId", "addonId"] as const;

/**
 * For each kind of operation, the ID field that it may have. If `isRequired` is true, a request must contain the field.
 */
const ID_FIELD_OF: Readonly<
  Partial<Record<OperationKind, { readonly name: (typeof ID_FIELDS)[number]; readonly isRequired: boolean }>>
> = {
  cluster_upgrade: { name: "taskId", isRequired: false },
  upgrade_precheck: { name: "taskId", isRequired: true },
  node_pool_scale: { name: "nodePoolId", isRequired: true },
  addon: { name: "addonId", isRequired: true },
};

/**
 * The maximum length of an ID in an operation. The service may form a job ID from the kind of an operation and two IDs,
 * and a job ID has at most 128 characters.
 */
const MAX_ID_CHARACTERS = 55;
const resourceId = (description: string) =>
  registerKeywords(
    withChecks(
      ResourceId,
      z.maxLength(MAX_ID_CHARACTERS, `must have at most ${MAX_ID_CHARACTERS} characters`),
    ),
    { ...JOB_ID_KEYWORDS, maxLength: MAX_ID_CHARACTERS, description },
  );

export const ADDON_ACTIONS = ["install", "update", "delete"] as const;
export const AddonAction = z.enum(ADDON_ACTIONS);

/**
 * An operation for which CCE creates no job. The service polls a task or a resource to find the end of the operation.
 */
export const Operation = z.lazy(() =>
  registerKeywords(
    withChecks(
      z.strictObject({
        kind: withDescription(
          OperationKind,
          "`cluster_upgrade` and `upgrade_precheck` end with their task, `node_pool_scale` with the number of nodes, `addon` with the state of the add-on, `hibernate` and `awake` with the state of the cluster.",
        ),
        clusterId: resourceId("The ID of the cluster."),
        taskId: withDescription(
          z.optional(ResourceId),
          "The ID of the task: `metadata.uid` in the reply of CCE. `upgrade_precheck` needs it. Without it, `cluster_upgrade` ends with the state of the cluster.",
        ),
        nodePoolId: z.optional(resourceId("The ID of the node pool for `node_pool_scale`.")),
        addonId: z.optional(resourceId("The ID of the add-on for `addon`.")),
        action: withDescription(
          z.optional(AddonAction),
          "For `addon`: with `delete`, the operation has succeeded when CCE no longer knows the add-on. The default is `install`.",
        ),
      }),
      z.check(({ value, issues }) => {
        for (const [path, message] of fieldFaults(value))
          issues.push({ code: "custom", input: value, path: [path], message });
      }),
    ),
    {
      description: "An operation of CCE that has no job.",
      ...OPERATION_KINDS.reduce(requireOwnFields, {}),
    },
  ),
);
export type Operation = Readonly<z.infer<typeof Operation>>;

/**
 * Adds the rules for one kind of operation to a JSON Schema. The rules say which fields a kind of operation requires
 * and which fields it forbids. The rules do not use `oneOf`, because many code generators create types without names
 * for `oneOf`. A code generator for Go cannot read the schema `false`, so the rules use `not: {}`.
 */
function requireOwnFields(otherKinds: object, kind: OperationKind): object {
  const own = ID_FIELD_OF[kind];
  const others = [...ID_FIELDS, ...(kind === "addon" ? [] : ["action"])].filter((name) => name !== own?.name);
  return {
    if: { properties: { kind: { const: kind } } },
    // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of JSON Schema here. No code awaits this object.
    then: {
      required: own?.isRequired ? [own.name] : [],
      properties: Object.fromEntries(others.map((name) => [name, { not: {} }])),
    },
    else: otherKinds,
  };
}

function fieldFaults({ kind, action, ...ids }: z.infer<typeof Operation>): [field: string, fault: string][] {
  const own = ID_FIELD_OF[kind];
  const faults: [string, string][] = [];
  for (const field of ID_FIELDS) {
    if (field === own?.name && own.isRequired && ids[field] === undefined)
      faults.push([field, `is missing. The kind '${kind}' needs it.`]);
    if (field !== own?.name && ids[field] !== undefined)
      faults.push([field, `does not belong to the kind '${kind}'`]);
  }
  if (action !== undefined && kind !== "addon")
    faults.push(["action", `does not belong to the kind '${kind}'`]);
  return faults;
}

/**
 * Returns the job ID of an operation. The job ID is the task ID. Without a task ID, the function forms the job ID from
 * the kind and the resource IDs, so equal operations get the same job ID.
 */
export function jobIdFromTaskOrResourceIds(operation: Operation): string {
  const { kind, clusterId, taskId, nodePoolId, addonId, action } = operation;
  if (taskId !== undefined) return taskId;
  const parts = [kind, clusterId, nodePoolId ?? addonId, action === "delete" ? action : undefined];
  return parts.filter((part) => part !== undefined).join(":");
}

/**
 * Returns true if the operation in a request may differ from the operation of the stored watch. Equal task IDs mean the
 * same operation. Without a task ID, the operation may be new, because a caller can start the same operation again.
 */
export function mayBeDifferentOperation(
  requested: Operation | null | undefined,
  stored: Operation | null,
): boolean {
  if (requested == null) return false;
  if (requested.taskId === undefined || stored === null) return true;
  return requested.kind !== stored.kind || requested.clusterId !== stored.clusterId;
}

/** Returns the resource or task that the service polls to find the end of an operation. */
export function resourceShowingOperationEnd(operation: Operation): WatchedResource {
  const { kind, clusterId, taskId, nodePoolId = "", addonId = "", action } = operation;
  const resource = (goal: WatchedResource["goal"], id: string) => ({ goal, clusterId, id, ownJobIds: [] });
  switch (kind) {
    case "cluster_upgrade":
      return taskId === undefined
        ? resource("cluster_upgraded", clusterId)
        : resource("upgrade_task_succeeded", taskId);
    case "upgrade_precheck":
      return resource("precheck_task_succeeded", taskId ?? "");
    case "node_pool_scale":
      return resource("node_pool_scaled", nodePoolId);
    case "addon":
      return resource(action === "delete" ? "addon_deleted" : "addon_running", addonId);
    case "hibernate":
      return resource("cluster_hibernated", clusterId);
    case "awake":
      return resource("cluster_available", clusterId);
    default:
      return kind satisfies never;
  }
}
