import { createWatchLimit } from "../../../functions/enqueue/limit-watches.ts";
import { createMemoryLedger } from "../../simulation/memory-ledger.ts";
import { json } from "../http-answers.ts";
import { CONFIG, TOKENS } from "../http-config.ts";
import { createHarness } from "../http-harness.ts";
import { end, watched } from "../http-watched.ts";

const withLimits = (limits: object) => ({
  config: { ...CONFIG, settings: { ...CONFIG.settings, limits: { requestsPerMinute: 0, ...limits } } },
});

describe("settings.limits.watchesPerCaller", () => {
  it("counts the watches again at once when the clock is set back by an hour", async () => {
    const clock = { now: 7_200_000 };
    let watches = 2;
    const countLiveWatches = async () => watches;
    const ledger = { countLiveWatches, readProgress: async () => null };
    const limit = createWatchLimit({ ledger, now: () => clock.now });
    const submission = { caller: "token:a", project: "prod", jobIds: ["a"] };
    expect(await limit(submission, 2)).toBe(false);
    watches = 0;
    expect(await limit(submission, 2)).toBe(false);
    clock.now -= 3_600_000;
    expect(await limit(submission, 2)).toBe(true);
  });

  const start = (watchesPerCaller: number) => {
    const api = createHarness(withLimits({ watchesPerCaller }));
    return { api, post: (jobIds: string[], token?: string) => post(api, jobIds, token) };
  };
  const post = async (api: ReturnType<typeof createHarness>, jobIds: string[], token = TOKENS.all) =>
    api.ask("POST", "/v1/jobs", { body: { jobIds, notify: [] }, token });

  it("refuses a call that would exceed the limit with 429 and Retry-After, and other callers are not affected", async () => {
    const { post: ask } = start(3);
    expect((await ask(["a", "b"])).status).toBe(202);
    const refused = await ask(["c", "d"]);
    expect(refused).toMatchObject({ status: 429, headers: { "retry-after": "60" } });
    expect(json(refused).detail).toContain("settings.limits.watchesPerCaller");
    expect((await ask(["c", "c"])).status).toBe(202);
    expect((await ask(["d"])).status).toBe(429);
    expect((await ask(["d"], TOKENS.team)).status).toBe(202);
  });

  it("allows a repeated call for running watches at the limit", async () => {
    const { post: ask } = start(2);
    await ask(["a", "b"]);
    expect((await ask(["c"])).status).toBe(429);
    expect(json(await ask(["a", "b"])).jobs).toMatchObject([
      { status: "already_watching" },
      { status: "already_watching" },
    ]);
  });

  it("allows further calls ten seconds after watches have ended", async () => {
    const { api, post: ask } = start(2);
    await ask(["a", "b"]);
    expect((await ask(["c"])).status).toBe(429);
    await end(api, "succeeded", []);
    expect((await ask(["c"])).status).toBe(429);
    api.clock.now += 10_000;
    expect((await ask(["c"])).status).toBe(202);
  });

  it("is not checked if it is 0", async () => {
    const { api, post: ask } = start(0);
    expect((await ask(Array.from({ length: 100 }, (_, i) => `job-${i}`))).status).toBe(202);
    expect(api.calls.filter((call) => call === "ledger.countLiveWatches")).toEqual([]);
  });

  it("counts the watches in the ledger only now and then", async () => {
    let counts = 0;
    const ledger = createMemoryLedger();
    const countLiveWatches = async () => {
      counts += 1;
      return counts * 200;
    };
    const limit = createWatchLimit({ ledger: { ...ledger, countLiveWatches }, now: () => 0 });
    for (let i = 0; i < 600; i += 1)
      expect(await limit({ caller: "a", project: "p", jobIds: [`${i}`] }, 5000)).toBe(true);
    expect(counts).toBe(3);
  });
});

describe("settings.limits of one watch", () => {
  const add = (api: ReturnType<typeof createHarness>, body: object) =>
    api.ask("POST", "/v1/jobs", { body: { jobId: "a", ...body } });
  const callback = (i: number) => ({ notify: [], callbackUrl: `https://hooks.example.com/${i}` });

  it("refuse one callback more than callbacksPerWatch with 422 and the limit", async () => {
    const api = await watched(withLimits({}));
    for (let i = 0; i < 5; i += 1) expect((await add(api, callback(i))).status).toBe(202);
    const refused = await add(api, callback(5));
    expect(refused.status).toBe(422);
    expect(json(refused).errors).toEqual([
      {
        pointer: "#/jobId",
        detail: "The watch may have at most 5 callbacks (settings.limits.callbacksPerWatch).",
      },
    ]);
    expect((await add(api, callback(4))).status).toBe(202);
  });

  it("refuse targets above targetsPerWatch that several calls name", async () => {
    const api = createHarness(withLimits({ targetsPerWatch: 1 }));
    expect((await add(api, { notify: ["audit"] })).status).toBe(202);
    const refused = await add(api, { notify: ["deploys"] });
    expect([refused.status, JSON.stringify(json(refused))]).toEqual([
      422,
      expect.stringContaining("at most 1 targets (settings.limits.targetsPerWatch)"),
    ]);
  });
});
