import { readReply } from "../../../lib/cce/reply.ts";
import { Settings } from "../../../lib/config/settings.ts";
import type { Instant, Observation } from "../../../lib/domain/job.ts";
import { decide } from "../../../lib/schedule/decide.ts";

const T0 = Date.UTC(2026, 4, 28, 9, 28);
const MINUTE_MS = 60_000;
const settings = Settings.parse({});

const reply = (status: number, body: object = {}, headers: Record<string, string> = {}): Observation =>
  readReply({ status, headers, body: JSON.stringify(body) }, T0, "prod");
const signature = (words: string, date = "Thu, 28 May 2026 09:28:00 GMT") =>
  reply(
    401,
    { error_code: "APIGW.0301", error_msg: `Incorrect IAM authentication information: ${words}` },
    { date },
  );

/** What becomes of a watch that sees the same at every poll, and when. */
function endOf(seen: Observation, deadlineMinutes = 120) {
  let [now, consecutiveFailures, polls]: [Instant, number, number] = [T0, 0, 0];
  let accessError: Parameters<typeof decide>[0]["watch"]["accessError"] = null;
  for (;;) {
    polls += 1;
    const decision = decide({
      watch: {
        polls,
        acceptedAt: T0,
        deadlineAt: T0 + deadlineMinutes * MINUTE_MS,
        consecutiveFailures,
        accessError,
        lastPollError: null,
        jobType: null,
      },
      observation: seen,
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

describe("what an operator is told of a fault that lasts ten minutes", () => {
  it.each([
    [
      signature("signature expired, signature time:20260528T092752Z,server time:20260528T094410Z"),
      "CCE refuses the signature for project prod: the clock is 16 minutes off; set it right",
    ],
    [
      signature("verify fail", "Thu, 28 May 2026 09:08:00 GMT"),
      "CCE refuses the signature for project prod: the clock is 20 minutes off; set it right",
    ],
    [signature("verify fail"), "CCE refuses the signature for project prod: check accessKey and secretKey"],
    [reply(401, { error_code: "APIGW.0307" }), "CCE refuses the token for project prod: it has expired"],
    [reply(401, { errorCode: "CCE.01401001" }), "CCE refuses the credentials for project prod: check auth"],
    [
      reply(403, { errorCode: "CCE.01403001" }),
      "CCE forbids reading the job for project prod: give its user",
    ],
    [
      reply(404, { error_code: "APIGW.0101" }),
      "CCE's address for project prod knows no job API: check endpoint",
    ],
    [reply(302), "CCE's address for project prod answers with a redirect: set endpoint"],
    [reply(400), "CCE does not accept the query for project prod: check projectId"],
  ])("is what is to be done, in words (case %#)", (seen, words) => {
    const end = endOf(seen);
    expect(end).toMatchObject({ outcome: "lost", reason: expect.stringContaining(words) });
    expect(end.minutes).toBeGreaterThanOrEqual(10);
    expect(end.minutes).toBeLessThan(11.5);
    expect(end.polls).toBeLessThan(25);
  });
});

describe("what else is seen again and again", () => {
  it("is lost after the grace, when CCE knows no such job", () => {
    const end = endOf(reply(404, { errorCode: "CCE.01404001", errorMessage: "Resource not found" }));
    expect(end).toMatchObject({ outcome: "lost", reason: expect.stringContaining("Resource not found") });
    expect(end.minutes).toBeGreaterThanOrEqual(2);
    expect(end.minutes).toBeLessThan(2.5);
  });
  it.each([
    ["500", reply(500)],
    ["garbage", reply(200)],
    ["429", reply(429, {}, { "retry-after": "60" })],
    ["429 without a time", reply(429)],
  ])("never ends a watch before its deadline: %s", (_, seen) => {
    expect(endOf(seen)).toMatchObject({ outcome: "timed_out", minutes: 120 });
  });
});
