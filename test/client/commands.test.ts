import { main } from "../../client/cli.ts";
import { VERSION } from "../../client/version.ts";
import { targetNotFound, watchNotFound } from "../../lib/api/problem.ts";
import { StatusDocument } from "../../lib/api/status-document.ts";
import { Submission } from "../../lib/api/submission.ts";
import { SCHEMA_EXAMPLES } from "../../lib/openapi/schema-examples.ts";
import { type StubAnswer, type StubService, startStubService } from "../support/stub-service.ts";

const TOKEN = "ccen_secret";
const example = StatusDocument.parse(SCHEMA_EXAMPLES.StatusDocument);
const REFUSED = {
  watch: watchNotFound({ project: "other", jobId: "nosuch" }),
  target: targetNotFound("nope"),
};
const refusal = (what: keyof typeof REFUSED) => ({ status: 404, body: REFUSED[what].problem });
/** How the command tells one: after what was asked for, in the service's own words. */
const told = (name: string, what: keyof typeof REFUSED) =>
  `cce-notifier: ${name}: ${REFUSED[what].problem.detail}\n`;

const services: StubService[] = [];
afterEach(() => Promise.all(services.splice(0).map((service) => service.stop())));

/** Runs the command in this process against a service that answers so. */
async function run(
  parameters: readonly string[],
  answer: (asked: string, body: string) => StubAnswer | undefined,
  env: Readonly<Record<string, string>> = {},
) {
  const service = await startStubService(answer);
  services.push(service);
  const [stdout, stderr]: string[][] = [[], []];
  let nowMs = 0;
  const code = await main(parameters, {
    env: { NOTIFIER_URL: service.url, NOTIFIER_TOKEN: TOKEN, NOTIFIER_PROJECT: "prod", ...env },
    stdout: { write: (text: string) => stdout?.push(text) },
    stderr: { write: (text: string) => stderr?.push(text) },
    readText: async () => "{}",
    now: () => nowMs,
    wait: async (ms) => {
      nowMs += ms;
    },
  });
  const told = { code, stdout: stdout?.join("") ?? "", stderr: stderr?.join("") ?? "", asked: service.asked };
  expect(told.stdout + told.stderr).not.toContain(TOKEN);
  return told;
}

/** Answers GET of a job by its ID. */
const jobs =
  (states: Readonly<Record<string, StatusDocument["state"]>>) =>
  (asked: string): StubAnswer => {
    const [, project = "", jobId = ""] = /^GET \/v1\/jobs\/([^/]+)\/([^/?]+)/.exec(asked) ?? [];
    const state = states[jobId];
    if (state === undefined) return refusal("watch");
    return { status: 200, body: { ...example, project, jobId, state, done: state !== "watching" } };
  };

describe("one of several that is refused", () => {
  const targets = (asked: string): StubAnswer | undefined => {
    const target = asked.split("/")[3] ?? "";
    if (target === "nope") return refusal("target");
    if (target === "down") return undefined;
    const verdict = target === "private" ? "rejected" : "delivered";
    return { status: 200, body: { target, verdict, status: 200, reason: "ok" } };
  };

  test("does not hide what was sent to the other targets", async () => {
    const ran = await run(["test", "deploys", "nope", "private"], targets);
    expect(ran).toMatchObject({
      code: 4,
      stdout: "deploys: delivered (200, ok)\nprivate: rejected (200, ok)\n",
      stderr: told("nope", "target"),
    });
    expect((await run(["test", "deploys", "private"], targets)).code).toBe(1);
  });

  test("is told with the others by --json, as those are that were not asked any more", async () => {
    const ran = await run(["test", "deploys", "nope", "down", "private", "--json"], targets);
    expect([ran.code, JSON.parse(ran.stdout)]).toEqual([
      4,
      {
        targets: [
          { target: "deploys", verdict: "delivered", status: 200, reason: "ok" },
          { target: "nope", error: refusal("target").body },
          { target: "down", error: { detail: expect.stringContaining("cannot be reached") } },
          { target: "private", error: { detail: expect.stringContaining("cannot be reached") } },
        ],
      },
    ]);
    expect(ran.asked).toHaveLength(3);
    expect(ran.stderr.match(/cannot be reached/g)).toHaveLength(1);
  });

  test.each([[[]], [["--wait"]]])("is named among jobs, and the others are told, with %j", async (more) => {
    const answer = jobs({ a: "succeeded", b: "failed" });
    const ran = await run(["status", "a", "other/nosuch", "b", ...more], answer);
    expect([ran.code, ran.stderr]).toEqual([4, told("other/nosuch", "watch")]);
    expect(ran.stdout).toContain("✔ prod/a");
    expect(ran.stdout).toContain("✖ prod/b");
    const json = await run(["status", "a", "other/nosuch", "b", "--json", ...more], answer);
    expect([json.code, JSON.parse(json.stdout)]).toMatchObject([
      4,
      {
        jobs: [
          { jobId: "a", state: "succeeded" },
          { project: "other", jobId: "nosuch", error: { status: 404 } },
          { jobId: "b", state: "failed" },
        ],
      },
    ]);
  });

  test("while waiting, a service that is gone is told once, with what was known before", async () => {
    const answer = (asked: string) => (asked.includes("/b") ? undefined : jobs({ a: "succeeded" })(asked));
    const ran = await run(["status", "a", "b", "c", "--wait", "--json"], answer);
    const { jobs: told } = JSON.parse(ran.stdout);
    expect([ran.code, told]).toMatchObject([
      4,
      [
        { jobId: "a", state: "succeeded" },
        { jobId: "b", error: {} },
        { jobId: "c", error: { status: 404 } },
      ],
    ]);
    expect(ran.stderr.match(/cannot be reached/g)).toHaveLength(1);
  });
});

test("one that is not taken and one that cannot be followed end with the worse of the two, and both are told", async () => {
  const answerFor = (jobId: string, status: string) => ({
    project: "prod",
    jobId,
    status,
    statusUrl: null,
    pageUrl: null,
    ...(status === "rejected" ? { error: { ...refusal("watch").body, status: 422 } } : {}),
  });
  const body = { jobs: [answerFor("a", "rejected"), answerFor("b", "accepted")] };
  const ran = await run(["watch", "a", "b", "--wait", "--json"], (asked) =>
    asked.startsWith("POST") ? { status: 202, body } : refusal("watch"),
  );
  expect([ran.code, JSON.parse(ran.stdout)]).toMatchObject([
    4,
    { jobs: [{ error: { status: 422 } }, { status: "accepted", error: { status: 404 } }] },
  ]);
});

test("a wait that is given up is told, and that the service goes on", async () => {
  const answer = jobs({ a: "succeeded", b: "watching" });
  const ran = await run(["status", "a", "b", "--wait", "--timeout-seconds", "2.5"], answer);
  expect([ran.code, ran.stderr]).toEqual([
    3,
    "cce-notifier: waited 2.5 s and no longer: 1 job has not ended, and the service goes on watching\n",
  ]);
});

test("a fault names what was typed, not only where it stood in a body that nobody saw", async () => {
  const body = {
    type: "/docs#problem-invalid-request",
    title: "The request has faults",
    status: 422,
    detail: "No.",
    errors: [{ pointer: "#/jobIds/1", detail: "must be else" }],
  };
  const ran = await run(["watch", "a", "b c"], () => ({ status: 422, body }));
  expect([ran.code, ran.stderr]).toEqual([
    2,
    "cce-notifier: The request has faults: No.\n  'b c' (#/jobIds/1) must be else\n",
  ]);
});

test.each([
  ["a line break", "ab\ncd"],
  ["what a document leaves out", "ccen_…"],
  ["nothing but blanks", " \n"],
])("a token with %s is wrong usage, told before anything is sent", async (_, token) => {
  const ran = await run(["status", "a"], jobs({}), { NOTIFIER_TOKEN: token });
  expect([ran.code, ran.stdout, ran.asked]).toEqual([2, "", []]);
  expect(ran.stderr).toContain("cce-notifier: NOTIFIER_TOKEN ");
  expect(ran.stderr).not.toMatch(/ab|cd|ccen/);
});

test("--version says which release it is, without a service", async () => {
  expect(await run(["--version"], jobs({}), { NOTIFIER_URL: "" })).toMatchObject({
    code: 0,
    stdout: `${VERSION}\n`,
    stderr: "",
  });
});

describe("stop and redeliver", () => {
  test("stop tells of each job, and of the one that nobody watches", async () => {
    const answer = (asked: string) => (asked.endsWith("/b") ? refusal("watch") : { status: 204 });
    const ran = await run(["stop", "a", "b", "other/c"], answer);
    expect(ran).toMatchObject({
      code: 4,
      stdout: "prod/a: no longer watched\nother/c: no longer watched\n",
      stderr: told("prod/b", "watch"),
      asked: ["DELETE /v1/jobs/prod/a", "DELETE /v1/jobs/prod/b", "DELETE /v1/jobs/other/c"],
    });
    const json = await run(["stop", "a", "b", "--json"], answer);
    expect(JSON.parse(json.stdout)).toMatchObject({
      jobs: [
        { project: "prod", jobId: "a" },
        { project: "prod", jobId: "b", error: { status: 404 } },
      ],
    });
  });

  test("redeliver names the targets, or leaves the choice to the service", async () => {
    const bodies: string[] = [];
    const answer = (_: string, body: string) => {
      bodies.push(body);
      const told = bodies.length === 3 ? [] : [{ target: "deploys", redelivery: 2 }];
      return { status: 202, body: { project: "prod", jobId: "a", targets: told } };
    };
    const named = await run(["redeliver", "a", "--target", "deploys"], answer);
    const all = await run(["redeliver", "a", "--json"], answer);
    const none = await run(["redeliver", "a"], answer);
    expect(named).toMatchObject({ code: 0, stdout: "prod/a: told again to deploys\n" });
    expect(JSON.parse(all.stdout)).toEqual({
      project: "prod",
      jobId: "a",
      targets: [{ target: "deploys", redelivery: 2 }],
    });
    expect(none.stdout).toContain("told again to nobody");
    expect(bodies).toEqual(['{"targets":["deploys"]}', "{}", "{}"]);
    expect(named.asked).toEqual(["POST /v1/jobs/prod/a/redeliver"]);
  });
});

describe("watch --again", () => {
  const states: Readonly<Record<string, StatusDocument["state"]>> = {
    late: "timed_out",
    gone: "lost",
    running: "watching",
    good: "succeeded",
    bad: "failed",
    over: "stopped",
  };
  const all = [...Object.keys(states), "new"];
  /** A service that takes up anew what was stopped. */
  function createAnswers() {
    const now: Record<string, StatusDocument["state"]> = { ...states };
    return (asked: string, body: string): StubAnswer => {
      const jobId = asked.split("/").at(-1) ?? "";
      if (asked.startsWith("GET")) return jobs(now)(asked);
      if (asked.startsWith("DELETE")) {
        now[jobId] = "stopped";
        return { status: 204 };
      }
      const { jobIds = [] } = Submission.parse(JSON.parse(body));
      const answers = jobIds.map((id) => ({
        project: "prod",
        jobId: id,
        statusUrl: null,
        pageUrl: null,
        status: now[id] === undefined || now[id] === "stopped" ? "accepted" : "already_watching",
      }));
      return { status: 202, body: { jobs: answers } };
    };
  }

  test("starts from the beginning what has no outcome of its own, and leaves what is told", async () => {
    const ran = await run(["watch", ...all, "--again"], createAnswers());
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    expect(ran.asked.filter((asked) => !asked.startsWith("GET"))).toEqual([
      ...["DELETE /v1/jobs/prod/late", "DELETE /v1/jobs/prod/gone", "DELETE /v1/jobs/prod/running"],
      "POST /v1/jobs",
    ]);
    expect(ran.stdout.split("\n")).toEqual([
      ...[
        "prod/good: has succeeded, which is not watched again",
        "prod/bad: has failed, which is not watched again",
      ],
      ...["late", "gone", "running"].map((jobId) => `prod/${jobId}: handed over`),
      ...["good", "bad"].map((jobId) => `prod/${jobId}: already watched`),
      ...["over", "new"].map((jobId) => `prod/${jobId}: handed over`),
      "",
    ]);
  });

  test("says what is no longer watched where it cannot be handed over", async () => {
    const answers = createAnswers();
    const ran = await run(["watch", "running", "--again"], (asked, body) =>
      asked.startsWith("POST") ? { status: 403, body: { message: "no" } } : answers(asked, body),
    );
    expect([ran.code, ran.stderr.split("\n")]).toEqual([
      4,
      [
        "cce-notifier: no longer watched, until they are handed over once more:",
        "  prod/running",
        "cce-notifier: HTTP 403: no",
        "",
      ],
    ]);
  });

  test("stops nothing where it cannot learn how a job stands", async () => {
    const ran = await run(["watch", "a", "--again"], () => ({ status: 403, body: { message: "no" } }));
    expect([ran.code, ran.asked]).toEqual([4, ["GET /v1/jobs/prod/a"]]);
  });
});
