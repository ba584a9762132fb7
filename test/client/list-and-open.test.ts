import { JobList, type ListedJob } from "../../lib/api/list-and-health-documents.ts";
import { StatusDocument } from "../../lib/api/status-document.ts";
import schemaExamples from "../../lib/openapi/schema-examples.json" with { type: "json" };
import { runInProcess as run } from "../support/run-in-process.ts";
import type { StubAnswer } from "../support/stub-service.ts";

const [example] = JobList.parse(schemaExamples.JobList).jobs;
if (example === undefined) throw new Error("the example of the job list is empty");
const listed = (jobId: string, more: Partial<ListedJob> = {}): ListedJob => ({
  ...example,
  project: "prod",
  jobId,
  state: "failed",
  type: "CreateNode",
  resourceName: "node-7",
  acceptedAt: "2026-11-23T09:30:00.000Z",
  durationSeconds: 95,
  actor: null,
  cause: "the flavor is\nsold out",
  pageUrl: `https://n.example/jobs/prod/${jobId}?key=k`,
  ...more,
});
const ok = (body: unknown): StubAnswer => ({ status: 200, body });

describe("list", () => {
  const jobs = [
    listed("a"),
    listed("b-longer", { state: "watching", phase: null, type: null, durationSeconds: null, cause: null }),
  ];

  test("prints a table with aligned columns", async () => {
    const ran = await run(["list", "--label", "team=x", "--state", "failed,lost"], () =>
      ok({ jobs, next: null }),
    );
    expect(ran.requests).toEqual(["GET /v1/jobs?project=prod&state=failed%2Clost&label=team%3Ax&limit=20"]);
    expect(ran.stdout).toBe(
      [
        "  STATE                  JOB            TYPE        RESOURCE  SUBMITTED (UTC)   DURATION    BY  CAUSE",
        "✖ failed                 prod/a         CreateNode  node-7    2026-11-23 09:30  1 min 35 s  -   the flavor is sold out",
        "… waiting for the cloud  prod/b-longer  -           node-7    2026-11-23 09:30  -           -   -",
        "",
      ].join("\n"),
    );
  });

  test("says of a succeeded job that the service waits until its resource is ready", async () => {
    const ready = { state: "pending", reason: "Installing", message: null } as const;
    const waiting = listed("a", { state: "watching", phase: "Success", cause: null, ready });
    const ran = await run(["list"], () => ok({ jobs: [waiting], next: null }));
    expect(ran.stdout).toContain("\n… succeeded, waiting until ready  prod/a ");
  });

  test("prints a dash for a resource without a name", async () => {
    const ran = await run(["list"], () => ok({ jobs: [listed("a", { resourceName: null })], next: null }));
    expect(ran.stdout).toContain("\n✖ failed  prod/a  CreateNode  -         2026-11-23 09:30  ");
  });

  test("names an operation without a job in words", async () => {
    const upgrade = listed("a", { type: "cluster_upgrade" });
    const ran = await run(["list"], () => ok({ jobs: [upgrade], next: null }));
    expect(ran.stdout).toContain("  prod/a  Cluster upgrade  node-7 ");
  });

  test("says that there are older jobs, and how to list them", async () => {
    const text = "There are older jobs. To list them, add: --limit 4, or --to TIME\n";
    expect((await run(["list", "--limit", "2"], () => ok({ jobs, next: "n" }))).stdout).toContain(text);
    expect((await run(["list", "--limit", "2"], () => ok({ jobs, next: null }))).stdout).not.toContain(
      "older",
    );
  });

  test.each([
    [1, true],
    [0, false],
  ])(
    "prints a table if its longest line leaves %i columns of the terminal empty: %j",
    async (empty, isTable) => {
      const written: string[] = [];
      const longest =
        "✖ failed                 prod/a         CreateNode  node-7    2026-11-23 09:30  1 min 35 s  -   the flavor is sold out";
      const columns = longest.length + empty;
      const stdout = { write: (text: string) => written.push(text), isTTY: true, columns };
      await run(["list", "--no-color"], () => ok({ jobs, next: null }), {}, { stdout });
      expect(written.join("").startsWith("  STATE")).toBe(isTable);
    },
  );

  test.each([
    [38, ["  CreateNode, node-7, 2026-11-23 09:30", "  1 min 35 s, the flavor is sold out"]],
    [37, ["  CreateNode, node-7", "  2026-11-23 09:30, 1 min 35 s", "  the flavor is sold out"]],
  ])("prints lines of at most %i columns in a terminal with one column more", async (length, lines) => {
    const written: string[] = [];
    const stdout = { write: (text: string) => written.push(text), isTTY: true, columns: length + 1 };
    await run(["list", "--no-color"], () => ok({ jobs: [listed("a")], next: null }), {}, { stdout });
    expect(written.join("").split("\n")).toEqual(["✖ failed  prod/a", ...lines, ""]);
  });

  test("prints a cell that is wider than the terminal in a line of its own, and no empty line", async () => {
    const written: string[] = [];
    const stdout = { write: (text: string) => written.push(text), isTTY: true, columns: 21 };
    const wide = listed("a", { type: "CreateNodeInNodePool", cause: null });
    await run(["list", "--no-color"], () => ok({ jobs: [wide], next: null }), {}, { stdout });
    expect(written.join("").split("\n").slice(1)).toEqual([
      "  CreateNodeInNodePool",
      "  node-7",
      "  2026-11-23 09:30",
      "  1 min 35 s",
      "",
    ]);
  });

  test("prints lines that fit into a narrow terminal", async () => {
    const written: string[] = [];
    const stdout = { write: (text: string) => written.push(text), isTTY: true, columns: 40 };
    await run(["list", "--no-color"], () => ok({ jobs, next: null }), {}, { stdout });
    expect(written.join("").split("\n")).toEqual([
      "✖ failed  prod/a",
      "  CreateNode, node-7, 2026-11-23 09:30",
      "  1 min 35 s, the flavor is sold out",
      "… waiting for the cloud  prod/b-longer",
      "  node-7, 2026-11-23 09:30",
      "",
    ]);
  });

  test("prints a table in a wide terminal, each cell in one line with single spaces", async () => {
    const written: string[] = [];
    const stdout = { write: (text: string) => written.push(text), isTTY: true, columns: 200 };
    const wide = [listed("a", { cause: "sold \n  out" })];
    await run(["list", "--no-color"], () => ok({ jobs: wide, next: null }), {}, { stdout });
    const [header, line] = written.join("").split("\n");
    expect(header).toMatch(/^ {2}STATE +JOB +TYPE +RESOURCE +SUBMITTED/);
    expect(line).toMatch(/ sold out$/);
  });

  test("says nothing of older jobs if a page has no jobs", async () => {
    const ran = await run(["list", "--limit", "1"], (requested) =>
      ok({ jobs: [], next: requested.includes("before") ? null : "x" }),
    );
    expect([ran.stdout, ran.requests.length]).toEqual(["no jobs\n", 2]);
  });

  test("reads more pages until it has enough jobs, and says that there are older jobs", async () => {
    const ran = await run(["list", "--limit", "2"], (requested) =>
      ok({
        jobs: [listed(requested.includes("before=x") ? "b" : "a")],
        next: requested.includes("before") ? "y" : "x",
      }),
    );
    expect(ran.requests).toEqual([
      "GET /v1/jobs?project=prod&limit=2",
      "GET /v1/jobs?project=prod&limit=1&before=x",
    ]);
    expect(ran.stdout).toContain("There are older jobs. To list them, add: --limit 4, or --to TIME\n");
  });

  test("prints the jobs and the next page as JSON, and says in words that there are no jobs", async () => {
    const json = await run(["list", "--json"], () => ok({ jobs, next: null }));
    expect(JSON.parse(json.stdout)).toEqual({ jobs, next: null });
    const none = await run(["list"], () => ok({ jobs: [], next: null }));
    expect([none.code, none.stdout]).toEqual([0, "no jobs\n"]);
  });
});

describe("open", () => {
  const status = { ...StatusDocument.parse(schemaExamples.StatusDocument), project: "prod", jobId: "a" };
  const answer = (pageUrl: string | null) => (requested: string) =>
    ok(
      requested.includes("/v1/jobs/")
        ? status
        : { jobs: [listed("other"), listed("a", { pageUrl })], next: null },
    );

  test("prints the page of a job, and opens it only on a terminal", async () => {
    const opened: string[] = [];
    const openBrowser = async (url: string) => opened.push(url) > 0;
    const piped = await run(["open", "a"], answer("https://n.example/a"), {}, { openBrowser });
    expect([piped.code, piped.stdout, opened]).toEqual([0, "https://n.example/a\n", []]);
    const time = encodeURIComponent(status.acceptedAt);
    expect(piped.requests).toEqual([
      "GET /v1/jobs/prod/a",
      `GET /v1/jobs?project=prod&since=${time}&to=${time}&limit=100`,
    ]);
    const stdout = { write: () => true, isTTY: true };
    await run(["open", "a"], answer("https://n.example/a"), {}, { openBrowser, stdout });
    expect(opened).toEqual(["https://n.example/a"]);
  });

  test("prints the page of each job as JSON, and exits with 1 if a job has no page", async () => {
    const both = (requested: string) =>
      ok(
        requested.includes("/v1/jobs/")
          ? { ...status, jobId: requested.split("/").at(-1) }
          : {
              jobs: [listed("a", { pageUrl: "https://n.example/a" }), listed("b", { pageUrl: null })],
              next: null,
            },
      );
    const ran = await run(["open", "a", "b", "--json"], both);
    expect([ran.code, JSON.parse(ran.stdout)]).toEqual([
      1,
      {
        jobs: [
          { project: "prod", jobId: "a", pageUrl: "https://n.example/a" },
          { project: "prod", jobId: "b", pageUrl: null },
        ],
      },
    ]);
  });

  test("says what to do without a browser, and without links", async () => {
    const stdout = { write: () => true, isTTY: true };
    const noBrowser = await run(["open", "a"], answer("https://n.example/a"), {}, { stdout });
    expect([noBrowser.code, noBrowser.stderr]).toEqual([
      0,
      "cce-notifier: no browser was found. Open the printed URL in a browser.\n",
    ]);
    const noLink = await run(["open", "a"], answer(null));
    expect([noLink.code, noLink.stderr]).toEqual([1, expect.stringContaining("settings.linkKeys")]);
  });
});
