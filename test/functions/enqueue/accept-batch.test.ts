import { json, messages } from "../http-answers.ts";
import { createHarness } from "../http-harness.ts";

describe("a batch", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => `job-${i}`);

  test("is answered in the order of the request, with one watch per distinct job ID", async () => {
    const api = createHarness();
    const answer = await api.ask("POST", "/v1/jobs", { body: { jobIds: ["b", "../a", "a", "b"] } });
    expect(answer.status).toBe(202);
    expect(answer.headers?.location).toBeUndefined();
    expect(json(answer).jobs.map(({ jobId, status }) => [jobId, status])).toEqual([
      ["b", "accepted"],
      ["../a", "rejected"],
      ["a", "accepted"],
      ["b", "accepted"],
    ]);
    expect(json(answer).jobs[1]).toMatchObject({ statusUrl: null, error: { status: 422 } });
    expect(messages(api.pollQueue)).toHaveLength(2);
  });

  test("of 100 jobs costs one ledger request per job and one send", async () => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: { jobIds: hundred } });
    expect(api.calls.filter((call) => call.startsWith("ledger."))).toEqual(
      hundred.map(() => "ledger.startOrExtendWatch"),
    );
    expect(api.calls.filter((call) => call.endsWith("Queue.send"))).toEqual(["pollQueue.send"]);
  });

  test("without an acceptable job returns a problem that names every job", async () => {
    const api = createHarness();
    const answer = await api.ask("POST", "/v1/jobs", { body: { jobIds: ["", "a b"] } });
    expect(answer.status).toBe(422);
    expect(json(answer).errors).toEqual([
      { pointer: "#/jobIds/0", detail: expect.stringContaining("is empty") },
      { pointer: "#/jobIds/1", detail: expect.stringContaining("must be 1 to 128") },
    ]);
    expect(api.pollQueue.state.sent).toBe(0);
  });

  test("with a digest stores the chats and the new watches as its members", async () => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: { jobId: "known" } });
    await api.ask("POST", "/v1/jobs", {
      body: { jobIds: ["a", "known", "b"], digest: true, notify: ["ops", "audit", "deploys"] },
    });
    expect(await api.ledger.readDigest("uuid-1")).toMatchObject({
      caller: "token:all",
      members: [
        { project: "prod", jobId: "a" },
        { project: "prod", jobId: "b" },
      ],
      targets: ["deploys", "ops"],
    });
    expect(
      (await api.ledger.readWatchDocumentOrNull({ project: "prod", jobId: "a", caller: "token:all" }))?.watch
        .digestId,
    ).toBe("uuid-1");
    expect(
      (await api.ledger.readWatchDocumentOrNull({ project: "prod", jobId: "known", caller: "token:all" }))
        ?.watch.digestId,
    ).toBeNull();
  });

  test("that is sent again with a digest creates no second digest", async () => {
    const api = createHarness();
    const body = { jobIds: ["a", "b"], digest: true };
    for (let i = 0; i < 2; i += 1) expect((await api.ask("POST", "/v1/jobs", { body })).status).toBe(202);
    expect(api.calls.filter((call) => call === "ledger.createDigestIfAbsent")).toHaveLength(1);
    expect(api.failures).toEqual([]);
  });

  test("may have a digest and a callback", async () => {
    const api = createHarness();
    const body = { jobIds: ["a", "b"], digest: true, callbackUrl: "https://hooks.example.com/cce" };
    expect((await api.ask("POST", "/v1/jobs", { body })).status).toBe(202);
    expect(await api.ledger.readDigest("uuid-1")).toMatchObject({ targets: ["deploys"] });
  });

  test("with a digest stores the digest as long as its watches", async () => {
    const expiries: number[] = [];
    const api = createHarness({
      ledger: (memory) => ({
        startOrExtendWatch: (watch) => {
          expiries.push(watch.expiresAt);
          return memory.startOrExtendWatch(watch);
        },
        createDigestIfAbsent: (digest) => {
          expiries.push(digest.expiresAt);
          return memory.createDigestIfAbsent(digest);
        },
      }),
    });
    await api.ask("POST", "/v1/jobs", { body: { jobIds: ["a", "b"], digest: true } });
    expect(expiries).toHaveLength(3);
    expect(new Set(expiries).size).toBe(1);
  });

  test.each([
    ["one job", { jobIds: ["a", "a"], digest: true }],
    ["no chat among its targets", { jobIds: ["a", "b"], digest: true, notify: ["audit"] }],
  ])("creates no digest for a call with %s", async (_, body) => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body });
    expect(api.calls).not.toContain("ledger.createDigestIfAbsent");
  });
});

test("the elements of an array that is much too long are not checked, because their check would take a second", async () => {
  const jobIds = [...Array.from({ length: 20_000 }, (_, i) => `job-${i}`), 5];
  const answer = await createHarness().ask("POST", "/v1/jobs", { body: { jobIds } });
  expect(answer.status).toBe(422);
  expect(json(answer).errors).toEqual([{ pointer: "#/jobIds", detail: "must have at most 100 jobs" }]);
});
