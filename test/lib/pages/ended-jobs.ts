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

/** Returns a job with fifty subjobs on three levels. One subjob has failed. */
export function bigJob(): StatusDocument {
  const nodes = Array.from({ length: 16 }, (_, index) => {
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
    subJobs: [step("CheckQuota", 1, 5), step("CreateSecurityGroup", 5, 60), ...nodes],
  });
  return {
    ...failed,
    type: "CreateNodePool",
    job: root,
    subJobs: { total: 50, succeeded: 47, failed: 3, pending: 0 },
  };
}
