import { interpretJobReplyUnmasked } from "../../../lib/cce/interpret-job-reply.ts";
import { Settings } from "../../../lib/config/settings.ts";
import type { Instant, Observation } from "../../../lib/domain/job.ts";
import { decideAfterPoll } from "../../../lib/schedule/decide-after-poll.ts";

const now = Date.parse("2026-01-01T00:00:00Z");
const kindOf = (status: number, body: unknown = "", headers = {}) =>
  interpretJobReplyUnmasked(
    { status, headers, body: typeof body === "string" ? body : JSON.stringify(body) },
    now,
    "prod",
  ).kind;

function expected(status: number): string {
  if (status === 401) return "unauthorized";
  if (status === 403) return "forbidden";
  if (status === 429) return "throttled";
  if (status < 300 || status >= 500 || [408, 409, 423, 425].includes(status)) return "unavailable";
  return "misconfigured";
}

describe("interpretJobReplyUnmasked", () => {
  it.each(["", "<html>", "{}", "null", "[1]", '{"errorCode":', "\u0000"])(
    "returns one kind for every status from 100 to 599 with the body %j",
    (body) => {
      for (let status = 100; status < 600; status += 1)
        expect([status, kindOf(status, body)]).toEqual([status, expected(status)]);
    },
  );
  it("reads a 404 as a missing job only when CCE itself sent it", () => {
    expect(kindOf(404, { errorCode: "CCE.01404001" })).toBe("gone");
    expect(kindOf(404, { error_code: "CCE_CM.0003" })).toBe("gone");
    expect(kindOf(404, { error: { code: "CCE.01404001" } })).toBe("gone");
    expect(kindOf(404, { ErrorCode: "CCE.01404001" })).toBe("gone");
    expect(kindOf(404, [{ errorCode: "CCE.01404001" }])).toBe("gone");
    expect(kindOf(404, { errors: [{ Error_Code: "CCE.01404001" }] })).toBe("gone");
    expect(kindOf(404, { error_code: "APIGW.0101" })).toBe("misconfigured");
  });
  it.each([
    ["APIGW.0308", 403, "throttled"],
    ["APIGW.0308", 400, "throttled"],
    ["CCE.01429002", 403, "throttled"],
    ["CCE.02429001", 409, "throttled"],
    ["APIGW.0308", 399, "misconfigured"],
    ["APIGW.0308", 500, "unavailable"],
    ["APIGW.03081", 403, "forbidden"],
    ["XAPIGW.0308", 403, "forbidden"],
    ["CCE.01403001", 403, "forbidden"],
  ])("reads the error code %s with the HTTP status %i as %s", (errorCode, status, kind) => {
    expect(kindOf(status, { errorCode })).toBe(kind);
  });
  it("reports how far the clock is off by the reply's Date header", () => {
    const observation = interpretJobReplyUnmasked(
      {
        status: 401,
        headers: { date: "Thu, 01 Jan 2026 00:16:00 GMT" },
        body: '{"error_code":"APIGW.0301"}',
      },
      now,
      "prod",
    );
    expect(observation).toMatchObject({
      kind: "unauthorized",
      text: expect.stringContaining(
        "CCE refuses the signature for project prod: the clock is 16 minutes off",
      ),
    });
  });
  it.each([
    [-91, /the clock is 2 minutes off/],
    [-90, /the clock is 2 minutes off/],
    [-89, /check accessKey and secretKey/],
    [0, /check accessKey and secretKey/],
    [89, /check accessKey and secretKey/],
    [90, /the clock is 2 minutes off/],
    [600, /the clock is 10 minutes off/],
  ])("names a clock that is wrong by at least 90 s: %d s", (seconds, text) => {
    const date = new Date(now + seconds * 1000).toUTCString();
    const reply = { status: 401, headers: { date }, body: '{"error_code":"APIGW.0301"}' };
    expect(interpretJobReplyUnmasked(reply, now, "prod")).toMatchObject({
      kind: "unauthorized",
      text: expect.stringMatching(text),
    });
  });
  it("reads a job only from a reply with the status 200", () => {
    const body = JSON.stringify({ kind: "Job", metadata: { uid: "j" }, status: { phase: "Odd hunter2" } });
    const mask = (text: string) => text.replace("hunter2", "<secret>");
    expect(interpretJobReplyUnmasked({ status: 200, headers: {}, body }, now, "prod", mask)).toMatchObject({
      kind: "job",
      job: { jobId: "j", state: "pending" },
      warnings: [expect.stringContaining("<secret>")],
    });
    expect(interpretJobReplyUnmasked({ status: 500, headers: {}, body }, now, "prod").kind).toBe(
      "unavailable",
    );
  });
  it.each([
    ["XCCE.01404001", "misconfigured"],
    ["CCE.404", "gone"],
    ["XCCE_CM.0003", "misconfigured"],
    ["CCE_CM.00031", "misconfigured"],
    ["cce_cm.0003", "gone"],
    ["CCE.01400001", "misconfigured"],
  ])("reads a 404 with the error code %s as %s", (code, kind) => {
    expect(kindOf(404, { errorCode: code })).toBe(kind);
    expect(kindOf(400, { errorCode: code })).toBe("misconfigured");
  });
  it.each([
    [404, { errorCode: "CCE.01404001" }, "gone", "CCE does not know this job (HTTP 404, CCE.01404001)"],
    [429, {}, "throttled", "CCE limits the rate of queries (HTTP 429)"],
    [500, {}, "unavailable", "CCE did not return the job (HTTP 500)"],
    [
      403,
      {},
      "forbidden",
      "CCE forbids reading the job for project prod: give its user or agency the permission cce:job:get (CCE ReadOnlyAccess), and check projectId (HTTP 403)",
    ],
  ])("describes a reply with the status %i", (status, body, kind, text) => {
    expect(
      interpretJobReplyUnmasked({ status, headers: {}, body: JSON.stringify(body) }, now, "prod"),
    ).toEqual({
      kind,
      text,
      ...(kind === "throttled" && { retryAfterSeconds: null }),
    });
  });
  it("returns the wait that a reply with any error status asks for", () => {
    const reply = { status: 503, headers: { "retry-after": "9" }, body: "" };
    expect(interpretJobReplyUnmasked(reply, now, "prod")).toMatchObject({ retryAfterSeconds: 9 });
  });
  it.each([
    ["signature time:20260101T001000Z,server time:20260101T000000Z", /the clock is 10 minutes off/],
    ["signature time: 20260101T001000Z , server time: 20260101T000000Z", /the clock is 10 minutes off/],
    ["signature time:2026-01-01T00:10,server time:20260101T000000Z", /check accessKey/],
    ["signature time:x0260101T001000Z,server time:20260101T000000Z", /check accessKey/],
    ["signature time:20260101T001000X,server time:20260101T000000Z", /check accessKey/],
  ])("reads both times in the message %s", (message, text) => {
    const body = JSON.stringify({ error_code: "APIGW.0301", error_msg: message });
    expect(interpretJobReplyUnmasked({ status: 401, headers: {}, body }, now, "prod")).toMatchObject({
      text: expect.stringMatching(text),
    });
  });
  it("reads Retry-After as seconds and as a date", () => {
    const waitOf = (value: string) =>
      interpretJobReplyUnmasked({ status: 429, headers: { "retry-after": value }, body: "" }, now, "prod");
    expect(waitOf("17")).toMatchObject({ retryAfterSeconds: 17 });
    expect(waitOf("Thu, 01 Jan 2026 00:00:30 GMT")).toMatchObject({ retryAfterSeconds: 30 });
    expect(waitOf("soon")).toMatchObject({ retryAfterSeconds: null });
  });
});

const T0 = Date.UTC(2026, 4, 28, 9, 28);
const MINUTE_MS = 60_000;
const settings = Settings.parse({});

const replyOf = (status: number, body: object = {}, headers: Record<string, string> = {}): Observation =>
  interpretJobReplyUnmasked({ status, headers, body: JSON.stringify(body) }, T0, "prod");
const signature = (message: string, date = "Thu, 28 May 2026 09:28:00 GMT") =>
  replyOf(
    401,
    { error_code: "APIGW.0301", error_msg: `Incorrect IAM authentication information: ${message}` },
    { date },
  );

/** Polls a watch until the watch ends. Every poll returns the same observation. */
function endOf(observation: Observation, deadlineMinutes = 120) {
  let [now, consecutiveFailures, polls]: [Instant, number, number] = [T0, 0, 0];
  let accessError: Parameters<typeof decideAfterPoll>[0]["watch"]["accessError"] = null;
  for (;;) {
    polls += 1;
    const decision = decideAfterPoll({
      watch: {
        polls,
        acceptedAt: T0,
        deadlineAt: T0 + deadlineMinutes * MINUTE_MS,
        consecutiveFailures,
        accessError,
        lastPollError: null,
        jobType: null,
      },
      observation,
      durations: [],
      now,
      settings,
      random: () => 0.5,
    });
    if (decision.kind === "conclude") return { ...decision, minutes: (now - T0) / MINUTE_MS, polls };
    now += decision.delaySeconds * 1000;
    ({ consecutiveFailures, accessError } = decision);
  }
}

describe("the reason of a watch that ends after ten minutes of access errors", () => {
  it.each([
    [
      signature("signature expired, signature time:20260528T092752Z,server time:20260528T094410Z"),
      "CCE refuses the signature for project prod: the clock is 16 minutes off; correct the clock",
    ],
    [
      signature("verify fail", "Thu, 28 May 2026 09:08:00 GMT"),
      "CCE refuses the signature for project prod: the clock is 20 minutes off; correct the clock",
    ],
    [signature("verify fail"), "CCE refuses the signature for project prod: check accessKey and secretKey"],
    [replyOf(401, { error_code: "APIGW.0307" }), "CCE refuses the token for project prod: it has expired"],
    [replyOf(401, { errorCode: "CCE.01401001" }), "CCE refuses the credentials for project prod: check auth"],
    [
      replyOf(403, { errorCode: "CCE.01403001" }),
      "CCE forbids reading the job for project prod: give its user",
    ],
    [
      replyOf(404, { error_code: "APIGW.0101" }),
      "CCE's address for project prod has no job API: check endpoint",
    ],
    [replyOf(302), "CCE's address for project prod answers with a redirect: set endpoint"],
    [replyOf(400), "CCE does not accept the query for project prod: check projectId"],
  ])("says what the operator should do (reply %#)", (observation, advice) => {
    const end = endOf(observation);
    expect(end).toMatchObject({ outcome: "lost", reason: expect.stringContaining(advice) });
    expect(end.minutes).toBeGreaterThanOrEqual(10);
    expect(end.minutes).toBeLessThan(11.5);
    expect(end.polls).toBeLessThan(25);
  });
});

describe("a watch whose polls all have the same result", () => {
  it("is lost after the grace period when CCE does not know the job", () => {
    const end = endOf(replyOf(404, { errorCode: "CCE.01404001", errorMessage: "Resource not found" }));
    expect(end).toMatchObject({ outcome: "lost", reason: expect.stringContaining("Resource not found") });
    expect(end.minutes).toBeGreaterThanOrEqual(2);
    expect(end.minutes).toBeLessThan(2.5);
  });
  it.each([
    ["500", replyOf(500)],
    ["garbage", replyOf(200)],
    ["429", replyOf(429, {}, { "retry-after": "60" })],
    ["429 without a time", replyOf(429)],
  ])("does not end before the deadline of the watch: %s", (_, observation) => {
    expect(endOf(observation)).toMatchObject({ outcome: "timed_out", minutes: 120 });
  });
});
