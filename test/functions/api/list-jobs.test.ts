import { JobList } from "../../../lib/api/list-and-health-documents.ts";
import { json } from "../http-answers.ts";
import { CONFIG, START, TOKENS } from "../http-config.ts";
import { createHarness, type Harness } from "../http-harness.ts";
import { recordWaitingForReady } from "../http-watched.ts";

type HarnessOptions = NonNullable<Parameters<typeof createHarness>[0]>;

/** Creates the watches `j0`, `j1` and so on, accepted at intervals of one second. Some of the watches are stopped. */
async function createListed(
  count: number,
  isStopped: (i: number) => boolean = () => false,
  { secondsOf = (i: number) => i, ...options }: { secondsOf?: (i: number) => number } & HarnessOptions = {},
): Promise<Harness> {
  const api = createHarness(options);
  for (let i = 0; i < count; i += 1) {
    api.clock.now = START + secondsOf(i) * 1000;
    await api.ledger.startOrExtendWatch({
      project: "prod",
      jobId: `j${i}`,
      caller: "token:all",
      acceptedAt: api.clock.now,
      deadlineAt: START + 1e9,
      nextPollAt: START + 1e6,
      targets: [],
      context: {},
      callbacks: {},
      digestId: null,
      traceparent: null,
      expiresAt: START + 1e10,
    });
    if (isStopped(i))
      await api.ledger.stopWatch(
        { project: "prod", jobId: `j${i}`, caller: "token:all" },
        api.clock.now,
        START + 1e10,
      );
  }
  api.calls.length = 0;
  return api;
}

async function list(api: Harness, query = "") {
  const answer = await api.ask("GET", `/v1/jobs${query}`);
  expect(answer.status).toBe(200);
  return JobList.parse(json(answer));
}

const idsOf = ({ jobs }: JobList) => jobs.map(({ jobId }) => jobId);

/** Returns the job IDs of all pages of a list. */
async function pagesOf(api: Harness, query: string): Promise<string[][]> {
  const pages: string[][] = [];
  let before = "";
  for (let i = 0; i < 100; i += 1) {
    const page = await list(api, `?${query}${before}`);
    pages.push(idsOf(page));
    if (page.next === null) return pages;
    before = `&before=${page.next}`;
  }
  throw new Error("the list does not end");
}

const countCalls = (api: Harness, name: string) =>
  api.calls.filter((call) => call === `ledger.${name}`).length;
const timeOf = (seconds: number) => new Date(START + seconds * 1000).toISOString();

describe("the ledger reads of GET /v1/jobs", () => {
  test("end as soon as the page is full", async () => {
    const api = await createListed(120, (i) => i >= 118);
    expect(idsOf(await list(api, "?state=stopped&limit=2"))).toEqual(["j119", "j118"]);
    expect(countCalls(api, "listRecentWatches")).toBe(1);
    // A caller's own watch is the watch that the list shows, so the ledger is not asked for other watches of the job.
    expect(countCalls(api, "listJobWatchesNewestFirst")).toBe(0);
  });

  test("ask for the other watches of few jobs if the page needs few jobs", async () => {
    const api = await createListed(100);
    const answer = await api.ask("GET", "/v1/jobs?state=watching&limit=1", { token: TOKENS.team });
    expect(JobList.parse(json(answer)).jobs).toMatchObject([{ jobId: "j99" }]);
    expect(countCalls(api, "listJobWatchesNewestFirst")).toBeLessThan(50);
  });

  test("start at the time `to`", async () => {
    const api = await createListed(130);
    expect(idsOf(await list(api, `?to=${timeOf(2)}`))).toEqual(["j2", "j1", "j0"]);
    expect(countCalls(api, "listRecentWatches")).toBe(1);
  });

  test("continue at the next page if a watch there may be as new as `since`", async () => {
    const api = await createListed(121, (i) => i === 20, { secondsOf: (i) => (i <= 20 ? 21 : i) });
    expect(await pagesOf(api, `state=stopped&since=${timeOf(21)}`)).toEqual([["j20"]]);
  });
});

describe("GET /v1/jobs", () => {
  test("returns 50 jobs without `limit`", async () => {
    const { jobs, next } = await list(await createListed(51));
    expect([jobs.length, next]).toEqual([50, expect.any(String)]);
  });

  test("has no `next` after the last watch that a filter selects", async () => {
    const api = await createListed(7, (i) => i % 2 === 0);
    const { jobs, next } = await list(api, "?state=stopped&limit=4");
    expect([jobs.length, next]).toEqual([4, null]);
  });

  test("reads the default project from the config in memory", async () => {
    const refreshedConfig = { ...CONFIG, settings: { ...CONFIG.settings, defaultProject: "secret" } };
    const api = await createListed(1, undefined, { refreshedConfig });
    expect(idsOf(await list(api))).toEqual(["j0"]);
  });

  test("shows a job whose watches the ledger deletes at the same time", async () => {
    const api = await createListed(1, undefined, {
      ledger: () => ({ listJobWatchesNewestFirst: async () => [] }),
    });
    const answer = await api.ask("GET", "/v1/jobs", { token: TOKENS.team });
    expect(json(answer).jobs).toMatchObject([{ jobId: "j0" }]);
  });

  test("shows what a job waits for until its resource is ready, and no longer", async () => {
    const api = await createListed(1);
    const key = { project: "prod", jobId: "j0", caller: "token:all" };
    expect((await list(api)).jobs[0]).not.toHaveProperty("ready");
    await recordWaitingForReady(api, key);
    const pending = { state: "pending", reason: "Unavailable", message: "no master answers" };
    expect((await list(api)).jobs).toMatchObject([{ state: "watching", ready: pending }]);
    await api.ledger.stopWatch(key, api.clock.now, START + 1e10);
    expect((await list(api)).jobs[0]).not.toHaveProperty("ready");
  });

  test("returns the newest watches first, each with a working page link", async () => {
    const api = await createListed(2);
    const { jobs, next } = await list(api);
    expect(next).toBeNull();
    expect(jobs.map(({ jobId }) => jobId)).toEqual(["j1", "j0"]);
    expect(jobs[1]).toEqual({
      project: "prod",
      jobId: "j0",
      state: "watching",
      done: false,
      phase: null,
      type: null,
      resourceName: null,
      cause: null,
      actor: null,
      pipeline: null,
      polls: 0,
      acceptedAt: "2026-11-23T09:00:00.000Z",
      concludedAt: null,
      durationSeconds: null,
      statusUrl: "https://notifier.example.com/v1/jobs/prod/j0",
      pageUrl: expect.stringContaining("https://notifier.example.com/jobs/prod/j0?key="),
    });
    expect((await api.ask("GET", jobs[1]?.pageUrl ?? "", { token: null })).status).toBe(200);
  });

  test("says that a stopped watch is done, and that the response depends on the token", async () => {
    const api = await createListed(1, () => true);
    expect((await list(api)).jobs).toMatchObject([{ state: "stopped", done: true }]);
    expect((await api.ask("GET", "/v1/jobs")).headers?.vary).toBe("authorization");
  });

  test("names the parameter of a wrong page token", async () => {
    const answer = await (await createListed(1)).ask("GET", "/v1/jobs?before=made-up");
    expect(json(answer).errors).toEqual([
      { parameter: "before", detail: "must be the 'next' of a previous page" },
    ]);
  });

  test("ends with the first page that contains a watch from before `since`", async () => {
    const api = await createListed(5);
    const since = (seconds: number) => `&since=${new Date(START + seconds * 1000).toISOString()}`;
    expect((await list(api, `?limit=5${since(3)}`)).next).toBeNull();
    expect(await pagesOf(api, `limit=2${since(0)}`)).toEqual([["j4", "j3"], ["j2", "j1"], ["j0"]]);
    const many = await createListed(620, (i) => i === 0);
    expect(await list(many, `?state=stopped${since(600)}`)).toMatchObject({ jobs: [], next: null });
    expect(many.calls.filter((call) => call === "ledger.listRecentWatches")).toHaveLength(1);
  });

  test("continues after the previous page", async () => {
    expect(await pagesOf(await createListed(5), "limit=2")).toEqual([["j4", "j3"], ["j2", "j1"], ["j0"]]);
  });

  test.each([
    [
      "state=stopped&limit=2",
      [
        ["j6", "j4"],
        ["j2", "j0"],
      ],
    ],
    ["state=stopped&limit=3", [["j6", "j4", "j2"], ["j0"]]],
    ["state=stopped,failed", [["j6", "j4", "j2", "j0"]]],
    ["state=failed&state=watching", [["j5", "j3", "j1"]]],
    ["state=lost", [[]]],
  ])("returns each watch in the states of ?%s once", async (query, pages) => {
    const found = await pagesOf(await createListed(7, (i) => i % 2 === 0), query);
    expect(found.filter((page, i) => page.length > 0 || i === 0)).toEqual(pages);
  });

  test("makes at most five ledger reads, and returns a `next` when more watches may follow", async () => {
    const api = await createListed(620, (i) => i === 0);
    const page = await list(api, "?state=stopped");
    expect([idsOf(page), api.calls.filter((call) => call === "ledger.listRecentWatches").length]).toEqual([
      [],
      5,
    ]);
    expect(idsOf(await list(api, `?state=stopped&before=${page.next}`))).toEqual(["j0"]);
  });

  test("returns the same 404 for an existing and an unknown project, and reads nothing from the ledger", async () => {
    const api = await createListed(1);
    const [real, none] = await Promise.all(
      ["secret", "absent"].map((project) =>
        api.ask("GET", `/v1/jobs?project=${project}&state=x`, { token: TOKENS.team }),
      ),
    );
    expect(real?.status).toBe(404);
    expect(real?.body?.replaceAll("secret", "X")).toBe(none?.body?.replaceAll("absent", "X"));
    expect(api.calls).toEqual([]);
  });

  test("returns all errors of the query at once", async () => {
    const api = await createListed(1);
    const query = "?project=absent&state=over&limit=0&limit=7&colour=red";
    const answer = await api.ask("GET", `/v1/jobs${query}`);
    expect(answer.status).toBe(400);
    expect(json(answer).errors.map(({ parameter }) => parameter)).toEqual([
      ...["colour", "limit", "project", "state", "limit"],
    ]);
    for (const wrong of ["state=", "limit=101", "limit=x", "before=made-up", "before=", "project=a%20b"])
      expect([wrong, (await api.ask("GET", `/v1/jobs?${wrong}`)).status]).toEqual([wrong, 400]);
  });

  test("requires a project when there is no default project", async () => {
    const settings = { ...CONFIG.settings, defaultProject: undefined };
    const answer = await createHarness({ config: { ...CONFIG, settings } }).ask("GET", "/v1/jobs");
    expect(json(answer).errors).toEqual([
      { parameter: "project", detail: expect.stringContaining("is missing") },
    ]);
  });
});
