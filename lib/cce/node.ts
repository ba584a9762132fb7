import * as z from "zod";
import type { Instant, Job, JobState } from "../job.ts";
import { readTime } from "./time.ts";

const Text = z.string().nullish().catch(null);
const List = z.array(z.unknown()).nullish().catch(null);

/** One job of the tree, v3 or v2 (lower-case names, `status.status`). Whatever has another type counts as missing. */
const Node = z.object({
  metadata: z.object({ uid: Text, creationTimestamp: Text, updateTimestamp: Text }).nullish().catch(null),
  spec: z
    .object({
      type: Text,
      clusterUID: Text,
      clusteruid: Text,
      resourceID: Text,
      resourceid: Text,
      resourceName: Text,
      resourcename: Text,
      subJobs: List,
      subjobs: List,
    })
    .nullish()
    .catch(null),
  status: z
    .object({ phase: Text, status: Text, reason: Text, message: Text, completionTime: Text })
    .nullish()
    .catch(null),
});

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

/** Reads one entry of the tree; null for what is no object. */
export function readNode(entry: unknown): ReadNode | null {
  const parsed = Node.safeParse(entry);
  if (!parsed.success) return null;
  const { metadata, spec, status } = parsed.data;
  const phase = first(status?.phase, status?.status);
  const state = phase === null ? undefined : stateOf(phase);
  return {
    job: {
      jobId: first(metadata?.uid),
      type: first(spec?.type),
      phase,
      state: state ?? "pending",
      reason: first(status?.reason?.trim(), status?.message?.trim()),
      clusterId: first(spec?.clusterUID, spec?.clusteruid),
      resourceId: first(spec?.resourceID, spec?.resourceid),
      resourceName: first(spec?.resourceName, spec?.resourcename),
      createdAt: readTime(metadata?.creationTimestamp),
      updatedAt: updatedAt(metadata?.updateTimestamp, status?.completionTime),
    },
    entries: spec?.subJobs ?? spec?.subjobs ?? [],
    knownPhase: phase === null || state !== undefined,
  };
}

const stateOf = (phase: string): JobState | undefined => {
  const name = phase.trim().toLowerCase();
  return Object.hasOwn(STATES, name) ? STATES[name] : undefined;
};

const updatedAt = (
  updated: string | null | undefined,
  completed: string | null | undefined,
): Instant | null => readTime(updated) ?? readTime(completed);

const first = (...texts: (string | null | undefined)[]): string | null =>
  texts.find((text) => typeof text === "string" && text.trim() !== "") ?? null;
