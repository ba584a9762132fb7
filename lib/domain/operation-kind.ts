import * as z from "zod/mini";
import "./zod-fields.ts";

/**
 * The kinds of operations for which CCE creates no job. The watch of an operation stores the kind of the operation as
 * the job type.
 */
export const OPERATION_KINDS = [
  "cluster_upgrade",
  "upgrade_precheck",
  "node_pool_scale",
  "addon",
  "hibernate",
  "awake",
] as const;
export const OperationKind = z.enum(OPERATION_KINDS);
export type OperationKind = z.infer<typeof OperationKind>;

/** Returns true if a job type is one of `OPERATION_KINDS`. No job type of CCE has the name of an operation kind. */
export function isOperationWithoutJob(jobType: string | null): boolean {
  return OperationKind.safeParse(jobType).success;
}

const KIND_NAMES: Readonly<Record<OperationKind, string>> = {
  cluster_upgrade: "Cluster upgrade",
  upgrade_precheck: "Upgrade pre-check",
  node_pool_scale: "Node pool scaling",
  addon: "Add-on",
  hibernate: "Cluster hibernation",
  awake: "Cluster wake-up",
};

/** Returns a job type as text for people. For an operation, the text is its English name. */
export function operationNameOrJobType(jobType: string): string {
  const kind = OperationKind.safeParse(jobType);
  return kind.success ? KIND_NAMES[kind.data] : jobType;
}
