import { Problem } from "../../lib/api/problem-response.ts";
import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { PROJECT, type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";
import { type StackNotStartedError, startStack } from "../support/stack.ts";
import { succeedingJob } from "./outcome-jobs.ts";

let receiver: Receiver;
let fixture: ServiceFixture;
beforeAll(async () => {
  receiver = await startReceiver();
  fixture = await startServiceFixture({
    targets: { deploys: { kind: "slack", url: `${receiver.url}/slack/deploys` } },
    settings: { egress: { allow: [new URL(receiver.url).host] }, defaultTargets: ["deploys"] },
  });
});
afterAll(async () => {
  await fixture?.stop();
  await receiver.stop();
});

describe("an invalid request", () => {
  const LONG = "x".repeat(129);

  it.each([
    ["an unknown target", { jobId: "j", notify: ["deploys", "nobody"] }, "#/notify/1", "target"],
    ["an unknown project", { jobId: "j", project: "nowhere" }, "#/project", "project"],
    ["an unknown field", { jobId: "j", jobid: "k" }, "#/jobid", ""],
    ["no job ID", { notify: ["deploys"] }, "#/jobId", "is missing"],
    ["an empty array", { jobIds: [] }, "#/jobIds", "at least 1 job"],
    ["a deadline of 0 minutes", { jobId: "j", deadlineMinutes: 0 }, "#/deadlineMinutes", ""],
  ])("is refused for %s, and nothing is enqueued", async (_what, body, pointer, detail) => {
    const answer = await fixture.api("/v1/jobs", body);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([422, "application/problem+json"]);
    const { errors } = Problem.parse(await answer.json());
    expect(errors).toEqual([{ pointer, detail: expect.stringContaining(detail) }]);
    expect(await fixture.queues.depth("poll")).toBe(0);
  });

  it.each([
    ["an empty job ID", "", "is empty"],
    ["a job ID that is too long", LONG, "1 to 128 letters"],
    ["a job ID with a path", "../../secrets", "1 to 128 letters"],
  ])("is rejected for %s with the reason, and nothing is enqueued", async (_what, jobId, detail) => {
    const answer = await fixture.api("/v1/jobs", { jobId });
    expect(answer.status).toBe(422);
    expect(JSON.stringify(await answer.json())).toContain(detail);
    expect(await fixture.queues.depth("poll")).toBe(0);
  });

  it("is refused for a body that is not JSON", async () => {
    const answer = await fixture.post("/v1/jobs", "{not json");
    expect([answer.status, Problem.parse(await answer.json()).title]).toEqual([400, "Invalid request"]);
    expect(await fixture.queues.depth("poll")).toBe(0);
  });
});

describe("a malformed message", () => {
  it.each([
    ["poll", "pollDead", "malformed-1"],
    ["poll", "pollDead", '{"v":1,"kind":"poll","project":"malformed-2"}'],
    ["notify", "notifyDead", "malformed-3"],
    ["notify", "notifyDead", '{"v":1,"kind":"shout","project":"malformed-4"}'],
  ] as const)("goes from %s to %s with the reason (%s)", async (queue, dead, body) => {
    await fixture.queues.put(queue, body);
    const letter = await fixture.queues.deadLetter(dead, body.match(/malformed-\d/)?.[0] ?? "");
    expect(letter.body).toBe(body);
    expect(letter.attributes).toEqual({ reason: "malformed", detail: expect.stringMatching(/not/) });
  });

  it.each([
    ["poll", "pollDead", "malformed-7"],
    ["notify", "notifyDead", "malformed-8"],
  ] as const)(
    "goes from %s to %s with the reason, truncated, if the message has 1 MiB (%s)",
    async (queue, dead, name) => {
      await fixture.queues.put(queue, name.padEnd(1_048_576, "x"));
      const letter = await fixture.queues.deadLetter(dead, name);
      expect(letter.body).toMatch(/^malformed-\dx{200000,240000}x*…$/);
      expect(letter.attributes).toEqual({
        reason: "malformed",
        detail: "the body is not JSON",
        bodyBytes: "1048576",
      });
    },
  );

  it("does not affect other messages in the queue", async () => {
    const jobId = fixture.addJob(succeedingJob);
    const stray = {
      v: 1,
      kind: "notification",
      project: PROJECT,
      jobId: "stray-job",
      caller: "token:gitlab",
      watchGeneration: 0,
      generation: 0,
      target: "deploys",
      redelivery: 0,
    };
    await Promise.all([
      fixture.queues.put("poll", "malformed-5"),
      fixture.queues.put("notify", "malformed-6"),
      fixture.queues.put("notify", JSON.stringify({ ...stray, outcome: "failed" })),
      fixture.submit({ jobId }),
    ]);
    const { deliveries } = await fixture.over(jobId);
    expect(deliveries).toMatchObject([{ target: "deploys", state: "delivered", attempts: 1 }]);
    await fixture.queues.deadLetter("pollDead", "malformed-5");
    await fixture.queues.deadLetter("notifyDead", "malformed-6");
    const letter = await fixture.queues.deadLetter("notifyDead", "stray-job");
    expect(letter.attributes).toMatchObject({ reason: "unknown" });
    await fixture.queues.empty("poll");
    await fixture.queues.empty("notify");
    expect(receiver.notifications.list(null)).toHaveLength(1);
  });
});

describe("a config with several errors", () => {
  it("is refused at startup, and the message names every error without the values", async () => {
    const config = {
      projects: { prod: { projectId: "0bcc", auth: { kind: "token", token: "hush-1" } } },
      targets: {
        deploys: { kind: "slack", url: "hush-2" },
        audit: { kind: "webhook", url: "https://hooks.example.com/hush-3", secrets: ["hush-4"] },
      },
      tokens: { ci: { sha256: "hush-5", projects: ["staging"] } },
      settings: { defaultTargets: ["nobody"], deadlineMinutes: 0 },
    };
    const error: StackNotStartedError = await startStack({ config }).then(
      () => Promise.reject(new Error("the stack has started")),
      (refused) => refused,
    );
    expect(error.code).toBe(1);
    for (const fault of [
      "projects.prod.region: is missing: a project needs a region or an endpoint",
      "targets.deploys.url: must be a URL",
      "targets.audit.secrets[0]: must be 'whsec_'",
      "tokens.ci.sha256: must be 64 hexadecimal digits",
      "settings.deadlineMinutes",
    ])
      expect(error.message).toContain(fault);
    expect(error.message).not.toContain("hush");
  });
});
