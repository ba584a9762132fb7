import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { Webhook } from "standardwebhooks";
import { PROJECT } from "../support/service-fixture.ts";
import {
  CONTEXT,
  type FourOutcomes,
  JOB_OUTCOMES,
  MENTION,
  runFourOutcomes,
  SECRETS,
  TRACEPARENT,
} from "./four-outcomes.ts";
import { CLUSTER, REASON } from "./outcome-jobs.ts";

const SCHEMA = JSON.parse(readFileSync(new URL("../../docs/event.schema.json", import.meta.url), "utf8"));

/** The failures in the event of `failingJob`. */
const FAILURES = [
  {
    path: ["ScaleupCluster", "CreateNode"],
    jobId: "sub-1",
    resourceName: "node-7",
    reason: null,
    hint: null,
  },
  {
    path: ["ScaleupCluster", "CreateNode", "CreateNodeVM"],
    jobId: "sub-1-1",
    resourceName: null,
    reason: REASON,
    hint: expect.stringContaining("flavor"),
  },
];

let outcomes: FourOutcomes;
beforeAll(async () => {
  outcomes = await runFourOutcomes();
});
afterAll(() => outcomes?.stop());

describe("a job that is submitted over HTTP", () => {
  it.each(JOB_OUTCOMES)(
    "notifies each target once with the outcome %s, even if the target is named twice",
    (outcome) => {
      expect(outcomes.only("/slack/deploys", outcome).status).toBe(200);
      expect(outcomes.only("/webhook/audit", outcome).status).toBe(204);
      expect(outcomes.arrived("/webhook/alarms", outcome)).toHaveLength(outcome === "failed" ? 1 : 0);
    },
  );

  it.each(JOB_OUTCOMES)(
    "signs the event of the outcome %s with both secrets, as Standard Webhooks says",
    (outcome) => {
      const { body, headers } = outcomes.only("/webhook/audit", outcome);
      for (const secret of SECRETS)
        expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
      expect(headers["x-env"]).toBe("e2e");
      expect(headers["webhook-id"]).toMatch(/^msg_/);
    },
  );

  it.each(JOB_OUTCOMES)(
    "sends an event about the outcome %s that matches docs/event.schema.json",
    (outcome) => {
      const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(SCHEMA);
      const event = outcomes.event(outcome);
      expect([validate(event), validate.errors]).toEqual([true, null]);
      expect(event.type).toBe(`job.${outcome}`);
    },
  );

  it("sends the traceparent of the submission to a webhook, and not to a chat", () => {
    expect(outcomes.only("/webhook/audit", "failed").headers.traceparent).toBe(TRACEPARENT);
    expect(outcomes.only("/slack/deploys", "failed").headers).not.toHaveProperty("traceparent");
    expect(outcomes.only("/webhook/audit", "timed_out").headers).not.toHaveProperty("traceparent");
  });

  it.each(["succeeded", "failed", "lost"] as const)(
    "has the traceparent of the submission in every log line about the job with the outcome %s",
    (outcome) => {
      const lines = readFileSync(outcomes.fixture.logFile, "utf8")
        .split("\n")
        .filter((line) => line.includes(outcomes.jobs[outcome]))
        .map((line) => JSON.parse(line.slice(line.indexOf("{"))));
      const messages = new Set(lines.map(({ message }) => message));
      expect([...messages].sort()).toEqual(["accept", "attempt", "concluded", "poll"]);
      for (const line of lines) expect(line.traceparent).toBe(TRACEPARENT);
      const [first] = lines.filter(({ message, target }) => message === "attempt" && target === "audit");
      if (outcome === "lost") expect(first).not.toHaveProperty("lateness_seconds");
      else {
        // The lateness counts from the end of the job, so it is at most the time since the start of the job.
        const startedAt = Date.parse(String(outcomes.event(outcome).data.createdAt));
        expect(first.lateness_seconds).toBeGreaterThanOrEqual(0);
        expect(first.lateness_seconds).toBeLessThanOrEqual((Date.parse(first.timestamp) - startedAt) / 1000);
      }
    },
  );

  it("sends the path and the unchanged reason of a failure three levels down", () => {
    expect(outcomes.event("failed")).toEqual({
      type: "job.failed",
      timestamp: expect.any(String),
      data: {
        project: PROJECT,
        region: "eu-de",
        jobId: outcomes.jobs.failed,
        jobType: "ScaleupCluster",
        outcome: "failed",
        phase: "Failed",
        reason: null,
        clusterId: CLUSTER.clusterId,
        resourceId: null,
        resourceName: CLUSTER.resourceName,
        failures: FAILURES,
        failuresOmitted: 0,
        causes: [
          {
            type: "CreateNodeVM",
            reason: REASON,
            hint: FAILURES.at(-1)?.hint,
            count: 1,
            resources: [expect.any(String)],
          },
        ],
        causesOmitted: 0,
        subJobs: { total: 3, succeeded: 1, failed: 2, pending: 0 },
        warnings: [],
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
        durationSeconds: expect.closeTo(0.3, 1),
        watch: {
          acceptedAt: expect.any(String),
          concludedAt: expect.any(String),
          polls: expect.any(Number),
          lagSeconds: expect.any(Number),
        },
        context: CONTEXT,
        statusUrl: expect.stringContaining(`/jobs/${PROJECT}/${outcomes.jobs.failed}?key=`),
      },
    });
  });

  it("shows the reason unchanged in preformatted text, with a mention", () => {
    const message = JSON.parse(outcomes.only("/slack/deploys", "failed").body);
    expect(message.text).toMatch(/^<!subteam\^S0123456> ❌ Failed: ScaleupCluster shop/);
    const preformatted = message.blocks
      .flatMap((block: { elements?: unknown[] }) => block.elements ?? [])
      .filter(({ type }: { type: string }) => type === "rich_text_preformatted");
    expect(preformatted).toMatchObject([{ elements: [{ type: "text", text: REASON }] }]);
    expect(JSON.stringify(message)).toContain("ScaleupCluster › CreateNode › CreateNodeVM");
    expect(JSON.parse(outcomes.only("/slack/deploys", "succeeded").body).text).not.toContain(MENTION);
  });

  it("names the subjobs that were running at the deadline", () => {
    const { data } = outcomes.event("timed_out");
    expect(data).toMatchObject({ outcome: "timed_out", phase: "Running", durationSeconds: null });
    expect(data.reason).toContain("InstallNode");
  });

  it("reports an unknown job of CCE as lost, without job data", () => {
    expect(outcomes.event("lost").data).toMatchObject({
      outcome: "lost",
      jobType: null,
      phase: null,
      reason: expect.stringContaining("CCE does not know this job"),
      failures: [],
      subJobs: { total: 0, succeeded: 0, failed: 0, pending: 0 },
    });
  });

  it.each(JOB_OUTCOMES)("returns the same data and the deliveries for the outcome %s over GET", (outcome) => {
    const status = outcomes.statuses[outcome];
    const { reason, failures, subJobs } = outcomes.event(outcome).data;
    expect(status).toMatchObject({
      jobId: outcomes.jobs[outcome],
      state: outcome,
      reason,
      failures,
      subJobs,
    });
    expect(status.context).toEqual(CONTEXT);
    expect(status.deliveries.map(({ target, state, attempts }) => [target, state, attempts])).toEqual(
      ["alarms", "audit", "deploys"]
        .filter((target) => target !== "alarms" || outcome === "failed")
        .map((target) => [target, "delivered", 1]),
    );
  });

  it("accepts the same job twice without a second notification", async () => {
    const { fixture, jobs, count } = outcomes;
    const before = count();
    const [job] = await fixture.submit({ jobId: jobs.failed, notify: ["deploys", "audit"] });
    expect(job?.status).toBe("already_watching");
    await fixture.queues.empty("notify");
    await fixture.queues.empty("poll");
    expect(count()).toBe(before);
  });
});
