import {
  formatDeliveryLines,
  formatJobCount,
  formatReasonLines,
  formatStatusLine,
} from "../../client/status-text.ts";
import { type DeliveryDocument, type JobDocument, StatusDocument } from "../../lib/api/status-document.ts";
import schemaExamples from "../../lib/openapi/schema-examples.json" with { type: "json" };

const status: StatusDocument = {
  ...StatusDocument.parse(schemaExamples.StatusDocument),
  project: "prod",
  jobId: "a",
  state: "failed",
  done: true,
  type: "CreateNode",
  resourceName: "n",
  reason: "one\n::error::two",
  subJobs: { total: 7, succeeded: 3, failed: 3, pending: 1 },
  leafSubJobs: { total: 3, succeeded: 1, failed: 1, pending: 1 },
  causes: [
    {
      type: "CreateNodeVM",
      count: 5,
      resources: ["n-1", "n-2", "n-3", "n-4"],
      reason: "sold\nout\n::error::two",
      hint: "buy",
      path: ["CreateNode", "CreateNodeVM"],
      total: 6,
    },
  ],
  causesOmitted: 2,
};

test("the line of a job shows its type, resource, state, duration and ended subjobs without their parents", () => {
  expect(formatStatusLine(status)).toBe(
    "✖ prod/a CreateNode n: failed after 9 min 10 s, 2 of 3 subjobs ended",
  );
});

test.each([
  ["watching", "… "],
  ["succeeded", "✔ "],
  ["failed", "✖ "],
  ["not_ready", "✖ "],
  ["timed_out", "⏱ "],
  ["lost", "? "],
  ["stopped", "■ "],
] as const)("the line of a job with the state %s starts with '%s'", (state, mark) => {
  expect(formatStatusLine({ ...status, state }).slice(0, 2)).toBe(mark);
});

test("the line of an operation without a job contains its name in words, and the line of an unknown job no name", () => {
  const [operation, unknown] = ["cluster_upgrade", null].map((type) =>
    formatStatusLine({ ...status, type, resourceName: null }),
  );
  expect(operation).toMatch(/^✖ prod\/a Cluster upgrade: failed /);
  expect(unknown).toMatch(/^✖ prod\/a: failed /);
});

test.each([
  [0, null, ": waiting for the cloud, 2 of 3 subjobs ended, no access"],
  [4, null, ": waiting for the cloud, "],
  [4, "Running", ": running, "],
  [4, "Initializing", ": running, "],
])("the line of a running job after %i polls with the phase %j contains '%s'", (polls, phase, text) => {
  const running = { ...status, state: "watching", done: false, lastPollError: "no access" } as const;
  expect(formatStatusLine({ ...running, phase, polls, type: null })).toContain(text);
});

test("every line of a reason starts with a bar", () => {
  expect(formatReasonLines(status)).toEqual([
    ...["  | 5 of 6 nodes failed: n-1, n-2, n-3 and 1 more"],
    ...["  |   sold", "  |   out", "  |   ::error::two", "  |   hint: buy", "  | and 2 more causes"],
  ]);
  expect(formatReasonLines({ ...status, causes: [], causesOmitted: 0 })).toEqual([
    "  | one",
    "  | ::error::two",
  ]);
});

test("the reason of a watch that ended without the end of its job comes before the causes", () => {
  for (const state of ["timed_out", "lost", "not_ready"] as const)
    expect(formatReasonLines({ ...status, state }).slice(0, 3)).toEqual([
      ...["  | one", "  | ::error::two", "  | 5 of 6 nodes failed: n-1, n-2, n-3 and 1 more"],
    ]);
});

test("the line of a job with one subjob is in the singular", () => {
  const one = { ...status, leafSubJobs: { total: 1, succeeded: 0, failed: 1, pending: 0 } };
  expect(formatStatusLine(one)).toMatch(/, 1 of 1 subjob ended$/);
});

test("a job that has succeeded or runs has no reason lines", () => {
  for (const state of ["succeeded", "watching"] as const)
    expect(formatReasonLines({ ...status, state })).toEqual([]);
});

test("the reason lines of a cause without a hint and of a reason with an empty line are not empty", () => {
  const causes = status.causes.map((cause) => ({ ...cause, hint: null, reason: "sold\n\nout" }));
  expect(formatReasonLines({ ...status, causes, causesOmitted: 1 })).toEqual([
    "  | 5 of 6 nodes failed: n-1, n-2, n-3 and 1 more",
    "  |   sold",
    "  |   out",
    "  | and 1 more cause",
  ]);
  expect(formatReasonLines({ ...status, causes, causesOmitted: 0 })).toHaveLength(3);
});

test("the line of a job shows a duration only if the job ended and its duration is known", () => {
  expect(formatStatusLine({ ...status, durationSeconds: null })).toContain(": failed, 2 of 3");
  expect(formatStatusLine({ ...status, state: "timed_out" })).toContain(": timed out, 2 of 3");
});

test("a job without a reason has no reason lines but those of its causes", () => {
  const causes = status.causes.map((cause) => ({ ...cause, reason: null, hint: null }));
  const unknown = { ...status, reason: null, causesOmitted: 0 };
  expect(formatReasonLines({ ...unknown, causes: [] })).toEqual([]);
  expect(formatReasonLines({ ...unknown, causes })).toEqual([
    "  | 5 of 6 nodes failed: n-1, n-2, n-3 and 1 more",
  ]);
});

test("the line of a running operation without a job shows the first line of its progress, if it is known", () => {
  const upgrade = { ...status, state: "watching", done: false, type: "cluster_upgrade", job: null } as const;
  expect(formatStatusLine({ ...upgrade, reason: "node 2 of 5\nmore" })).toContain(": running, node 2 of 5, ");
  expect(formatStatusLine({ ...upgrade, reason: null })).toContain(": running, 2 of 3 subjobs ended");
});

test("the number of jobs is in the singular or in the plural", () => {
  expect([[], ["a"], ["a", "b"]].map(formatJobCount)).toEqual(["0 jobs", "1 job", "2 jobs"]);
});

test("the line of a running job shows how long jobs of its type usually take", () => {
  const running = { ...status, state: "watching", done: false } as const;
  const expected = { p50Seconds: 420, p90Seconds: 540, fromJobs: 42, remainingSeconds: 120 };
  expect(formatStatusLine({ ...running, expected })).toContain(
    "usually 7 min to 9 min (from 42 jobs), about 2 min remaining",
  );
  expect(
    formatStatusLine({ ...running, expected: { ...expected, fromJobs: 1, remainingSeconds: null } }),
  ).toContain("(from 1 job), longer than all of them");
  expect(formatStatusLine({ ...running, expected: { ...expected, p90Seconds: 425 } })).toContain(
    "usually about 7 min (from 42 jobs)",
  );
  expect(
    formatStatusLine({ ...running, expected: { ...expected, p50Seconds: 119, p90Seconds: 120 } }),
  ).toContain("usually 1 min 59 s to 2 min (from 42 jobs)");
  expect(
    formatStatusLine({ ...running, expected: { ...expected, p50Seconds: 449, p90Seconds: 450 } }),
  ).toContain("usually 7 min to 8 min (from 42 jobs)");
});

test("the line of a job that has succeeded says that the service waits until its resource is ready", () => {
  const ready = { state: "pending", reason: "Unavailable", message: null } as const;
  const waiting = { ...status, state: "watching", done: false, phase: "Success", ready } as const;
  expect(formatStatusLine(waiting)).toContain("succeeded, waiting until ready");
});

test("the line of an operation that runs shows its progress, and the line of a job shows no reason", () => {
  const running = { ...status, state: "watching", done: false, phase: "Running" } as const;
  const progress = { ...running, reason: "Progress: 40 %" };
  expect(formatStatusLine({ ...progress, type: "cluster_upgrade" })).toMatch(
    /: running, Progress: 40 %(?!.*Progress)/,
  );
  expect(formatStatusLine({ ...progress, type: "CreateCluster" })).not.toContain("Progress");
});

test("the line of a running job shows the elapsed time and which subjobs run", () => {
  const none = { jobId: null, reason: null, hint: null, clusterId: null, resourceId: null };
  const leaf = { ...none, state: "pending", createdAt: null, updatedAt: null } as const;
  const subJob = (
    type: string,
    phase: string,
    resourceName: string | null,
    subJobs: JobDocument[] = [],
  ): JobDocument => {
    return { ...leaf, type, phase, resourceName, subJobs };
  };
  const nodes = ["n-1", "n-2"].map((name) => subJob("CreateNodeVM", "Running", name));
  const job = {
    ...subJob("CreateCluster", "Running", "c"),
    subJobs: [
      subJob("InstallMaster", "Running", "c"),
      subJob("CreateNode", "Running", "n", nodes),
      subJob("InstallNode", "Initializing", "n-1"),
      { ...subJob("CreatePSMCert", "Success", "c"), state: "succeeded" as const },
    ],
  };
  const running = { ...status, state: "watching", done: false, phase: "Running", job } as const;
  expect(formatStatusLine(running, 90_000)).toContain(
    ": running, 1 min 30 s elapsed, 2 of 3 subjobs ended, running: InstallMaster c, 2 × CreateNodeVM",
  );
});

test("the line of a running job names three types of subjobs, and a subjob whose own subjobs have ended", () => {
  const subJob = (type: string | null, subJobs: JobDocument[] = []): JobDocument => ({
    jobId: null,
    type,
    phase: "Running",
    state: "pending",
    reason: null,
    hint: null,
    clusterId: null,
    resourceId: null,
    resourceName: null,
    createdAt: null,
    updatedAt: null,
    subJobs,
  });
  const ended: JobDocument = { ...subJob("CreateVM"), state: "succeeded" };
  const subJobs = [subJob("A", [ended]), subJob("B", [ended, subJob("C")]), subJob(null), subJob("D")];
  const running = {
    ...status,
    state: "watching",
    done: false,
    job: { ...subJob("Create"), subJobs },
  } as const;
  expect(formatStatusLine(running)).toMatch(/, running: A, unknown, D and 1 more$/);
});

const DELIVERY: DeliveryDocument = {
  target: "ops",
  event: "job.failed",
  state: "delivered",
  reason: "ok",
  attempts: 1,
  lastStatus: 200,
  lastReason: "ok",
  at: null,
  nextAttemptAt: null,
  history: [],
};

test("the deliveries of an ended job are grouped by what became of them", () => {
  const deliveries: DeliveryDocument[] = [
    DELIVERY,
    { ...DELIVERY, target: "audit" },
    { ...DELIVERY, event: "job.slow" },
    { ...DELIVERY, target: "late", state: "pending", lastStatus: 503, lastReason: "server_error" },
    { ...DELIVERY, target: "again", state: "pending", attempts: 2, lastStatus: null, lastReason: "timeout" },
    { ...DELIVERY, target: "new", state: "pending", attempts: 0, lastStatus: null, lastReason: null },
    { ...DELIVERY, target: "off", state: "gone", lastStatus: 410, lastReason: "target_gone" },
    { ...DELIVERY, target: "no", state: "rejected", lastStatus: 403, lastReason: "access_refused" },
    { ...DELIVERY, target: "slow", state: "exhausted", lastStatus: null, lastReason: "timeout" },
  ];
  expect(formatDeliveryLines({ ...status, deliveries })).toEqual([
    "  notified: ops, audit, ops (slow job)",
    "  not notified yet: late (1 attempt, server error, HTTP 503). The service sends it again",
    "  not notified yet: again (2 attempts, timeout). The service sends it again",
    "  not notified yet: new",
    "  not notified: off (the target is gone, HTTP 410)",
    "  not notified: no (rejected, access refused, HTTP 403)",
    "  not notified: slow (gave up after all attempts, timeout)",
  ]);
  expect(formatDeliveryLines({ ...status, deliveries: [] })).toEqual([
    "  no target is notified of this outcome",
  ]);
  expect(formatDeliveryLines({ ...status, deliveries: [{ ...DELIVERY, event: "job.slow" }] })).toEqual([
    "  no target is notified of this outcome",
    "  notified: ops (slow job)",
  ]);
  expect(formatDeliveryLines({ ...status, state: "stopped", deliveries })).toEqual([]);
  expect(formatDeliveryLines({ ...status, state: "watching", done: false, deliveries })).toEqual([]);
});
