import { nameNotFound, watchNotFound } from "../../lib/api/problem-response.ts";
import { StatusDocument } from "../../lib/api/status-document.ts";
import schemaExamples from "../../lib/openapi/schema-examples.json" with { type: "json" };
import { runInProcess as run } from "../support/run-in-process.ts";
import type { StubAnswer } from "../support/stub-service.ts";

const NO_PROJECT = { NOTIFIER_PROJECT: "" };
const status = StatusDocument.parse(schemaExamples.StatusDocument);

/** A service whose caller may use these projects and targets. Every job of a usable project exists. */
function createAnswer(
  projects: readonly string[],
  targets: readonly string[],
  listedProject: string | null = null,
) {
  return (requested: string): StubAnswer => {
    const [method = "", path = ""] = requested.split(" ");
    const named = (names: readonly string[]) => names.map((name) => ({ name, kind: "slack" }));
    if (path === "/v1/projects") return { status: 200, body: { projects: named(projects) } };
    if (path === "/v1/targets") return { status: 200, body: { targets: named(targets) } };
    if (path.startsWith("/v1/jobs?")) {
      if (listedProject === null)
        return { status: 400, body: watchNotFound({ project: "", jobId: "" }).problem };
      const [job] = schemaExamples.JobList.jobs;
      return { status: 200, body: { jobs: [{ ...job, project: listedProject }], next: null } };
    }
    const [, , kind, name = "", jobId] = path.split("/");
    if (kind === "targets") return { status: 404, body: nameNotFound("target", name).problem };
    if (!projects.includes(name)) return { status: 404, body: nameNotFound("project", name).problem };
    if (method === "DELETE") return { status: 204 };
    return { status: 200, body: { ...status, project: name, jobId } };
  };
}

test("a refusal is explained after a first try without a response", async () => {
  const answer = createAnswer(["prod"], []);
  let requests = 0;
  const ran = await run(["status", "prd/a"], (requested) => {
    requests += 1;
    return requests === 1 ? undefined : answer(requested);
  });
  expect(ran.requests).toEqual(["GET /v1/jobs/prd/a", "GET /v1/jobs/prd/a", "GET /v1/projects"]);
  expect(ran.stderr).toContain("unknown project 'prd'. Did you mean 'prod'?");
});

describe("a job without a project", () => {
  test.each([["status"], ["stop"], ["status --wait"]])(
    "belongs to the only project, in '%s'",
    async (command) => {
      const [name = "", ...options] = command.split(" ");
      const ran = await run([name, "a", ...options], createAnswer(["prod"], []), NO_PROJECT);
      expect([ran.code === 2 || ran.code === 4, ran.stderr]).toEqual([false, ""]);
      expect(ran.requests[0]).toBe("GET /v1/projects");
      expect(ran.requests[1]).toMatch(/^(GET|DELETE) \/v1\/jobs\/prod\/a/);
    },
  );

  test("belongs to the project that the service lists, if the caller may use several", async () => {
    const ran = await run(["stop", "a"], createAnswer(["dev", "prod"], [], "prod"), NO_PROJECT);
    expect(ran.requests.slice(1)).toEqual(["GET /v1/jobs?limit=1", "DELETE /v1/jobs/prod/a"]);
  });

  test("is wrong usage without a default project, and the projects are named", async () => {
    const ran = await run(["stop", "a"], createAnswer(["dev", "prod"], []), NO_PROJECT);
    expect([ran.code, ran.stderr]).toEqual([
      2,
      "cce-notifier: the project is missing: use --project, NOTIFIER_PROJECT or PROJECT/JOB_ID. Projects you may use: dev, prod.\n",
    ]);
  });

  test("needs no request for the project if the project is given", async () => {
    const ran = await run(["stop", "prod/a"], createAnswer(["prod"], []), NO_PROJECT);
    expect(ran.requests).toEqual(["DELETE /v1/jobs/prod/a"]);
  });
});

describe("a name that the caller may not use", () => {
  const answer = createAnswer(["dev", "prod"], ["audit", "deploys"]);

  test.each([
    ["test deplos", "unknown target 'deplos'. Did you mean 'deploys'? Targets you may use: audit, deploys."],
    [
      "redeliver --target x --since 2026-11-23T09:00:00Z",
      "unknown target 'x'. Targets you may use: audit, deploys.",
    ],
    ["status prodd/a", "unknown project 'prodd'. Did you mean 'prod'? Projects you may use: dev, prod."],
    ["stop a --project nowhere", "unknown project 'nowhere'. Projects you may use: dev, prod."],
    ["list --project nowhere", "unknown project 'nowhere'. Projects you may use: dev, prod."],
  ])("is explained after '%s'", async (line, text) => {
    const refused = (requested: string) =>
      requested.startsWith("GET /v1/jobs?")
        ? { status: 404, body: nameNotFound("project", "nowhere").problem }
        : answer(requested);
    const ran = await run(line.split(" "), refused, NO_PROJECT);
    expect(ran.code).toBe(4);
    expect(ran.stderr.split("\n").at(-2)).toBe(`cce-notifier: ${text}`);
  });

  test("is explained on stderr if stdout is a JSON document", async () => {
    const ran = await run(["test", "x", "--json"], answer);
    expect(JSON.parse(ran.stdout)).toMatchObject({ targets: [{ target: "x", error: { status: 404 } }] });
    expect(ran.stderr).toContain("Targets you may use: audit, deploys.");
  });
});
