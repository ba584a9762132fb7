import type { Instant, Job, JobState } from "../domain/job.ts";
import { type Fields, fieldsOf, isObject, listOf, textOf } from "./json-fields.ts";
import { readTime } from "./read-time.ts";

const STATES: Readonly<Record<string, JobState>> = {
  initializing: "pending",
  running: "pending",
  success: "succeeded",
  failed: "failed",
};

/** A node without its children, and the entries from which they are to be read. */
export interface ReadNode {
  readonly job: Omit<Job, "subJobs">;
  readonly entries: readonly unknown[];
  /** False for a phase that the documentation does not know. */
  readonly knownPhase: boolean;
}

/**
 * Reads one entry of the tree, v3 or v2 (lower-case names, `status.status`); null for what is no object. Whatever has
 * another type than it should counts as missing, so that there is nothing a schema could refuse: fields are read one
 * by one, in a third of the time, which counts in trees of thousands.
 */
export function readNode(entry: unknown): ReadNode | null {
  if (!isObject(entry)) return null;
  const metadata = fieldsOf(entry.metadata);
  const spec = fieldsOf(entry.spec);
  const status = fieldsOf(entry.status);
  const phase = textOf(status, "phase", "status");
  const state = phase === null ? undefined : stateOf(phase);
  return {
    job: {
      jobId: textOf(metadata, "uid"),
      type: textOf(spec, "type"),
      phase,
      state: state ?? "pending",
      reason: textOf(status, "reason", "message")?.trim() ?? null,
      clusterId: textOf(spec, "clusterUID", "clusteruid"),
      resourceId: textOf(spec, "resourceID", "resourceid"),
      resourceName: textOf(spec, "resourceName", "resourcename"),
      createdAt: timeOf(metadata, "creationTimestamp"),
      updatedAt: timeOf(metadata, "updateTimestamp") ?? timeOf(status, "completionTime"),
    },
    entries: listOf(spec, "subJobs") ?? listOf(spec, "subjobs") ?? [],
    knownPhase: phase === null || state !== undefined,
  };
}

function stateOf(phase: string): JobState | undefined {
  const name = phase.trim().toLowerCase();
  return Object.hasOwn(STATES, name) ? STATES[name] : undefined;
}

const timeOf = (fields: Fields, name: string): Instant | null => readTime(textOf(fields, name));
