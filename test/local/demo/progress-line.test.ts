import type { StatusDocument } from "../../../lib/api/status-document.ts";
import { formatProgressLine } from "../../../local/demo/progress-line.ts";

const status = (changes: Partial<StatusDocument>): StatusDocument => ({
  project: "demo",
  region: null,
  jobId: "1",
  state: "watching",
  done: false,
  phase: "Running",
  type: "CreateCluster",
  reason: null,
  clusterId: null,
  resourceId: null,
  resourceName: null,
  failures: [],
  failuresOmitted: 0,
  causes: [],
  causesOmitted: 0,
  subJobs: { total: 4, succeeded: 1, failed: 0, pending: 3 },
  leafSubJobs: { total: 4, succeeded: 1, failed: 0, pending: 3 },
  warnings: [],
  createdAt: null,
  updatedAt: null,
  durationSeconds: null,
  polls: 2,
  polledAt: [],
  nextPollAt: null,
  lagSeconds: null,
  lastPollError: null,
  acceptedAt: "2026-11-23T09:30:00.000Z",
  deadlineAt: "2026-11-23T10:30:00.000Z",
  concludedAt: null,
  context: {},
  deliveries: [],
  job: null,
  ...changes,
});

describe("formatProgressLine", () => {
  it("shows a job that the API does not know yet", () => {
    expect(formatProgressLine("a cluster", null)).toBe("… ░░░░░░░░ a cluster  submitting");
  });

  it("shows how many subjobs have ended", () => {
    expect(formatProgressLine("a cluster", status({}))).toBe(
      "… ██░░░░░░ a cluster  running, 1 of 4 subjobs ended",
    );
  });

  it("shows the words of the pages before the first poll, and no machine word for the end of the job", () => {
    const none = { total: 0, succeeded: 0, failed: 0, pending: 0 };
    const unseen = status({ phase: null, type: null, polls: 0, leafSubJobs: none });
    expect(formatProgressLine("a cluster", unseen)).toBe("… ░░░░░░░░ a cluster  waiting for the cloud");
    const ended = status({ phase: "Success", ready: { state: "pending", reason: null, message: null } });
    expect(formatProgressLine("a cluster", ended)).toContain("  succeeded, waiting until ready, ");
  });

  it("counts subjobs without their parents", () => {
    const leafSubJobs = { total: 2, succeeded: 0, failed: 1, pending: 1 };
    expect(formatProgressLine("a cluster", status({ leafSubJobs }))).toBe(
      "… ████░░░░ a cluster  running, 1 of 2 subjobs ended",
    );
  });

  const outcomes = [
    ["succeeded", "✔", "succeeded"],
    ["failed", "✖", "failed"],
    ["timed_out", "⏱", "timed out"],
    ["lost", "?", "lost"],
    ["stopped", "■", "stopped"],
  ] as const;

  test.each(outcomes)("shows the outcome, and how many subjobs have ended: %s", (state, mark, text) => {
    const line = formatProgressLine("a cluster", status({ state, done: true, polls: 1 }));
    expect(line).toBe(`${mark} ██░░░░░░ a cluster  ${text}, 1 of 4 subjobs ended`);
  });

  test.each(outcomes)("fills the bar of a job without subjobs only after success or failure: %s", (state) => {
    const leafSubJobs = { total: 0, succeeded: 0, failed: 0, pending: 0 };
    const line = formatProgressLine("a node", status({ state, done: true, leafSubJobs }));
    expect(line.includes("█".repeat(8))).toBe(state === "succeeded" || state === "failed");
    expect(line.includes("█")).toBe(state === "succeeded" || state === "failed");
  });
});
