import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { Webhook } from "standardwebhooks";
import { OUTCOMES } from "../../lib/domain/job.ts";
import { PROJECT } from "../support/service-fixture.ts";
import { CONTEXT, type FourOutcomes, MENTION, playFourOutcomes, SECRETS } from "./four-outcomes.ts";
import { CLUSTER, REASON } from "./outcome-jobs.ts";

const SCHEMA = JSON.parse(readFileSync(new URL("../../docs/event.schema.json", import.meta.url), "utf8"));

/** What the event of `failingJob` says of its failures. */
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

let played: FourOutcomes;
beforeAll(async () => {
  played = await playFourOutcomes();
}, 60_000);
afterAll(() => played?.stop());

describe("from a job ID over HTTP to a chat and a webhook", () => {
  it.each(OUTCOMES)("tells each target once of a job that %s, even one that was named twice", (outcome) => {
    expect(played.only("/slack/deploys", outcome).status).toBe(200);
    expect(played.only("/webhook/audit", outcome).status).toBe(204);
    expect(played.arrived("/webhook/alarms", outcome)).toHaveLength(outcome === "failed" ? 1 : 0);
  });

  it.each(OUTCOMES)("signs the event of a job that %s for either secret, by Standard Webhooks", (outcome) => {
    const { body, headers } = played.only("/webhook/audit", outcome);
    for (const secret of SECRETS) expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
    expect(headers["x-env"]).toBe("e2e");
    expect(headers["webhook-id"]).toMatch(/^msg_/);
  });

  it.each(OUTCOMES)("sends an event of a job that %s that is as docs/event.schema.json says", (outcome) => {
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(SCHEMA);
    const event = played.event(outcome);
    expect([validate(event), validate.errors]).toEqual([true, null]);
    expect(event.type).toBe(`job.${outcome}`);
  });

  it("tells of a failure three levels down: the path, and the cloud's own words", () => {
    expect(played.event("failed")).toEqual({
      type: "job.failed",
      timestamp: expect.any(String),
      data: {
        project: PROJECT,
        region: "eu-de",
        jobId: played.jobs.failed,
        jobType: "ScaleupCluster",
        outcome: "failed",
        phase: "Failed",
        reason: null,
        clusterId: CLUSTER.clusterId,
        resourceId: null,
        resourceName: CLUSTER.resourceName,
        failures: FAILURES,
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
        statusUrl: expect.stringContaining(`/jobs/${PROJECT}/${played.jobs.failed}?key=`),
      },
    });
  });

  it("shows people the reason verbatim where no markup is read, and mentions them", () => {
    const message = JSON.parse(played.only("/slack/deploys", "failed").body);
    expect(message.text).toMatch(/^<!subteam\^S0123456> ❌ Failed: ScaleupCluster shop/);
    const preformatted = message.blocks
      .flatMap((block: { elements?: unknown[] }) => block.elements ?? [])
      .filter(({ type }: { type: string }) => type === "rich_text_preformatted");
    expect(preformatted).toMatchObject([{ elements: [{ type: "text", text: REASON }] }]);
    expect(JSON.stringify(message)).toContain("ScaleupCluster › CreateNode › CreateNodeVM");
    expect(JSON.parse(played.only("/slack/deploys", "succeeded").body).text).not.toContain(MENTION);
  });

  it("says what still ran when the deadline passed", () => {
    const { data } = played.event("timed_out");
    expect(data).toMatchObject({ outcome: "timed_out", phase: "Running", durationSeconds: null });
    expect(data.reason).toContain("InstallNode");
  });

  it("says of a job that CCE does not know that it is lost, and makes nothing up", () => {
    expect(played.event("lost").data).toMatchObject({
      outcome: "lost",
      jobType: null,
      phase: null,
      reason: expect.stringContaining("CCE does not know this job"),
      failures: [],
      subJobs: { total: 0, succeeded: 0, failed: 0, pending: 0 },
    });
  });

  it.each(OUTCOMES)("answers the same over GET for a job that %s, with who was told", (outcome) => {
    const status = played.statuses[outcome];
    const { reason, failures, subJobs } = played.event(outcome).data;
    expect(status).toMatchObject({ jobId: played.jobs[outcome], state: outcome, reason, failures, subJobs });
    expect(status.context).toEqual(CONTEXT);
    expect(status.deliveries.map(({ target, state, attempts }) => [target, state, attempts])).toEqual(
      ["alarms", "audit", "deploys"]
        .filter((target) => target !== "alarms" || outcome === "failed")
        .map((target) => [target, "delivered", 1]),
    );
  });

  it("takes a job again without telling anybody anew", async () => {
    const { fixture, jobs, count } = played;
    const before = count();
    const [job] = await fixture.submit({ jobId: jobs.failed, notify: ["deploys", "audit"] });
    expect(job?.status).toBe("already_watching");
    await fixture.queues.empty("notify");
    await fixture.queues.empty("poll");
    expect(count()).toBe(before);
  });
});
