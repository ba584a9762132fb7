import {
  describeUnknownPhase,
  isDocumentedRunningPhase,
  parseCceTime,
  parseJob,
  parseListedJob,
} from "../../../lib/cce/parse-job.ts";
import type { Job } from "../../../lib/domain/job.ts";
import fc from "../../support/properties.ts";

const body = (fields: object) => JSON.stringify({ kind: "Job", ...fields });
const count = (job: Job): number => 1 + job.subJobs.reduce((sum, subJob) => sum + count(subJob), 0);
const nested = (levels: number) =>
  `${'{"kind":"Job","spec":{"subJobs":['.repeat(levels - 1)}{"kind":"Job"}${"]}}".repeat(levels - 1)}`;

describe("parseJob", () => {
  it("reads a v2 job with its lower-case field names", () => {
    const read = parseJob(
      body({
        apiVersion: "v2",
        spec: { type: "CreateNode", clusteruid: "c", resourcename: "n", subjobs: [{}, null, 7] },
        status: {
          status: "failed",
          message: " why ",
          completionTime: "2020-01-02 03:04:05.678901 +0800 CST m=+1.5",
        },
      }),
    );
    expect(read?.job).toMatchObject({
      state: "failed",
      phase: "failed",
      reason: "why",
      clusterId: "c",
      resourceName: "n",
    });
    expect(read?.job.subJobs).toHaveLength(1);
    expect(read?.job.updatedAt).toBe(Date.parse("2020-01-01T19:04:05.678Z"));
  });
  it.each<[unknown, string | null]>([
    [{ code: "Ecs.0319", message: "flavor sold out" }, "flavor sold out (Ecs.0319)"],
    [{ Code: "Ecs.0319", Message: "flavor sold out" }, "flavor sold out (Ecs.0319)"],
    [{ error: { code: "Ecs.0319", msg: "flavor sold out" } }, "flavor sold out (Ecs.0319)"],
    [{ details: ["flavor sold out"] }, "flavor sold out"],
    [{ code: "Ecs.0319", message: "Ecs.0319: sold out" }, "Ecs.0319: sold out"],
    [{ message: { text: "sold out" } }, "sold out"],
    [{ error_code: 7, error_msg: " two\nlines" }, "two\nlines (7)"],
    [["a", { message: "b" }, null, 3], "a\nb\n3"],
    [{ node: "n-1", state: [1] }, '{"node":"n-1","state":[1]}'],
    [{ code: "Ecs.0319" }, '{"code":"Ecs.0319"}'],
    [{ badRequest: { code: 400, message: "flavor sold out" } }, "flavor sold out (400)"],
    [{ NeutronError: { error: { detail: "no port" } } }, "no port"],
    [{ errors: [{ code: "Ecs.0319", message: "sold out" }, { title: "b" }] }, "sold out (Ecs.0319)\nb"],
    [{ node: { state: "down" } }, '{"node":{"state":"down"}}'],
    [42, "42"],
    [false, "false"],
    [{}, null],
    [[[], ""], null],
    [null, null],
  ])("shows the reason %j as text", (reason, text) => {
    expect(parseJob(body({ status: { phase: "Failed", reason } }))?.job.reason).toBe(text);
  });
  it.each<[object, string | null]>([
    [{ Reason: "sold out" }, "sold out"],
    [{ reason: " ", errorMessage: "sold out", errorCode: "Ecs.0319" }, "sold out (Ecs.0319)"],
    [{ completionTime: "2018-08-02 08:12:40 +0000 UTC" }, null],
  ])("shows the reason of a failed job from a field with an undocumented name: %j", (status, text) => {
    expect(parseJob(body({ status: { phase: "Failed", ...status } }))?.job.reason).toBe(text);
    expect(parseJob(body({ status: { phase: "Running", ...status } }))?.job.reason).toBeNull();
  });
  it("shows a type, a name, an ID and a phase that are not strings as text", () => {
    const read = parseJob(
      body({
        metadata: { uid: 12 },
        spec: { type: ["CreateNode"], resourceName: 7, resourceID: { id: "r" } },
        status: { phase: { message: "failed" } },
      }),
    );
    expect(read?.job).toMatchObject({
      jobId: "12",
      type: "CreateNode",
      resourceName: "7",
      resourceId: '{"id":"r"}',
      state: "failed",
    });
  });
  it("reads a reason with a million levels without an error", () => {
    const reason = `${"[".repeat(1e6)}${"]".repeat(1e6)}`;
    expect(parseJob(`{"kind":"Job","status":{"phase":"Failed","reason":${reason}}}`)?.job.reason).toBeNull();
  });
  it.each([
    ["Initializing", "pending"],
    ["Running", "pending"],
    ["Success", "succeeded"],
    ["Failed", "failed"],
  ])("reads the phase %s in any case, with spaces around it, and without a warning", (phase, state) => {
    for (const text of [phase, phase.toLowerCase(), phase.toUpperCase(), ` ${phase}\n`]) {
      const read = parseJob(body({ status: { phase: text } }));
      expect([read?.job.state, read?.warnings]).toEqual([state, []]);
    }
  });

  it.each([1, 2, 3])("warns of a failed subjob of a succeeded job at level %d", (level) => {
    let subJob: object = { status: { phase: "Failed" } };
    for (let i = 1; i < level; i += 1) subJob = { status: { phase: "Success" }, spec: { subJobs: [subJob] } };
    const read = parseJob(body({ status: { phase: "Success" }, spec: { subJobs: [subJob] } }));
    expect(read?.job.state).toBe("succeeded");
    expect(read?.warnings).toHaveLength(1);
  });

  it("does not warn about a succeeded job if all subjobs have succeeded, and warns about one failed subjob among them", () => {
    const subJobs = (...phases: string[]) => phases.map((phase) => ({ status: { phase } }));
    const warnings = (...phases: string[]) =>
      parseJob(body({ status: { phase: "Success" }, spec: { subJobs: subJobs(...phases) } }))?.warnings;
    expect(warnings("Success", "Success")).toEqual([]);
    expect(warnings("Success", "Failed", "Success")).toHaveLength(1);
  });

  it("reads the message of a running job in version 2 as its reason", () => {
    const read = parseJob(body({ status: { status: "Running", message: "waiting for quota\n" } }));
    expect(read?.job).toMatchObject({ state: "pending", reason: "waiting for quota" });
  });

  it("reads an unknown or missing phase as pending, with a warning", () => {
    for (const status of [{ phase: "Paused" }, {}, null, "Success"])
      expect(parseJob(body({ status }))).toMatchObject({
        job: { state: "pending" },
        warnings: [expect.any(String)],
      });
  });
  it("warns about a successful job with a failed subjob", () => {
    const read = parseJob(
      body({ spec: { subJobs: [{ status: { phase: "Failed" } }] }, status: { phase: "Success" } }),
    );
    expect(read).toMatchObject({
      job: { state: "succeeded" },
      warnings: [expect.stringContaining("although")],
    });
  });
  it("reads 200 levels and 20,000 subjobs in full", () => {
    const deep = parseJob(nested(200));
    const wide = parseJob(body({ spec: { subJobs: Array(20_000).fill({ kind: "Job" }) } }));
    expect([deep && count(deep.job), wide && count(wide.job)]).toEqual([200, 20_001]);
  });
  it("reads 256 levels and 50,000 jobs, and omits the rest with a warning that names both limits", () => {
    const warning = [expect.stringMatching(/50,?000.*256|256.*50,?000/)];
    const wide = (jobs: number) => parseJob(body({ spec: { subJobs: Array(jobs - 1).fill({}) } }));
    const warnings = (read: ReturnType<typeof parseJob>) => [
      read && count(read.job),
      read?.warnings.slice(1),
    ];
    expect(warnings(parseJob(nested(256)))).toEqual([256, []]);
    expect(warnings(parseJob(nested(257)))).toEqual([256, warning]);
    expect(warnings(wide(50_000))).toEqual([50_000, []]);
    expect(warnings(wide(50_001))).toEqual([50_000, warning]);
  });
  it("names three unknown phases of subjobs, each with at most 40 characters", () => {
    const phases = ["A", "B".repeat(50), " ", "C", "D", "A"];
    const subJobs = phases.map((phase) => ({ status: { phase } }));
    const { warnings } = parseJob(body({ status: { phase: "Running" }, spec: { subJobs } })) ?? {};
    expect(warnings).toEqual([expect.stringMatching(/'A', 'B{39}…', 'C'(?!,)/)]);
  });
  it("does not warn about a failed subjob of a failed job", () => {
    const spec = { subJobs: [{ status: { phase: "Failed" } }] };
    expect(parseJob(body({ spec, status: { phase: "Failed" } }))?.warnings).toEqual([]);
  });
  it("reads every field of a v3 job", () => {
    const fields = {
      metadata: {
        uid: "j",
        creationTimestamp: "2018-08-02 08:12:40 +0000 UTC",
        updateTimestamp: "2018-08-02 08:12:41 +0000 UTC",
      },
      spec: {
        type: "CreateNode",
        clusterUID: "c",
        clusteruid: "other",
        resourceID: "r",
        resourceid: "other",
        resourceName: "n",
        resourcename: "other",
        subJobs: [],
        subjobs: [{}],
      },
      status: {
        phase: " sUCCESS\n",
        status: "failed",
        reason: "why\n",
        message: "other",
        completionTime: "2018-08-02 08:12:49 +0000 UTC",
      },
    };
    const job = {
      jobId: "j",
      type: "CreateNode",
      phase: " sUCCESS\n",
      state: "succeeded",
      reason: "why",
      clusterId: "c",
      resourceId: "r",
      resourceName: "n",
      createdAt: Date.UTC(2018, 7, 2, 8, 12, 40),
      updatedAt: Date.UTC(2018, 7, 2, 8, 12, 41),
      subJobs: [],
    };
    expect(parseJob(body(fields))).toEqual({ job, warnings: [] });
    const { clusterUID: _, resourceID: __, ...spec } = fields.spec;
    expect(parseJob(body({ ...fields, spec }))?.job).toMatchObject({
      clusterId: "other",
      resourceId: "other",
    });
  });
  it("truncates a tree of 100,000 levels, with a warning", () => {
    expect(parseJob(nested(100_000))?.warnings).toContainEqual(expect.stringContaining("truncated"));
  });
  it("masks a secret in an unknown phase before it truncates the phase", () => {
    const phase = `${"x".repeat(32)}hunter2-hunter2`;
    const read = parseJob(body({ status: { phase } }), (text) => text.replace("hunter2-hunter2", "<secret>"));
    expect(read?.warnings).toEqual([expect.stringContaining(`'${"x".repeat(32)}<secret>'`)]);
  });

  it.each(["", "{}", '{"kind":"Status"}', "<html>", "[]", "null"])(
    "returns null for %j, which is not a job",
    (text) => {
      expect(parseJob(text)).toBeNull();
    },
  );
});

describe("parseListedJob", () => {
  const metadata = { uid: "j-1" };

  it.each([{ kind: "Job", metadata }, { metadata }, { kind: null, metadata }])("reads %j", (entry) => {
    expect(parseListedJob(JSON.stringify(entry))).toMatchObject({ jobId: "j-1", state: "pending" });
  });

  it("reads a job with an unknown phase as pending", () => {
    const entry = JSON.stringify({ metadata, status: { phase: "Paused" } });
    expect(parseListedJob(entry)).toMatchObject({ phase: "Paused", state: "pending" });
  });

  it.each([
    { kind: "Node", metadata },
    { kind: "", metadata },
    {},
    { metadata: { uid: "../j" } },
    [metadata],
    "j",
    null,
  ])("returns null for %j", (entry) => {
    expect(parseListedJob(JSON.stringify(entry))).toBeNull();
  });
});

test.each([
  ["Running", true],
  [" initializing", true],
  ["Success", false],
  ["Failed", false],
  ["Paused", false],
  [null, false],
])("the phase %j is a documented phase of a running job: %s", (phase, isRunning) => {
  expect(isDocumentedRunningPhase(phase)).toBe(isRunning);
});

test("the warning about a phase masks secrets and truncates the phase, and a missing phase has its own warning", () => {
  const warning = describeUnknownPhase(`${"x".repeat(38)}hunter2`, (text) => text.replace("hunter2", "***"));
  expect(warning).toContain(`'${"x".repeat(38)}*…'`);
  expect(describeUnknownPhase("Paused")).toContain("'Paused'");
  expect(describeUnknownPhase("")).not.toContain("'");
  expect(describeUnknownPhase("")).toBe(parseJob(body({}))?.warnings[0]);
});

const at = Date.parse("2018-08-02T08:12:40.672Z");

describe("parseCceTime", () => {
  it.each([
    ["2018-08-02 08:12:40.672772389 +0000 UTC", at],
    ["2018-08-02 08:12:40.672772 +0000 UTC", at],
    ["2018-08-02 08:12:40.672 +0000 UTC m=+0.000012345", at],
    ["2018-08-02 16:12:40.672772389 +0800 CST", at],
    ["2018-08-02 16:12:40.672772389 +0800 CST m=+123.45", at],
    ["2018-08-02 04:42:40.672 -0330 -0330", at],
    ["2018-08-02T08:12:40.672Z", at],
    ["2018-08-02T10:12:40.672+02:00", at],
    ["2018-08-02T08:12:40.67Z", at - 2],
    ["2018-08-02T08:12:40.6Z", at - 72],
    ["2018-08-02T08:12:40.0Z", at - 672],
    ["2018-08-02 08:12:40.672", at],
    ["  2018-08-02 08:12:40 +0000 UTC\n", at - 672],
    ["2018-08-02T08:12:40Z", at - 672],
    ["2016-12-31T23:59:60Z", Date.UTC(2016, 11, 31, 23, 59, 59)],
    ["2017-01-01 07:59:60.5 +0800 CST", Date.UTC(2016, 11, 31, 23, 59, 59, 500)],
    ["2038-01-19 03:14:08 +0000 UTC", 2_147_483_648_000],
    ["2026-10-25 02:30:00 +0200 CEST", Date.UTC(2026, 9, 25, 0, 30)],
    ["2026-10-25 02:30:00 +0100 CET", Date.UTC(2026, 9, 25, 1, 30)],
    ["2018-08-02 08:12:40Z", at - 672],
    ["2018-08-02 08:12:40 GMT", at - 672],
    ["2018-08-02 08:12:40", at - 672],
    ["2018-08-02 08:12:40 m=-0.5", at - 672],
    ["2018-08-02 13:42:40.672 +0530 +0530", at],
    ["2018-08-02 06:12:40.672 -0200 -02", at],
    ["2018-08-02 16:12:40.672 +08:00", at],
    ["0100-01-01 00:00:00 +0000 UTC", new Date(0).setUTCFullYear(100, 0, 1) - 0],
    ["2020-02-29 00:00:00 +0000 UTC", Date.UTC(2020, 1, 29)],
    ["2018-08-31 23:59:59.999 +0000 UTC", Date.UTC(2018, 7, 31, 23, 59, 59, 999)],
  ])("parses %j", (text, instant) => {
    expect(parseCceTime(text)).toBe(instant);
  });
  it.each([
    null,
    undefined,
    "",
    "0001-01-01 00:00:00 +0000 UTC",
    "0001-01-01T00:00:00Z",
    "2018-02-30 08:12:40 +0000 UTC",
    "2018-13-01 08:12:40 +0000 UTC",
    "2018-08-02 25:12:40 +0000 UTC",
    "2018-08-02",
    "2018-08-02 08:12:61 +0000 UTC",
    "2018-08-02 08:12:60:40 +0000 UTC",
    "2018-08-02 08:12:40. +0000 UTC",
    "2018-08-02 08:12:40.6x +0000 UTC",
    "2018-08-02 08:12:4 +0000 UTC",
    "2018-08-02 08:12",
    "2018-08-02_08:12:40 +0000 UTC",
    "2018/08-02 08:12:40 +0000 UTC",
    "2018-08/02 08:12:40 +0000 UTC",
    "2018-08-02 08-12:40 +0000 UTC",
    "2018-08-02 08:12-40 +0000 UTC",
    "201x-08-02 08:12:40 +0000 UTC",
    "2018-0x-02 08:12:40 +0000 UTC",
    "2018-08-3x 08:12:40 +0000 UTC",
    "2018-08-02 0/:12:40 +0000 UTC",
    "2018-08-02 08:1\u0662:40 +0000 UTC",
    "2018-08-02 08:12:4: +0000 UTC",
    "yesterday",
    "0099-12-31 00:00:00 +0000 UTC",
    "2018-00-02 08:12:40 +0000 UTC",
    "2018-08-00 08:12:40 +0000 UTC",
    "2018-08-32 08:12:40 +0000 UTC",
    "2019-02-29 08:12:40 +0000 UTC",
    "2018-08-02 24:12:40 +0000 UTC",
    "2018-08-02 08:60:40 +0000 UTC",
    "2018-08-02 08:12:40 +000 UTC",
    "2018-08-02 08:12:40 x0000 UTC",
    "2018-08-02 08:12:40 +0000 CoordinatedTime",
    "2018-08-02 08:12:40 +0000 UTC m=0.1",
    "x2018-08-02 08:12:40 +0000 UTC",
    "1533197560",
    "2018-08-02 08:12:40 +0000 UTC and more",
  ])("returns null for %j", (text) => {
    expect(parseCceTime(text)).toBeNull();
  });
  it("parses every time that Go can write, to the millisecond", () => {
    const instants = fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2200, 0, 1) });
    const property = fc.property(
      instants,
      fc.nat(999_999),
      fc.integer({ min: -840, max: 840 }),
      (ms, rest, zone) => {
        const [date, time] = new Date(ms + zone * 60_000).toISOString().slice(0, -1).split("T");
        const sign = zone < 0 ? "-" : "+";
        const two = (value: number) => String(Math.floor(Math.abs(value))).padStart(2, "0");
        const offset = `${sign}${two(zone / 60)}${two(Math.abs(zone) % 60)}`;
        return parseCceTime(`${date} ${time}${String(rest).padStart(6, "0")} ${offset} ${offset}`) === ms;
      },
    );
    fc.assert(property);
  });
});
