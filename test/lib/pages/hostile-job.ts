import type { StatusDocument } from "../../../lib/api/status-document.ts";
import { failedJob } from "./failed-job.ts";
import { FAILED, step } from "./sample-parts.ts";

const MARKUP = `</pre><script>window.caught = "script"</script>"'><img src=x onerror="window.caught='img'"><svg onload=window.caught=1>`;
const TURNED = "\u202Etxet eht nrut\u202C \u05E9\u05DC\u05D5\u05DD \u0645\u0631\u062D\u0628\u0627";

export const HOSTILE_TEXTS: readonly string[] = [
  MARKUP,
  TURNED,
  "{{constructor.constructor('window.caught=1')()}} javascript:window.caught=1",
  `a${"\u0000\u0007\u001b[31m"}b\r\nnext line \uD800 end`,
  "nospacetobreakat".repeat(640),
];

/** Returns a job with malicious text in every field, with impossible times and with missing fields. */
export function hostileJob(): StatusDocument {
  const [markup = "", turned = ""] = HOSTILE_TEXTS;
  const failed = failedJob();
  return {
    ...failed,
    type: markup,
    resourceName: turned,
    region: markup,
    phase: markup,
    reason: turned,
    lastPollError: markup,
    warnings: [...HOSTILE_TEXTS],
    clusterId: markup,
    context: {
      actor: turned,
      pipeline: markup,
      runUrl: "javascript:window.caught=1",
      labels: { [markup]: turned },
    },
    failures: HOSTILE_TEXTS.map((reason) => ({
      path: [markup, turned],
      jobId: markup,
      resourceName: markup,
      reason,
      hint: markup,
    })),
    causes: HOSTILE_TEXTS.map((reason) => ({
      type: markup,
      resources: [turned, markup],
      count: 3,
      path: [markup, turned],
      total: 3,
      reason,
      hint: markup,
    })),
    deliveries: failed.deliveries.map((delivery, index) => ({
      ...delivery,
      target: `${index}${markup}`,
      lastReason: markup,
      history: delivery.history.map((attempt) => ({ ...attempt, answer: markup, reason: turned })),
    })),
    job: step(markup, 0, 559, {
      ...FAILED,
      subJobs: [
        step(turned, -14_400, -14_300, { reason: markup, jobId: markup }),
        step("Later", 900, 1900, { phase: markup, state: "pending", resourceName: turned }),
        step("Backwards", 300, 20),
        step("Unset", 0, 0, { createdAt: "0001-01-01T00:00:00Z", updatedAt: null, jobId: null, type: null }),
      ],
    }),
  };
}
