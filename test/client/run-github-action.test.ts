import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runGithubAction } from "../../client/run-github-action.ts";
import { StatusDocument } from "../../lib/api/status-document.ts";
import schemaExamples from "../../lib/openapi/schema-examples.json" with { type: "json" };
import { runWithStubService } from "../support/run-in-process.ts";
import type { StubAnswer } from "../support/stub-service.ts";

const PAGE = "https://jobs.example/jobs/prod/a?key=k";
const [exampleCause] = schemaExamples.StatusDocument.causes;
const cause = { ...exampleCause, type: "CreateNodeVM", reason: "flavor\nsold out" };
const failed = StatusDocument.parse({
  ...schemaExamples.StatusDocument,
  project: "prod",
  jobId: "a",
  state: "failed",
  done: true,
  reason: null,
  causes: [cause],
  durationSeconds: 550,
  deliveries: [],
});
const accepted = {
  project: "prod",
  jobId: "a",
  status: "accepted",
  deadlineAt: null,
  statusUrl: null,
  pageUrl: PAGE,
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "action-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs the action with inputs against a service that answers the submission and the status. */
async function act(
  inputs: Readonly<Record<string, string>>,
  submitted: StubAnswer = { status: 202, body: { jobs: [accepted] } },
  status: StatusDocument = failed,
) {
  const [output, summary] = [join(folder, "output"), join(folder, "summary")];
  const bodies: string[] = [];
  const answer = (requested: string, body: string): StubAnswer => {
    if (!requested.startsWith("POST")) return { status: 200, body: status };
    bodies.push(body);
    return submitted;
  };
  const ran = await runWithStubService(
    (environment) =>
      runGithubAction({
        ...environment,
        env: {
          ...Object.fromEntries(
            Object.entries({ token: "ccen_secret", ...inputs }).map(([name, value]) => [
              `INPUT_${name.toUpperCase()}`,
              value,
            ]),
          ),
          INPUT_URL: ` ${environment.env.NOTIFIER_URL}\n`,
          GITHUB_OUTPUT: output,
          GITHUB_STEP_SUMMARY: summary,
        },
      }),
    answer,
  );
  const read = (file: string) => readFile(file, "utf8").catch(() => null);
  return {
    ...ran,
    bodies,
    // A line without a line break at its end would continue with the next output of the step.
    output: (await read(output))?.split("\n").slice(0, -1),
    summary: await read(summary),
  };
}

test("waits for the job in the input and writes its outputs and its summary", async () => {
  const ran = await act({ "job-id": " prod/a\n" });
  expect(ran.code).toBe(1);
  expect(ran.output).toEqual([
    "state=failed",
    "reason=flavor sold out",
    "cause=CreateNodeVM: flavor sold out",
    `page-url=${PAGE}`,
    "duration=550",
  ]);
  expect(ran.summary).toMatch(/^### .*: failed\n/);
  expect(ran.summary).toContain(`[status page](<${PAGE}>)`);
  expect(ran.requests).toContain("POST /v1/jobs");
});

test("passes each input to the option of the same name, and an empty input to none", async () => {
  const inputs = {
    "job-id": "a",
    project: "prod",
    notify: "x,y",
    until: "ready",
    "ready-minutes": "7",
    "deadline-minutes": "5",
    "timeout-seconds": "",
    audience: " ",
    reply: "",
  };
  expect(JSON.parse((await act(inputs)).bodies[0] ?? "")).toEqual({
    project: "prod",
    jobIds: ["a"],
    notify: ["x", "y"],
    until: "ready",
    readyMinutes: 7,
    deadlineMinutes: 5,
  });
  const late = { ...failed, state: "watching", done: false } as const;
  expect((await act({ "job-id": "prod/a", "timeout-seconds": "3" }, undefined, late)).code).toBe(3);
});

test("with the input wait = no, does not wait, and has no summary", async () => {
  const ran = await act({ "job-id": "prod/a", wait: "no" });
  expect([ran.code, ran.requests, ran.summary]).toEqual([0, ["POST /v1/jobs"], null]);
  expect(ran.output).toEqual(["state=watching", "reason=", "cause=", `page-url=${PAGE}`, "duration="]);
});

test("has no page in its output without a link, and uses the audience without a token", async () => {
  const withoutPage = { status: 202, body: { jobs: [{ ...accepted, pageUrl: null }] } };
  const ran = await act({ "job-id": "prod/a", wait: "no" }, withoutPage);
  expect(ran.output?.[3]).toBe("page-url=");
  const refused = await act({ "job-id": "prod/a", token: "", audience: "notifier" });
  expect([refused.code, refused.requests]).toEqual([2, []]);
  expect(refused.stderr).toContain("NOTIFIER_AUDIENCE needs a GitHub Actions job");
});

test("runs without the files of a workflow, as in a shell", async () => {
  const { code, stderr } = await runWithStubService(
    ({ env, ...environment }) =>
      runGithubAction({
        ...environment,
        env: {
          INPUT_URL: env.NOTIFIER_URL,
          INPUT_TOKEN: "ccen_secret",
          "INPUT_JOB-ID": "prod/a",
          INPUT_WAIT: "no",
        },
      }),
    () => ({ status: 202, body: { jobs: [accepted] } }),
  );
  expect([code, stderr]).toEqual([0, ""]);
});

test("submits the reply in the input", async () => {
  const reply = '{"jobID":"a"}';
  const ran = await act({ reply, wait: "no" });
  expect([ran.code, ran.bodies, ran.requests]).toEqual([0, [reply], ["POST /v1/jobs?from=cce"]]);
});

test("a job ID that begins with a hyphen is no option", async () => {
  const ran = await act({ "job-id": "--help" });
  expect(JSON.parse(ran.bodies[0] ?? "")).toMatchObject({ jobIds: ["--help"] });
});

test.each<[string, StubAnswer, string]>([
  [
    "the job",
    {
      status: 202,
      body: {
        jobs: [
          {
            ...accepted,
            status: "rejected",
            pageUrl: null,
            error: { type: "about:blank", title: "Invalid request", status: 422, detail: "unknown target" },
          },
        ],
      },
    },
    "unknown target",
  ],
  [
    "the request",
    { status: 403, body: { type: "about:blank", title: "Forbidden", status: 403, detail: "may not watch" } },
    "may not watch",
  ],
])("the output has the reason for which the service refuses %s, and no state", async (_, answer, reason) => {
  const ran = await act({ "job-id": "prod/a", wait: "no" }, answer);
  expect(ran.code).toBeGreaterThan(0);
  expect(ran.output?.[0]).toBe("state=");
  expect(ran.output?.[1]).toContain(reason);
  expect(ran.summary).toBeNull();
});

test("the output has the reason of the job if the job has one, and the type of a cause without a reason", async () => {
  const unknown = {
    ...failed,
    reason: "quota",
    causes: failed.causes.map((one) => ({ ...one, reason: null })),
  };
  const ran = await act({ "job-id": "prod/a" }, undefined, unknown);
  expect(ran.output?.slice(1, 3)).toEqual(["reason=quota", "cause=CreateNodeVM"]);
});
