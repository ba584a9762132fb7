import { json, messages } from "../http-answers.ts";
import { createHarness } from "../http-harness.ts";

const AWAKE = { kind: "awake", clusterId: "c-1" };
const UPGRADE = { kind: "cluster_upgrade", clusterId: "c-1", taskId: "task-1" };
const PRECHECK = { kind: "upgrade_precheck", clusterId: "c-1", taskId: "task-2" };

async function submit(body: unknown, query = "") {
  const api = createHarness();
  return { api, answer: await api.ask("POST", `/v1/jobs${query}`, { body }) };
}

async function faults(body: unknown, query = "") {
  const { answer } = await submit(body, query);
  return { status: answer.status, errors: json(answer).errors };
}

describe("a submitted operation", () => {
  test.each([
    [AWAKE, "awake:c-1"],
    [UPGRADE, "task-1"],
  ])("%j is watched with a job ID of its own", async (operation, jobId) => {
    const { api, answer } = await submit({ operation });
    expect(answer.status).toBe(202);
    expect(json(answer).jobs).toMatchObject([{ project: "prod", jobId, status: "accepted" }]);
    expect(answer.headers?.location).toBe(json(answer).jobs[0]?.statusUrl);
    expect(messages(api.pollQueue)).toMatchObject([{ kind: "poll", jobId, poll: 1 }]);
    const document = await api.ledger.readWatchDocumentOrNull({
      project: "prod",
      jobId,
      caller: "token:all",
    });
    expect(document?.watch).toMatchObject({ operation, jobType: operation.kind, readyMinutes: null });
  });

  test("is refused with the position of each fault", async () => {
    expect(await faults({ operation: { kind: "awake", clusterId: "" } })).toMatchObject({
      status: 422,
      errors: [{ pointer: "#/operation/clusterId" }],
    });
    expect(await faults({ operation: { kind: "addon", clusterId: "c", taskId: "t" } })).toMatchObject({
      errors: [{ pointer: "#/operation/taskId" }, { pointer: "#/operation/addonId" }],
    });
    expect(await faults({ operation: { ...AWAKE, colour: "red" } })).toMatchObject({
      errors: [{ pointer: "#/operation/colour", detail: "unknown field" }],
    });
  });

  test("that is not accepted is named by its position in the request", async () => {
    const api = createHarness({
      ledger: () => ({ startOrExtendWatch: () => Promise.reject(new Error("no")) }),
    });
    const answer = await api.ask("POST", "/v1/jobs", { body: { operation: AWAKE } });
    expect(answer.status).toBe(503);
    expect(json(answer).errors).toMatchObject([{ pointer: "#/operation" }]);
  });

  test("is refused together with a job ID", async () => {
    expect(await faults({ operation: AWAKE, jobId: "a" })).toMatchObject({
      status: 422,
      errors: [{ pointer: "#/operation", detail: "must not be given together with 'jobId'" }],
    });
  });

  test("waits until ready only after the success of an upgrade task", async () => {
    const { api } = await submit({ operation: UPGRADE, until: "ready" });
    for (const operation of [AWAKE, PRECHECK])
      await api.ask("POST", "/v1/jobs", { body: { operation, until: "ready" } });
    const minutes = async (jobId: string) =>
      (await api.ledger.readWatchDocumentOrNull({ project: "prod", jobId, caller: "token:all" }))?.watch
        .readyMinutes;
    expect(await minutes("task-1")).toBe(15);
    expect(await minutes("awake:c-1")).toBeNull();
    expect(await minutes("task-2")).toBeNull();
  });
});

describe("a reply of CCE about an operation", () => {
  const POOL = { kind: "NodePool", metadata: { uid: "np-1" }, spec: {}, status: { phase: "" } };

  test("is followed with the cluster that the query names", async () => {
    const { answer } = await submit(POOL, "?from=cce&clusterId=c-1");
    expect(json(answer).jobs).toMatchObject([{ jobId: "node_pool_scale:c-1:np-1", status: "accepted" }]);
  });

  test("is refused if neither the reply nor the query names the cluster", async () => {
    expect(await faults(POOL, "?from=cce")).toEqual({
      status: 422,
      errors: [{ parameter: "clusterId", detail: "is missing" }],
    });
  });

  test("may be empty if the query names the operation and the cluster", async () => {
    const api = createHarness();
    const path = "/v1/jobs?from=cce&operation=hibernate&clusterId=c-1";
    const answer = await api.ask("POST", path, { body: "" });
    expect(json(answer).jobs).toMatchObject([{ jobId: "hibernate:c-1", status: "accepted" }]);
  });

  test("is refused with the query parameter that is wrong", async () => {
    expect(await faults({}, "?from=cce&operation=restart&clusterId=null")).toMatchObject({
      errors: [{ parameter: "operation" }, { parameter: "clusterId" }],
    });
    expect(await faults({}, "?from=cce&operation=upgrade_precheck&clusterId=c")).toMatchObject({
      errors: [{ pointer: "#", detail: "taskId is missing. The kind 'upgrade_precheck' needs it." }],
    });
  });

  test("is followed by its job ID if it has one", async () => {
    const { answer } = await submit({ ...POOL, status: { jobID: "job-1" } }, "?from=cce");
    expect(json(answer).jobs).toMatchObject([{ jobId: "job-1" }]);
  });

  test("without from=cce is recognized, and the error says what to add", async () => {
    const errors = (await faults(POOL)).errors;
    expect(errors).toContainEqual({ parameter: "from", detail: expect.stringContaining("add '?from=cce'") });
  });
});
