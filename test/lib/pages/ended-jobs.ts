import type { StatusDocument } from "../../../lib/api/status-document.ts";
import { failedJob } from "./failed-job.ts";
import { FAILED, REASON, step } from "./sample-parts.ts";

/** Returns a succeeded job whose notifications are all delivered. */
export function succeededJob(): StatusDocument {
  const failed = failedJob();
  const node = step("CreateNode", 405, 541, { resourceName: "pool-a-m9d4q" });
  const steps = failed.job?.subJobs ?? [];
  const well = { phase: "Success", state: "succeeded" } as const;
  return {
    ...failed,
    ...well,
    phase: "Success",
    failures: [],
    causes: [],
    subJobs: { total: 8, succeeded: 8, failed: 0, pending: 0 },
    leafSubJobs: { total: 6, succeeded: 6, failed: 0, pending: 0 },
    deliveries: failed.deliveries.map((delivery) => ({
      ...delivery,
      state: "delivered",
      nextAttemptAt: null,
    })),
    job: failed.job && {
      ...failed.job,
      ...well,
      subJobs: steps.map((part) =>
        part.state === "failed" ? { ...part, ...well, subJobs: [...part.subJobs.slice(0, 1), node] } : part,
      ),
    },
  };
}

/** Returns a failed job with fifty targets. Two targets are rejected, one is retried, and 47 are delivered. */
export function manyTargetsJob(): StatusDocument {
  const failed = failedJob();
  const [delivered, retried] = failed.deliveries;
  if (delivered === undefined || retried === undefined) throw new Error("the failed job has two targets");
  const deliveries = Array.from({ length: 50 }, (_, index) => {
    const target = `team-${String(index).padStart(2, "0")}`;
    if (index === 40) return { ...retried, target };
    return index === 7 || index === 30
      ? { ...delivered, target, state: "rejected" as const, lastStatus: 403, lastReason: "forbidden" }
      : { ...delivered, target };
  });
  return { ...failed, deliveries };
}

/** Returns a job with sixty subjobs on three levels. One subjob has failed. */
export function bigJob(): StatusDocument {
  const nodes = Array.from({ length: 19 }, (_, index) => {
    const lost = index === 11 ? { ...FAILED, reason: REASON } : {};
    const part = { resourceName: `pool-b-${String(index).padStart(3, "0")}`, ...lost };
    const begin = 100 + 20 * index;
    return step("CreateNode", begin, begin + 150, {
      ...part,
      subJobs: [step("CreateNodeVM", begin, begin + 90, part), step("InstallNode", begin + 90, begin + 150)],
    });
  });
  const failed = failedJob();
  const root = step("CreateNodePool", 0, 559, {
    ...FAILED,
    subJobs: [
      step("CheckQuota", 1, 5),
      step("CreateSecurityGroup", 5, 60),
      ...nodes,
      step("InstallAddons", 530, 559),
    ],
  });
  return {
    ...failed,
    type: "CreateNodePool",
    job: root,
    subJobs: { total: 60, succeeded: 58, failed: 2, pending: 0 },
    leafSubJobs: { total: 41, succeeded: 40, failed: 1, pending: 0 },
  };
}

/** Returns a job whose nodes all failed. Each node has one subjob, and the reasons repeat after `reasonCount` nodes. */
export function failedNodesJob(nodeCount: number, reasonCount: number): StatusDocument {
  const failed = failedJob();
  const [cause] = failed.causes;
  if (cause === undefined) throw new Error("the failed job has a cause");
  const reasons = Array.from({ length: reasonCount }, (_, index) => `Zone ${index}: ${REASON}`.repeat(5));
  const nodes = Array.from({ length: nodeCount }, (_, index) => {
    const part = {
      ...FAILED,
      resourceName: `pool-c-${String(index).padStart(4, "0")}`,
      reason: reasons[index % reasonCount] ?? REASON,
    };
    const begin = 60 + (index % 300);
    return step("CreateNode", begin, begin + 90, {
      ...part,
      subJobs: [step("CreateNodeVM", begin, begin + 80, part)],
    });
  });
  return {
    ...failed,
    type: "ScaleupNodePool",
    causes: reasons.map((reason, index) => ({
      ...cause,
      reason,
      count: Math.ceil((nodeCount - index) / reasonCount),
      resources: nodes.slice(index, index + 10).map(({ resourceName }) => resourceName ?? ""),
      path: ["ScaleupNodePool", "CreateNode", "CreateNodeVM"],
      total: nodeCount,
    })),
    subJobs: { total: 2 * nodeCount, succeeded: 0, failed: 2 * nodeCount, pending: 0 },
    leafSubJobs: { total: nodeCount, succeeded: 0, failed: nodeCount, pending: 0 },
    job: step("ScaleupNodePool", 0, 559, { ...FAILED, subJobs: nodes }),
  };
}
