import { JobId } from "../domain/job.ts";
import {
  type JsonObject,
  parseJsonOrUndefined,
  toObjectOrEmpty,
  unwrapSingleEntriesOrEmpty,
} from "../domain/json.ts";
import type { OperationKind } from "../domain/operation-kind.ts";
import { truncate } from "../domain/truncate-text.ts";
import { extractMessageOrJson, toCceErrorOrEmpty } from "./cce-error.ts";

/** Maps the field `kind` of a response of CCE to the kind of the operation. */
const KINDS: ReadonlyMap<unknown, OperationKind> = new Map([
  ["UpgradeTask", "cluster_upgrade"],
  ["PreCheckTask", "upgrade_precheck"],
  ["NodePool", "node_pool_scale"],
  ["Addon", "addon"],
]);
/** The phase of a cluster shows which kind of operation is running. */
const CLUSTER_KINDS: ReadonlyMap<unknown, OperationKind> = new Map([
  ["Hibernating", "hibernate"],
  ["Hibernation", "hibernate"],
  ["Awaking", "awake"],
  ["Upgrading", "cluster_upgrade"],
]);

const DOCUMENTED_NAMES = ["jobID", "jobId", "jobid", "job_id"];
const MAX_CODE_CHARACTERS = 64;
const MAX_MESSAGE_CHARACTERS = 200;

/**
 * Finds the job ID in a response of CCE, after a call has created, changed or deleted a resource. The response may be
 * JSON text or a parsed value. The job ID may be in the field `status`, at the top level or in an annotation. The name
 * of the field may be in upper or lower case. A tool may have put the response into another object or array. If the
 * response contains no valid job ID, the result is null. Source:
 * https://support.huaweicloud.com/intl/en-us/api-cce/cce_02_0236.html
 */
export function findJobId(replyOrJsonText: unknown): string | null {
  const body = typeof replyOrJsonText === "string" ? parseJsonOrUndefined(replyOrJsonText) : replyOrJsonText;
  for (const { status, top, metadata } of listBodies(body)) {
    for (const fields of [status, top, toObjectOrEmpty(metadata.annotations), metadata]) {
      for (const name of jobIdNames(fields)) {
        const id = JobId.safeParse(textOfId(fields[name]));
        if (id.success) return id.data;
      }
    }
  }
  return null;
}

/** Returns the objects that may contain an ID: the response itself, and an object inside the wrappers of a tool. */
const listBodies = (reply: unknown) =>
  [toObjectOrEmpty(reply), unwrapSingleEntriesOrEmpty(reply)].map((top) => ({
    top,
    status: toObjectOrEmpty(top.status),
    spec: toObjectOrEmpty(top.spec),
    metadata: toObjectOrEmpty(top.metadata),
  }));

/**
 * Converts an ID from a response to text. Some tools convert an ID that consists of digits to a number. A very large
 * number loses digits in JavaScript (see `Number.isSafeInteger`), so the function returns an empty text.
 */
function textOfId(value: unknown): string {
  if (typeof value === "number") return Number.isSafeInteger(value) && value > 0 ? String(value) : "";
  return typeof value === "string" ? value.trim() : "";
}

/**
 * Finds the order ID in a response of CCE. For a prepaid (yearly or monthly) resource, the response contains an order
 * ID instead of a job ID, because CCE starts the job only after the payment. A very large number loses digits in
 * JavaScript, so the function returns `…` for such an order ID. If the response contains no order ID, the result is
 * null.
 */
export function findOrderIdOrEllipsis(reply: unknown): string | null {
  for (const { status, top, spec, metadata } of listBodies(reply))
    for (const fields of [status, top, toObjectOrEmpty(spec.extendParam), metadata])
      for (const [name, value] of Object.entries(fields)) {
        if (!/^order_?id$/i.test(name)) continue;
        const id = textOfId(value);
        if (id !== "" || (typeof value === "number" && value > 0)) return id === "" ? "…" : id;
      }
  return null;
}

/**
 * Returns the names of the fields that may contain the job ID. The names from the documentation of CCE come first.
 * Other spellings that occur in `fields`, such as `JOB_ID`, come last.
 */
function jobIdNames(fields: JsonObject): string[] {
  const others = Object.keys(fields).filter(
    (name) => /^job_?id$/i.test(name) && !DOCUMENTED_NAMES.includes(name),
  );
  return [...DOCUMENTED_NAMES, ...others];
}

/**
 * Returns the error code and the message of a response as one line. The returned line is, for example, `CCE.01400001,
 * Invalid request`. If the response contains no error code, the result is null.
 */
export function describeErrorInReply(parsedReply: unknown): string | null {
  const { codes, message } = toCceErrorOrEmpty(parsedReply);
  const [code] = codes.map((text) => text.replace(/\p{C}/gu, "").trim()).filter((text) => text !== "");
  if (code === undefined) return null;
  const shortCode = truncate(code, MAX_CODE_CHARACTERS);
  return message === null ? shortCode : `${shortCode}, ${truncate(message, MAX_MESSAGE_CHARACTERS)}`;
}

/** An operation as described by the response of CCE and by the caller, before the validation. */
interface FoundOperation {
  readonly kind: string;
  readonly clusterId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly nodePoolId?: string | undefined;
  readonly addonId?: string | undefined;
  readonly action?: "delete" | undefined;
}

/**
 * Finds out from a response of CCE which operation has started. The function finds only operations for which CCE
 * creates no job. Some responses are empty or do not contain the cluster ID. The caller can therefore state the kind of
 * the operation and the cluster ID. If the response is about no operation, the result is null. Source:
 * https://support.huaweicloud.com/intl/en-us/api-cce/UpgradeCluster.html and the pages of the other calls
 */
export function findOperationWithoutJob(
  reply: unknown,
  statedByCaller: { readonly kind?: string | undefined; readonly clusterId?: string | undefined } = {},
): FoundOperation | null {
  const body = toObjectOrEmpty(reply);
  const [metadata, spec] = [toObjectOrEmpty(body.metadata), toObjectOrEmpty(body.spec)];
  const status = toObjectOrEmpty(body.status);
  const kind = statedByCaller.kind ?? kindOf(body, metadata, spec, status);
  if (kind === null) return null;
  const uid = extractMessageOrJson(metadata.uid) ?? undefined;
  const ofCluster = body.kind === "Cluster" ? uid : (extractMessageOrJson(spec.clusterID) ?? undefined);
  const operation = { kind, clusterId: statedByCaller.clusterId ?? ofCluster };
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
