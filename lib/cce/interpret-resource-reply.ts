import type { Instant, JobState, Observation } from "../domain/job.ts";
import { RESOURCE_GOALS, type ResourceGoal, type WatchedResource } from "../domain/job-resources.ts";
import { isObject, type JsonObject, parseJson, toObjectOrEmpty } from "../domain/json.ts";
import type { SecretMask } from "../domain/secret-mask.ts";
import { toTextOfAnyType } from "./cce-error.ts";
import { interpretErrorReplyUnmasked, type JobReply, type Queried } from "./interpret-job-reply.ts";
import { describeUnknownPhase, parseCceTime } from "./parse-job.ts";
import resourceStates from "./resource-states.json" with { type: "json" };

/**
 * The states in which a resource is as the job wanted it, and the states in which the resource can no longer become so.
 * A resource in another state may still become so.
 */
interface GoalStates {
  readonly succeeded: readonly string[];
  readonly failed: readonly string[];
  /**
   * The other states of the resource that the service knows. A state that is in no list causes a warning. If `pending`
   * is missing, an unknown state causes no warning.
   */
  readonly pending?: readonly string[];
  /**
   * The meaning of the HTTP status 404 in a reply. If `gone` is missing, the status 404 means that CCE does not know
   * the resource.
   */
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

/** Returns the parts of the path of a resource, below the version of the CCE API. */
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
 * Returns the query parameters of a resource. The path of an add-on does not contain the cluster, so the query contains
 * the cluster.
 */
export function resourceQueryParameters({
  goal,
  clusterId,
}: WatchedResource): Readonly<Record<string, string>> {
  return RESOURCE_GOALS[goal] === "addon" ? { cluster_id: clusterId } : {};
}

/**
 * Converts the HTTP reply to a query for a resource into one observation. Returns the resource in the form of a job.
 * The phase of the returned job is the state of the resource as CCE writes it. The state of the returned job says
 * whether the resource has reached its goal. The text of the observation may contain credentials, so the caller must
 * mask it. Source of the states: https://support.huaweicloud.com/intl/en-us/api-cce/cce_02_0235.html
 */
export function interpretResourceReply(
  reply: JobReply,
  resource: WatchedResource,
  now: Instant,
  project: string,
  maskBeforeTruncating?: SecretMask,
): Observation {
  const kind = RESOURCE_GOALS[resource.goal];
  const document = reply.status === 200 ? parseJson(reply.body) : null;
  const found = isObject(document) && isObject(document.status) ? document : null;
  if (found !== null) return observeResource(found, resource, maskBeforeTruncating);
  return interpretErrorReplyUnmasked(reply, now, project, QUERIED[kind]);
}

/**
 * If neither API of CCE knows a resource that was to be deleted, returns an observation with success. Returns any other
 * observation unchanged.
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
 * Returns false while another job runs on a node, or while a node pool has fewer or more nodes than it should have. The
 * count of a node pool includes nodes that CCE still creates, but not nodes that CCE deletes.
 */
function isSettled({ spec, status }: JsonObject, { goal, ownJobIds }: WatchedResource): boolean {
  const [wanted, found] = [toObjectOrEmpty(spec), toObjectOrEmpty(status)];
  switch (RESOURCE_GOALS[goal]) {
    case "node": {
      const running = textIn(found, ["jobID", "jobId"]);
      return running === null || ownJobIds.includes(running);
    }
    case "node_pool":
      // An empty phase is a success, so an error in place of a node pool must not count as a node pool.
      return (
        isObject(spec) &&
        countOf(found, "currentNode") === countOf(wanted, "initialNodeCount") &&
        countOf(found, "creatingNode") === 0 &&
        countOf(found, "deletingNode") === 0
      );
    default:
      return true;
  }
}

/** Returns a number of nodes. CCE may omit a zero. Returns NaN, which equals no number, for a value that is no number. */
const countOf = (fields: JsonObject, name: string): number => Number(toTextOfAnyType(fields[name]) ?? 0);

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
    // The times of a resource are not the times of the operation that changes the resource, so the function does not
    // use them.
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

/**
 * Returns the progress that CCE gives for an upgrade task, such as `Progress: 40 %`. Returns null if CCE gives no
 * progress.
 */
function progressText(status: JsonObject): string | null {
  const progress = textIn(status, ["progress"])?.trim() ?? "";
  return progress === "" ? null : `Progress: ${progress}${/^[0-9.]+$/.test(progress) ? " %" : ""}`;
}

/**
 * Returns the messages of the conditions that a node pool does not meet. Returns null if the node pool meets all its
 * conditions.
 */
function conditionText({ conditions }: JsonObject): string | null {
  const unmet = (Array.isArray(conditions) ? conditions : [])
    .map(toObjectOrEmpty)
    .filter(({ type, status }) => status === (type === "Scalable" ? "False" : "True"));
  return unmet.map((condition) => textIn(condition, ["message", "reason", "type"])).join("; ") || null;
}

const includesPhase = (phases: readonly string[], phase: string): boolean =>
  phases.some((known) => known.toLowerCase() === phase.trim().toLowerCase());

function textIn(fields: JsonObject, names: readonly string[]): string | null {
  return names.map((name) => toTextOfAnyType(fields[name])).find((text) => text !== null) ?? null;
}
