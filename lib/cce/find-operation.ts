import { type JsonObject, toObjectOrEmpty } from "../domain/json.ts";
import type { OperationKind } from "../domain/operation-kind.ts";
import { textOfValue } from "./cce-error.ts";

/** The fields of an operation as a reply of CCE and the caller give them. The fields are not checked. */
interface FoundOperation {
  readonly kind: string;
  readonly clusterId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly nodePoolId?: string | undefined;
  readonly addonId?: string | undefined;
  readonly action?: "delete" | undefined;
}

/** The kind of the operation that a reply is about, by the field `kind` of the reply. */
const KINDS: ReadonlyMap<unknown, OperationKind> = new Map([
  ["UpgradeTask", "cluster_upgrade"],
  ["PreCheckTask", "upgrade_precheck"],
  ["NodePool", "node_pool_scale"],
  ["Addon", "addon"],
]);
/** The kind of the operation that a cluster is in, by its phase. */
const CLUSTER_KINDS: ReadonlyMap<unknown, OperationKind> = new Map([
  ["Hibernating", "hibernate"],
  ["Hibernation", "hibernate"],
  ["Awaking", "awake"],
  ["Upgrading", "cluster_upgrade"],
]);

/**
 * Finds the operation in the reply of CCE to a call that starts an operation without a job. Some replies do not name
 * the cluster. The replies to the calls that hibernate or wake a cluster are empty. Therefore the caller may name the
 * kind and the cluster. Returns null if the reply is not about an operation.
 * Source: https://support.huaweicloud.com/intl/en-us/api-cce/UpgradeCluster.html and the pages of the other calls
 */
export function findOperation(
  reply: unknown,
  named: { readonly kind?: string | undefined; readonly clusterId?: string | undefined } = {},
): FoundOperation | null {
  const body = toObjectOrEmpty(reply);
  const [metadata, spec] = [toObjectOrEmpty(body.metadata), toObjectOrEmpty(body.spec)];
  const status = toObjectOrEmpty(body.status);
  const kind = named.kind ?? kindOf(body, metadata, spec, status);
  if (kind === null) return null;
  const uid = textOfValue(metadata.uid) ?? undefined;
  const ofCluster = body.kind === "Cluster" ? uid : (textOfValue(spec.clusterID) ?? undefined);
  const operation = { kind, clusterId: named.clusterId ?? ofCluster };
  if (body.kind === "Cluster") return operation;
  switch (kind) {
    case "cluster_upgrade":
    case "upgrade_precheck":
      return { ...operation, taskId: uid };
    case "node_pool_scale":
      return { ...operation, nodePoolId: uid };
    case "addon":
      return { ...operation, addonId: uid, action: status.status === "deleting" ? "delete" : undefined };
    default:
      return operation;
  }
}

function kindOf(
  body: JsonObject,
  metadata: JsonObject,
  spec: JsonObject,
  status: JsonObject,
): OperationKind | null {
  if (body.kind === "Cluster") return CLUSTER_KINDS.get(status.phase) ?? null;
  if (spec.clusterUpgradeAction !== undefined) return "cluster_upgrade";
  return KINDS.get(body.kind ?? metadata.kind) ?? null;
}
