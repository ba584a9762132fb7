import { createJobEvent } from "../../../lib/channels/webhook/message.ts";
import {
  describeMainCause,
  MAX_EVENT_BYTES,
  OutcomeSummary,
  summarizeAndTruncateOutcome,
} from "../../../lib/domain/outcome-summary.ts";
import { countAndGroupSubJobs } from "../../../lib/domain/subjob-tree.ts";
import { FAILED, facts, failedChain, job, SAMPLES } from "../channels/samples.ts";

it("lists failed subjobs in tree order with their paths, without the root job", () => {
  const { failures, subJobs } = SAMPLES.failed;
  expect(failures.map(({ path }) => path.join("/"))).toEqual([
    "CreateCluster/CreateNodePool",
    "CreateCluster/CreateNodePool/CreateNode",
    "CreateCluster/CreateNodePool/CreateNode/CreateNodeVM",
  ]);
  expect(subJobs).toEqual({ total: 5, succeeded: 2, failed: 3, pending: 0 });
});

it("uses `unknown` for a job without a type", () => {
  const root = job({ ...FAILED, type: null, subJobs: [job({ ...FAILED, type: null })] });
  expect(summarizeAndTruncateOutcome(facts({ outcome: "failed", job: root })).failures[0]?.path).toEqual([
    "unknown",
    "unknown",
  ]);
});

it("computes duration and lag from the cloud's times, and never returns a negative number", () => {
  expect(SAMPLES.succeeded).toMatchObject({ durationSeconds: 550, lagSeconds: 4.1 });
  const ahead = job({ createdAt: 9e12, updatedAt: 8e12 });
  expect(summarizeAndTruncateOutcome(facts({ job: ahead }))).toMatchObject({
    durationSeconds: null,
    lagSeconds: 0,
  });
  expect(SAMPLES.lost).toMatchObject({ durationSeconds: null, lagSeconds: null });
});

it("computes duration and lag from the poll that saw the job end, not from the end of the wait until ready", () => {
  const waited = { jobEndObservedAt: 61_000, acceptedAt: 1_000, concludedAt: 901_000 } as const;
  const ended = job({ createdAt: 0, updatedAt: 60_000 });
  expect(summarizeAndTruncateOutcome(facts({ ...waited, job: ended }))).toMatchObject({
    durationSeconds: 60,
    lagSeconds: 1,
  });
  const operation = { kind: "awake", clusterId: "c-1" } as const;
  expect(summarizeAndTruncateOutcome(facts({ ...waited, operation, job: null }))).toMatchObject({
    durationSeconds: 60,
    lagSeconds: null,
  });
});

it("takes the type and the cluster of an operation from the request if no poll returned them", () => {
  const operation = { kind: "awake", clusterId: "c-1" } as const;
  const named = { jobType: "awake", clusterId: "c-1" };
  expect(summarizeAndTruncateOutcome(facts({ operation, job: null }))).toMatchObject(named);
  const unnamed = job({ type: null, clusterId: null });
  expect(summarizeAndTruncateOutcome(facts({ operation, job: unnamed }))).toMatchObject(named);
});

it("omits a URL of more than 1500 bytes", () => {
  const url = (bytes: number) => "https://notifier.example.com/jobs/ä".padEnd(bytes - 1, "x");
  const urlsOf = (bytes: number) => {
    const urls = { jobPageUrl: url(bytes), listUrl: url(bytes) };
    const { jobPageUrl, listUrl } = summarizeAndTruncateOutcome(facts(urls));
    return [jobPageUrl, listUrl];
  };
  expect(urlsOf(1500)).toEqual([url(1500), url(1500)]);
  expect(urlsOf(1501)).toEqual([null, null]);
});

it("adds one warning for a succeeded job with a failed subjob", () => {
  const root = job({ subJobs: [job(FAILED)] });
  const warning = "CCE reports success for this job, although a subjob failed.";
  expect(summarizeAndTruncateOutcome(facts({ job: root, warnings: [warning] })).warnings).toEqual([warning]);
});

it("names the deepest running subjobs in the reason of a timed-out watch", () => {
  expect(SAMPLES.timed_out.reason).toBe(
    "The deadline of 120 min has passed. Still running: InstallMaster (m-0).",
  );
  const running = { phase: "Running", state: "pending" } as const;
  const nodes = Array.from({ length: 7 }, (_, i) => job({ ...running, type: `N${i}` }));
  const root = job({
    subJobs: [
      job({ ...running, type: "P", subJobs: nodes }),
      job({ phase: "Initializing", state: "pending" }),
    ],
  });
  expect(summarizeAndTruncateOutcome(facts({ outcome: "timed_out", job: root })).reason).toBe(
    "Still running: N0, N1, N2, N3, N4 and 2 more.",
  );
});

it("keeps the deepest cause if not every failure of a deep chain fits", () => {
  const conclusion = summarizeAndTruncateOutcome(facts({ outcome: "failed", job: failedChain(200) }));
  expect(conclusion.failures.at(-1)).toMatchObject({ reason: "the cause" });
  expect(conclusion.failuresOmitted).toBe(200 - conclusion.failures.length);
  expect(conclusion.failuresOmitted).toBeGreaterThan(0);
  expect(conclusion.causes).toMatchObject([{ reason: "the cause", count: 1, total: 1 }]);
});

it.each([
  [
    "20,000 subjobs",
    job({
      ...FAILED,
      subJobs: Array.from({ length: 20_000 }, () => job({ ...FAILED, reason: "嗯".repeat(10_000) })),
    }),
  ],
  ["50,000 levels", failedChain(50_000)],
])("keeps the event small for a tree with %s", (_, root) => {
  const labels = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`${i}${"\u0001".repeat(60)}`, "\u0001".repeat(200)]),
  );
  const context = { actor: "嗯".repeat(200), runUrl: `https://ci.example.com/${"a".repeat(970)}`, labels };
  const warnings = Array.from({ length: 50 }, (_, i) => `${i}${"嗯".repeat(500)}`);
  const conclusion = summarizeAndTruncateOutcome(facts({ outcome: "failed", job: root, context, warnings }));
  expect(Buffer.byteLength(JSON.stringify(createJobEvent(conclusion)))).toBeLessThan(MAX_EVENT_BYTES);
  expect(OutcomeSummary.parse(conclusion)).toEqual(conclusion);
  expect(countAndGroupSubJobs(root).counts.total).toBe(conclusion.subJobs.total);
  expect(conclusion.failures.length + conclusion.failuresOmitted).toBe(conclusion.subJobs.failed);
});

it.each([
  [5, 5, null],
  [6, 6, null],
  [7, 5, "2 more warnings."],
  [50, 5, "45 more warnings."],
])("shows at most six lines of warnings: %d warnings", (count, shown, more) => {
  const warnings = Array.from({ length: count }, (_, i) => `warning ${i}`);
  const expected = [...warnings.slice(0, shown), ...(more === null ? [] : [more])];
  expect(summarizeAndTruncateOutcome(facts({ warnings })).warnings).toEqual(expected);
});

it("shows the warnings of the service first, and each warning once", () => {
  const root = job({ subJobs: [job(FAILED)] });
  const repeated = Array.from({ length: 20 }, () => "another warning");
  const { warnings } = summarizeAndTruncateOutcome(
    facts({ outcome: "succeeded", job: root, warnings: repeated }),
  );
  expect(warnings).toEqual([
    "CCE reports success for this job, although a subjob failed.",
    "another warning",
  ]);
});

it("counts omitted subjobs and failures that are not in the list", () => {
  const omitted = { total: 9, succeeded: 2, failed: 3, pending: 4 };
  const root = job({ subJobs: [job({ ...FAILED, reason: "no quota", omitted }), job()] });
  expect(summarizeAndTruncateOutcome(facts({ outcome: "failed", job: root }))).toMatchObject({
    subJobs: { total: 11, succeeded: 3, failed: 4, pending: 4 },
    failuresOmitted: 3,
    warnings: [],
  });
});

it("keeps the causes when the failures leave little space, and counts the causes that do not fit", () => {
  const word = (index: number) => String.fromCharCode(97 + Math.floor(index / 26), 97 + (index % 26));
  const subJobs = Array.from({ length: 200 }, (_, index) =>
    job({ ...FAILED, type: `Create${word(index)}`, reason: `${word(index)}: ${"reason ".repeat(100)}` }),
  );
  const summary = summarizeAndTruncateOutcome(facts({ outcome: "failed", job: job({ ...FAILED, subJobs }) }));
  expect(summary.causes.length).toBeGreaterThan(20);
  expect(summary.causes.length + summary.causesOmitted).toBe(200);
  expect(summary.failures.length).toBeGreaterThan(5);
  expect(Buffer.byteLength(JSON.stringify(createJobEvent(summary)))).toBeLessThan(MAX_EVENT_BYTES);
});

describe("describeMainCause", () => {
  const describeFailed = (nodes: readonly (readonly [type: string, reason: string | null])[]) => {
    const subJobs = nodes.map(([type, reason]) => job({ ...FAILED, type, reason, subJobs: [] }));
    return describeMainCause(
      summarizeAndTruncateOutcome(facts({ outcome: "failed", job: job({ ...FAILED, subJobs }) })),
    );
  };

  it("states the type, the count and the reason of the most frequent cause in one line", () => {
    expect(describeFailed([["CreateNodeVM", "sold\n out"]])).toBe("CreateNodeVM failed: sold out");
    const two = describeFailed([
      ["CreateNodeVM", "sold out"],
      ["CreateNodeVM", "sold out"],
      ["InstallNode", "no route"],
    ]);
    expect(two).toBe("2 of 2 nodes failed (and 1 more cause): sold out");
  });

  it("counts the other causes, and omits the type if no subjob has a type", () => {
    const cause = { type: null, reason: "sold out", hint: null, count: 1, total: 1, resources: [], path: [] };
    const describe = (changes: object) =>
      describeMainCause({ ...SAMPLES.failed, causes: [cause], causesOmitted: 0, ...changes });
    expect(describe({})).toBe("sold out");
    expect(describe({ causesOmitted: 1 })).toBe("(and 1 more cause): sold out");
    expect(describe({ causes: [cause, cause], causesOmitted: 3 })).toBe("(and 4 more causes): sold out");
    const typed = { ...cause, type: "CreateNode", reason: null };
    expect(describe({ causes: [typed] })).toBe("CreateNode failed");
    expect(describe({ causes: [{ ...cause, count: 2, total: 2 }] })).toBe(
      "2 of 2 subjobs of type unknown failed: sold out",
    );
    expect(describe({ causes: [{ ...cause, reason: "  \n" }] })).toBeNull();
    expect(describe({ outcome: "timed_out", reason: " the  deadline\nhas passed " })).toBe(
      "the deadline has passed",
    );
  });

  it("states the reason of the watch if no subjob failed, and nothing for a job that succeeded", () => {
    expect(describeMainCause({ ...SAMPLES.lost, reason: "no such job" })).toBe("no such job");
    expect(describeMainCause({ ...SAMPLES.timed_out, reason: "late" })).toBe("late");
    const ready = { state: "not_ready", reason: "Error", message: "the disk is full" } as const;
    expect(describeMainCause({ ...SAMPLES.succeeded, outcome: "not_ready", reason: null, ready })).toBe(
      "the disk is full",
    );
    expect(describeMainCause({ ...SAMPLES.succeeded, reason: "ok" })).toBeNull();
    expect(describeMainCause({ ...SAMPLES.failed, causes: [], causesOmitted: 0, reason: null })).toBeNull();
  });
});
