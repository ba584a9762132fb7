import {
  ACCESS_ERROR_TEXTS,
  AccessErrorKind,
  addSubJobCounts,
  CallerName,
  DeliveryState,
  describeMalformedJobId,
  explainUnclearWatchState,
  JOB_ID_KEYWORDS,
  Job,
  JobId,
  TargetEvent,
  Verdict,
  WATCH_STATES,
  wasJobObserved,
} from "../../../lib/domain/job.ts";
import { Name } from "../../../lib/domain/names.ts";
import { toPendingReady } from "../../../lib/domain/ready.ts";

const accepts = (schema: typeof JobId | typeof Name | typeof CallerName) => (text: string) =>
  schema.safeParse(text).success;

describe("a job ID", () => {
  it.each([
    "a",
    "7",
    "6f1c2c34-8f1d-11ec-9a6b-0255ac101d4f",
    "a.b_c:d-e",
    "A".repeat(128),
    "nullable",
    "truer",
    "job-id",
  ])("may be %s", (text) => {
    expect(accepts(JobId)(text)).toBe(true);
  });

  it.each([
    ...["", " ", ".", "..", "...", "-a", "_a", ":a", "a b", "a/b", "a\\b", "a\n", "\na", "ä", "a#b", "a%2e"],
    ...["null", "NULL", "undefined", "None", "nil", "NaN", "true", "False", "A".repeat(129)],
    ...["unknown", "jobID", "job_id", "ERROR", "empty", "Missing", "unset"],
    "00000000-0000-0000-0000-000000000000",
  ])("may not be %j", (text) => {
    expect(accepts(JobId)(text)).toBe(false);
  });

  it.each([
    ["", /^is empty, so the script probably found no job ID/],
    [" ", /^is empty, so the script probably found no job ID/],
    ["(null)", /^is '\(null\)', so the script probably found no job ID/],
    ["None", /^is 'None', so the script probably found no job ID/],
    ["<no value>", /^is '<no value>', so the script probably found no job ID/],
    ["[object Object]", /^is '\[object Object\]', so the script probably found no job ID/],
    ["( )", /^is '\( \)', so the script probably found no job ID/],
    ['x["y', /^must be 1 to 128 letters, .* starting with a letter or digit$/],
    ["a$b", /starting with a letter or digit$/],
    ["x{%id%}", /starting with a letter or digit$/],
    ["$JOB_ID", /starting with a letter or digit\. A variable in the script was probably not replaced$/],
    ["{{%id%}}", /starting with a letter or digit\. A variable in the script was probably not replaced$/],
    ['{"jobID":"x"}', /starting with a letter or digit\. The value is JSON\. Send only the job ID$/],
    ['[ {"jobID":"x"}]', /The value is JSON\. Send only the job ID$/],
    ["a b", /^must be 1 to 128 letters, .* starting with a letter or digit$/],
  ])("that is %j has the fault %s", (text, fault) => {
    expect(describeMalformedJobId(text)).toMatch(fault);
  });
});

describe("a name in the config", () => {
  it.each(["a", "7", "prod-eu_1", "A".repeat(64)])("may be %s", (text) => {
    expect(accepts(Name)(text)).toBe(true);
  });

  it.each(["", "-a", "_a", "a.b", "a:b", "a/b", "a b", "a\n", "\na", "A".repeat(65)])(
    "may not be %j",
    (text) => {
      expect(accepts(Name)(text)).toBe(false);
    },
  );
});

describe("the name of a caller", () => {
  it("has at most 800 bytes and no half of a surrogate pair", () => {
    const names = ["token:ci", "é".repeat(400), `${"é".repeat(400)}a`, "a".repeat(801), "a\ud83d"];
    expect(names.map(accepts(CallerName))).toEqual([true, true, false, false, false]);
  });
});

it.each([
  [null, null, false],
  ["CreateNode", null, true],
  [null, "Running", true],
  ["awake", null, false],
  ["awake", "Awaking", true],
])("a job of the type %j with the phase %j was observed: %p", (type, phase, expected) => {
  expect(wasJobObserved({ type, phase })).toBe(expected);
});

it("only a state that needs an explanation has one, and the explanation depends on whether a poll saw the job", () => {
  const explained = (wasObserved: boolean) =>
    WATCH_STATES.filter((state) => explainUnclearWatchState(state, wasObserved) !== null);
  expect(explained(true)).toEqual(["stopped", "not_ready", "timed_out", "lost"]);
  expect(explained(false)).toEqual(["stopped", "not_ready", "timed_out", "lost"]);
  for (const state of ["timed_out", "lost"] as const) {
    expect(explainUnclearWatchState(state, false)).toMatch(/no poll ever saw the job/);
    expect(explainUnclearWatchState(state, true)).not.toMatch(/no poll ever saw the job/);
  }
  const texts = WATCH_STATES.map((state) => explainUnclearWatchState(state, true)).filter(
    (text) => text !== null,
  );
  for (const text of texts) expect(text).toMatch(/^[A-Z].{30,}\.$/);
  expect(explainUnclearWatchState("stopped", false)).toBe(explainUnclearWatchState("stopped", true));
});

it("the state of an awaited resource is pending, with its reason and message", () => {
  const progress = { succeededAt: 1, readyPolls: 0, wasNotReady: true, reason: "r", message: "m" };
  expect(toPendingReady(progress)).toEqual({ state: "pending", reason: "r", message: "m" });
  expect(toPendingReady(null)).toBeUndefined();
});

it("a stored job is read with all its fields, and only with a known state", () => {
  const job = {
    jobId: "j",
    type: "CreateNode",
    phase: "Running",
    reason: null,
    clusterId: "c",
    resourceId: null,
    resourceName: "n",
    createdAt: 1,
    updatedAt: null,
    omitted: { total: 1, succeeded: 1, failed: 0, pending: 0 },
  };
  for (const state of ["pending", "succeeded", "failed"]) {
    const tree = { ...job, state, subJobs: [{ ...job, state, subJobs: [] }] };
    expect(Job.parse(tree)).toEqual(tree);
  }
  expect(Job.safeParse({ ...job, state: "other", subJobs: [] }).success).toBe(false);
  expect(Job.safeParse({ ...job, state: "failed", subJobs: [{}] }).success).toBe(false);
  for (const kind of ["unauthorized", "forbidden", "misconfigured"])
    expect(AccessErrorKind.parse(kind)).toBe(kind);
});

it("the fault of a malformed job ID or name says what is wrong", () => {
  const faultOf = (schema: typeof JobId | typeof Name, text: string) =>
    schema.safeParse(text).error?.issues[0]?.message;
  expect(faultOf(JobId, "")).toMatch(/^is empty, so the script probably found no job ID/);
  expect(faultOf(JobId, "null")).toMatch(/^is 'null', so the script probably found no job ID/);
  expect(faultOf(Name, "a b")).toMatch(/^must be 1 to 64 letters, digits, '_' or '-'/);
});

it("counts of subjobs are added", () => {
  const counts = { total: 7, succeeded: 1, failed: 2, pending: 4 };
  expect(addSubJobCounts(counts, { total: 70, succeeded: 10, failed: 20, pending: 40 })).toEqual({
    total: 77,
    succeeded: 11,
    failed: 22,
    pending: 44,
  });
});

it("each kind of access error has an explanation", () => {
  expect(ACCESS_ERROR_TEXTS.unauthorized).toMatch(/rejects the project's credentials/);
  expect(ACCESS_ERROR_TEXTS.forbidden).toMatch(/does not let the project's credentials read/);
  expect(ACCESS_ERROR_TEXTS.misconfigured).toMatch(/endpoint or the project ID is wrong/);
});

it.each([
  [Verdict, ["delivered", "retry", "rejected", "gone"]],
  [DeliveryState, ["pending", "delivered", "rejected", "gone", "exhausted"]],
  [TargetEvent, ["succeeded", "failed", "not_ready", "timed_out", "lost", "slow"]],
] as const)("a stored value is one of the known values (%#)", (schema, values) => {
  for (const value of values) expect(schema.parse(value)).toBe(value);
  for (const value of ["", "other", null]) expect(schema.safeParse(value).success).toBe(false);
});

it("the JSON Schema of a job ID has the rules of the service", () => {
  const isValid = (text: string) =>
    new RegExp(JOB_ID_KEYWORDS.pattern).test(text) && !new RegExp(JOB_ID_KEYWORDS.not.pattern).test(text);
  for (const text of ["a", "null", "..", "job:1", "NULL", ""])
    expect([text, isValid(text)]).toEqual([text, JobId.safeParse(text).success]);
});
