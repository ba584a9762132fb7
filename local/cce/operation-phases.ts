import * as z from "zod";
import { Operation, resourceShowingOperationEnd } from "../../lib/domain/operation.ts";
import type { OperationKind } from "../../lib/domain/operation-kind.ts";

/** The script of a simulated operation without a job. */
export const OperationScript = z.strictObject({
  project: z.string().min(1),
  operation: Operation,
  /** The name of the cluster, the node pool or the add-on. */
  name: z.string().default("simulated"),
  /**
   * The start of the operation, in seconds after the operation was added to the simulator. Until `startSeconds`, the
   * resource shows its old state.
   */
  startSeconds: z.number().min(0).default(0),
  /**
   * The end of the operation, in seconds after the operation was added to the simulator. `endSeconds` is null if the
   * operation never ends.
   */
  endSeconds: z.number().min(0).nullable(),
  outcome: z.enum(["succeeded", "failed"]).default("succeeded"),
  reason: z.string().optional(),
  message: z.string().optional(),
});
type OperationScript = z.infer<typeof OperationScript>;
export type OperationScriptInput = z.input<typeof OperationScript>;

/** The phase that CCE shows for a resource before, during and after an operation. */
interface Phases {
  readonly before: string;
  readonly during: readonly string[];
  readonly succeeded: string | null;
  readonly failed: string;
}

const PHASES: Readonly<Record<OperationKind, Phases>> = {
  cluster_upgrade: {
    before: "Init",
    during: ["Queuing", "Running"],
    succeeded: "Success",
    failed: "Failed",
  },
  upgrade_precheck: { before: "Init", during: ["Running"], succeeded: "Success", failed: "Failed" },
  node_pool_scale: { before: "", during: ["Synchronizing"], succeeded: "", failed: "SoldOut" },
  addon: { before: "installing", during: ["installing"], succeeded: "running", failed: "installFailed" },
  hibernate: { before: "Available", during: ["Hibernating"], succeeded: "Hibernation", failed: "Error" },
  awake: { before: "Hibernation", during: ["Awaking"], succeeded: "Available", failed: "Error" },
};
const ADDON_ACTIONS = {
  install: PHASES.addon,
  update: { before: "running", during: ["upgrading"], succeeded: "running", failed: "upgradeFailed" },
  delete: { before: "running", during: ["deleting"], succeeded: null, failed: "deleteFailed" },
} satisfies Record<NonNullable<Operation["action"]>, Phases>;
/**
 * The phases of a cluster during an upgrade. If the task ID of the upgrade is unknown, the service reads the state of
 * the cluster instead of the task.
 */
const CLUSTER_UPGRADE: Phases = {
  before: "Available",
  during: ["Upgrading"],
  succeeded: "Available",
  failed: "RollbackFailed",
};

/** The number of nodes that a simulated node pool has before and after its scaling. */
const NODES = { before: 1, after: 3 };

/** Returns the script of the task or resource that shows the progress of an operation. */
export function createOperationStates(script: OperationScript, timeOf: Timestamp) {
  const { operation, project, startSeconds, endSeconds, outcome, reason, message } = script;
  const { before, during, succeeded, failed } = phasesOf(operation);
  const { goal, id, clusterId } = resourceShowingOperationEnd(operation);
  const body = (phase: string | null, atSeconds: number) =>
    phase === null ? null : renderState(script, phase, atSeconds, {}, timeOf);
  const lastSeconds = endSeconds ?? Number.POSITIVE_INFINITY;
  const middle = (i: number) =>
    startSeconds + (endSeconds === null ? i : ((endSeconds - startSeconds) * i) / during.length);
  const steps = [
    { startSeconds: 0, body: body(before, 0) },
    ...during.map((phase, i) => ({ startSeconds: middle(i), body: body(phase, middle(i)) })),
  ].filter((step) => step.startSeconds < lastSeconds);
  const end =
    outcome === "succeeded"
      ? body(succeeded, lastSeconds)
      : renderState(script, failed, lastSeconds, { reason, Reason: reason, message }, timeOf);
  const path = pathOf(goal, clusterId, id);
  return {
    project,
    path,
    steps: endSeconds === null ? steps : [...steps, { startSeconds: endSeconds, body: end }],
  };
}

/** Converts a number of seconds after the start of a script to a timestamp of CCE. */
type Timestamp = (seconds: number) => string;

function phasesOf({ kind, taskId, action = "install" }: Operation): Phases {
  if (kind === "addon") return ADDON_ACTIONS[action];
  return kind === "cluster_upgrade" && taskId === undefined ? CLUSTER_UPGRADE : PHASES[kind];
}

function pathOf(
  goal: ReturnType<typeof resourceShowingOperationEnd>["goal"],
  clusterId: string,
  id: string,
): string {
  const cluster = `clusters/${clusterId}`;
  switch (goal) {
    case "upgrade_task_succeeded":
      return `${cluster}/operation/upgrade/tasks/${id}`;
    case "precheck_task_succeeded":
      return `${cluster}/operation/precheck/tasks/${id}`;
    case "node_pool_scaled":
      return `${cluster}/nodepools/${id}`;
    case "addon_running":
    case "addon_deleted":
      return `addons/${id}`;
    default:
      return cluster;
  }
}

function renderState(
  { operation, name, endSeconds }: OperationScript,
  phase: string,
  atSeconds: number,
  texts: Readonly<Record<string, string | undefined>>,
  timeOf: Timestamp,
): Record<string, unknown> {
  const { kind, clusterId, taskId, nodePoolId, addonId } = operation;
  const isOver = endSeconds !== null && atSeconds >= endSeconds;
  const times = {
    creationTimestamp: timeOf(0),
    updateTimestamp: timeOf(Math.min(atSeconds, endSeconds ?? 0)),
  };
  switch (kind) {
    case "cluster_upgrade":
    case "upgrade_precheck": {
      if (taskId === undefined) break;
      const completionTime = isOver ? timeOf(endSeconds) : "";
      const upgrade = { progress: isOver ? "100" : "40", completionTime };
      return {
        kind: kind === "cluster_upgrade" ? "UpgradeTask" : "PreCheckTask",
        apiVersion: "v3",
        metadata: { uid: taskId, ...times },
        spec:
          kind === "cluster_upgrade"
            ? { version: "v1.27", targetVersion: "v1.29" }
            : { clusterID: clusterId },
        status: { phase, ...(kind === "cluster_upgrade" ? upgrade : texts) },
      };
    }
    case "node_pool_scale":
      return {
        kind: "NodePool",
        apiVersion: "v3",
        metadata: { name, uid: nodePoolId },
        spec: { initialNodeCount: NODES.after },
        status: { phase, currentNode: isOver && phase === "" ? NODES.after : NODES.before, ...texts },
      };
    case "addon":
      return {
        kind: "Addon",
        apiVersion: "v3",
        metadata: { name, uid: addonId },
        spec: { clusterID: clusterId },
        status: { status: phase, ...texts },
      };
    case "hibernate":
    case "awake":
      break;
    default:
      return kind satisfies never;
  }
  return {
    kind: "Cluster",
    apiVersion: "v3",
    metadata: { name, uid: clusterId },
    spec: {},
    status: { phase, ...texts },
  };
}
