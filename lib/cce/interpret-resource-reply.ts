import type { Instant, JobState, Observation } from "../domain/job.ts";
import { RESOURCE_GOALS, type ResourceGoal, type WatchedResource } from "../domain/job-resources.ts";
import { isJsonObject, type JsonObject, parseJsonOrUndefined, toObjectOrEmpty } from "../domain/json.ts";
import type { SecretMask } from "../domain/secret-mask.ts";
import { extractMessageOrJson } from "./cce-error.ts";
import { interpretErrorReplyUnmasked, type JobReply, type Queried } from "./interpret-job-reply.ts";
import { describeUnknownPhase, parseCceTime } from "./parse-job.ts";
import resourceStates from "./resource-states.json" with { type: "json" };

/**
 * The states in which a resource has reached its goal or has failed. In all other states, the service polls the
 * resource again.
 */
interface GoalStates {
  readonly succeeded: readonly string[];
  readonly failed: readonly string[];
  /**
   * The documented states that mean neither success nor failure. With `pending`, a state that is in none of the three
   * lists causes a warning.
   */
  readonly pending?: readonly string[];
  /** The meaning of HTTP status 404 from CCE. If the job deletes the resource, status 404 means `succeeded`. */
  readonly gone?: string;
}

const GOAL_STATES: Readonly<Record<ResourceGoal, GoalStates>> = resourceStates;

type ResourceKind = (typeof RESOURCE_GOALS)[ResourceGoal];

const QUERIED: Readonly<Record<ResourceKind, Queried>> = {
  cluster: { what: "cluster", permission: "cce:cluster:get" },
  node: { what: "node", permission: "cce:node:get" },
  node_pool: { what: "node pool", permission: "cce:nodepool:get" },
  addon: { what: "add-on", permission: "cce:addonInstance:get" },
  upgrade_task: { what: "upgrade task", permission: "cce:cluster:get" },
  precheck_task: { what: "pre-check task", permission: "cce:cluster:get" },
};

/** Returns the parts of the URL path of a resource, without the API version. */
export function resourcePathParts(
  { goal, clusterId, id }: WatchedResource,
  projectId: string,
): readonly string[] {
  const cluster = ["projects", projectId, "clusters", clusterId];
  const kind = RESOURCE_GOALS[goal];
  switch (kind) {
    case "cluster":
      return cluster;
    case "node":
      return [...cluster, "nodes", id];
    case "node_pool":
      return [...cluster, "nodepools", id];
    case "addon":
      return ["addons", id];
    case "upgrade_task":
      return [...cluster, "operation", "upgrade", "tasks", id];
    case "precheck_task":
      return [...cluster, "operation", "precheck", "tasks", id];
    default:
      return kind satisfies never;
  }
}

/**
 * Returns the query parameters in the URL of a resource. Only the URL of an add-on has a query parameter: the cluster
 * ID.
 */
export function queryParametersOfResource(resource: WatchedResource): Readonly<Record<string, string>> {
  const { goal, clusterId } = resource;
  return RESOURCE_GOALS[goal] === "addon" ? { cluster_id: clusterId } : {};
}

/**
 * Converts a response of CCE about a resource into an observation. The observation contains a job that stands for the
 * resource. The field `phase` of the job contains the state of the resource in the response. If the resource has
 * reached its goal, the field `state` of the job is `succeeded`. The caller must mask the texts, because they may
 * contain credentials. Source of the states: https://support.huaweicloud.com/intl/en-us/api-cce/cce_02_0235.html
 */
export function interpretResourceReplyUnmasked(
  reply: JobReply,
  resource: WatchedResource,
  now: Instant,
  project: string,
  maskBeforeTruncating?: SecretMask,
): Observation {
  const kind = RESOURCE_GOALS[resource.goal];
  const document = reply.status === 200 ? parseJsonOrUndefined(reply.body) : null;
  const found = isJsonObject(document) && isJsonObject(document.status) ? document : null;
  if (found !== null) return observeResource(found, resource, maskBeforeTruncating);
  return interpretErrorReplyUnmasked(reply, now, project, QUERIED[kind]);
}

/**
 * If CCE no longer knows a resource that the job deletes, the function returns a success. The function does not change
 * other observations.
 */
export function treatGoneAsSuccessOfDeletion(
  observation: Observation,
  resource: WatchedResource,
): Observation {
  if (observation.kind !== "gone" || GOAL_STATES[resource.goal].gone !== "succeeded") return observation;
  return toObservation(resource, "Deleted", "succeeded", {});
}

function observeResource(document: JsonObject, resource: WatchedResource, mask?: SecretMask): Observation {
  const status = toObjectOrEmpty(document.status);
  const phase = textIn(status, ["phase", "status"])?.trim() ?? "";
  const { succeeded, failed, pending } = GOAL_STATES[resource.goal];
  const isKnown = pending === undefined || includesPhase([...succeeded, ...failed, ...pending], phase);
  const warnings = isKnown ? [] : [describeUnknownPhase(phase, mask)];
  return toObservation(resource, phase, stateOf(phase, document, resource), document, warnings);
}

function stateOf(phase: string, document: JsonObject, resource: WatchedResource): JobState {
  const { succeeded, failed } = GOAL_STATES[resource.goal];
  if (includesPhase(failed, phase)) return "failed";
  return includesPhase(succeeded, phase) && isSettled(document, resource) ? "succeeded" : "pending";
}

/**
 * Returns false while another job changes the node, or while the number of nodes in the pool is wrong. The function
 * also returns false while CCE creates or deletes nodes of the node pool.
 */
function isSettled({ spec, status }: JsonObject, { goal, ownJobIds }: WatchedResource): boolean {
  const [wanted, found] = [toObjectOrEmpty(spec), toObjectOrEmpty(status)];
  switch (RESOURCE_GOALS[goal]) {
    case "node": {
      const running = textIn(found, ["jobID", "jobId"]);
      return running === null || ownJobIds.includes(running);
    }
    case "node_pool":
      // An empty phase of a node pool means success. A response without `spec` never means success, because it may be
      // an error.
      return (
        isJsonObject(spec) &&
        countOf(found, "currentNode") === countOf(wanted, "initialNodeCount") &&
        countOf(found, "creatingNode") === 0 &&
        countOf(found, "deletingNode") === 0
      );
    default:
      return true;
  }
}

/**
 * Reads a number of nodes from a response. If the field is missing, the result is 0. If the value is not a number, the
 * result is NaN, which is not equal to any number.
 */
const countOf = (fields: JsonObject, name: string): number => Number(extractMessageOrJson(fields[name]) ?? 0);

function toObservation(
  { clusterId, id, goal }: WatchedResource,
  phase: string,
  state: JobState,
  document: JsonObject,
  warnings: readonly string[] = [],
): Observation {
  const status = toObjectOrEmpty(document.status);
  const metadata = toObjectOrEmpty(document.metadata);
  const isTask = ["upgrade_task", "precheck_task"].includes(RESOURCE_GOALS[goal]);
  const timeOf = (fields: JsonObject, name: string) => (isTask ? parseCceTime(textIn(fields, [name])) : null);
  const job = {
    jobId: null,
    type: goal,
    phase,
    state,
    reason: textIn(status, ["reason", "Reason"]),
    clusterId,
    resourceId: id,
    resourceName: textIn(metadata, ["name"]),
    // A task starts and ends together with its operation, so the times of the task are valid for the operation. The
    // times of other resources do not show the duration of an operation.
    createdAt: timeOf(metadata, "creationTimestamp"),
    updatedAt: timeOf(status, "completionTime") ?? timeOf(metadata, "updateTimestamp"),
    subJobs: [],
  };
  const message = textIn(status, ["message"]) ?? conditionText(status);
  return {
    kind: "job",
    job,
    warnings,
    message: message ?? (state === "pending" ? progressText(status) : null),
  };
}

/** Returns the progress of an upgrade task as text, such as `Progress: 40 %`, or null. */
function progressText(status: JsonObject): string | null {
  const progress = textIn(status, ["progress"])?.trim() ?? "";
  return progress === "" ? null : `Progress: ${progress}${/^[0-9.]+$/.test(progress) ? " %" : ""}`;
}

/** Returns the messages that explain why CCE cannot scale a node pool, or null. */
function conditionText({ conditions }: JsonObject): string | null {
  const unmet = (Array.isArray(conditions) ? conditions : [])
    .map(toObjectOrEmpty)
    .filter(({ type, status }) => status === (type === "Scalable" ? "False" : "True"));
  return unmet.map((condition) => textIn(condition, ["message", "reason", "type"])).join("; ") || null;
}

const includesPhase = (phases: readonly string[], phase: string): boolean =>
  phases.some((known) => known.toLowerCase() === phase.trim().toLowerCase());

function textIn(fields: JsonObject, names: readonly string[]): string | null {
  return names.map((name) => extractMessageOrJson(fields[name])).find((text) => text !== null) ?? null;
}
