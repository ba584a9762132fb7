import type { JobScript } from "./job-script.ts";

/** When a script began, and how many of its seconds pass in a real one. */
export interface Run {
  readonly script: JobScript;
  readonly addedAtMs: number;
  readonly speed: number;
}

/** The job as CCE would show it at `nowMs`, in the v3 shape. */
export function renderJob({ script, addedAtMs, speed }: Run, nowMs: number): Record<string, unknown> {
  const elapsed = ((nowMs - addedAtMs) / 1000) * speed;
  const dated = (seconds: number) => goTime(addedAtMs + (seconds / speed) * 1000);
  const render = (node: JobScript, asked: boolean): Record<string, unknown> => {
    const ended = node.endSeconds !== null && elapsed >= node.endSeconds;
    const shown = asked || !node.shy;
    const begun = node.subJobs.filter((subJob) => subJob.startSeconds <= elapsed);
    return {
      kind: "Job",
      apiVersion: "v3",
      metadata: {
        uid: node.jobId,
        creationTimestamp: dated(node.startSeconds),
        updateTimestamp: dated(Math.min(elapsed, node.endSeconds ?? elapsed)),
      },
      spec: {
        type: node.type,
        clusterUID: node.clusterId,
        resourceID: node.resourceId,
        resourceName: node.resourceName,
        subJobs: shown ? begun.map((subJob) => render(subJob, false)) : [],
      },
      status: {
        phase: ended ? node.outcome : elapsed < 1 ? "Initializing" : "Running",
        reason: ended && shown ? (node.reason ?? "") : "",
      },
    };
  };
  return render(script, true);
}

/** Finds a script by uid anywhere in a tree. */
export function findScript(script: JobScript, jobId: string): JobScript | null {
  if (script.jobId === jobId) return script;
  for (const subJob of script.subJobs) {
    const found = findScript(subJob, jobId);
    if (found !== null) return found;
  }
  return null;
}

/** `2018-08-02 08:12:40.672000 +0000 UTC`, as Go prints a time. */
const goTime = (ms: number): string =>
  `${new Date(ms).toISOString().replace("T", " ").replace("Z", "")}000 +0000 UTC`;
