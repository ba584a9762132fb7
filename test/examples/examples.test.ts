import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Issuer, startIssuer } from "../support/issuer.ts";
import { runCommand } from "../support/run-command.ts";
import { PROJECT, type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples/", import.meta.url));
const WATCH = join(EXAMPLES, "curl/watch.sh");
const REASON = 'the flavor "c7n" is\nsold out \\ here';
/** The reason of a failed job, as the script prints the reason. */
const REASON_LINE = 'reason=the flavor "c7n" is sold out \\ here\n';

let issuer: Issuer;
let fixture: ServiceFixture;
/** A folder with the examples, like in a repository that uses the examples. */
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  issuer = await startIssuer();
  const rule = {
    audience: "cce-job-notifier",
    claims: { repository: "org/*" },
    projects: [PROJECT],
    targets: ["*"],
    operations: ["*"],
  };
  fixture = await startServiceFixture({
    targets: {},
    oidc: [{ issuer: issuer.url, ...rule }],
    settings: { egress: { allow: [new URL(issuer.url).host] } },
  });
  env = { NOTIFIER_URL: fixture.stack.api, NOTIFIER_TOKEN: fixture.token, PROJECT };
  folder = await mkdtemp(join(tmpdir(), "examples-"));
  await cp(WATCH, join(folder, "ci/watch-cce-job.sh"));
}, 90_000);

afterAll(async () => {
  await fixture.stop();
  await issuer.stop();
  await rm(folder, { recursive: true });
});

const succeeding = () => fixture.addJob({ type: "CreateNode", endSeconds: 0.2 });
const failing = () =>
  fixture.addJob({
    type: "CreateCluster",
    endSeconds: 0.2,
    outcome: "Failed",
    subJobs: [{ type: "CreateNodeVM", endSeconds: 0.1, outcome: "Failed", reason: REASON }],
  });
const text = (path: string) => readFile(join(EXAMPLES, path), "utf8");

/** Returns the lines below the first line that matches `head`, up to the first line without deeper indentation. */
function blockAfter(document: string, head: RegExp): string {
  const lines = document.split("\n");
  const start = lines.findIndex((line) => head.test(line));
  const indent = (line: string) => line.search(/\S|$/);
  const block = lines.slice(start + 1);
  const end = block.findIndex((line) => line.trim() !== "" && indent(line) <= indent(lines[start] ?? ""));
  return block.slice(0, end === -1 ? block.length : end).join("\n");
}

describe("curl/watch.sh", () => {
  const watch = (parameters: readonly string[], more = {}, stdin = "") =>
    runCommand("sh", [WATCH, ...parameters], { env: { ...env, ...more }, stdin });

  test("waits for a job and prints its state, and the reason of a failed job", async () => {
    const [good, bad] = await Promise.all([watch([succeeding()]), watch([failing()])]);
    expect(good).toEqual({ code: 0, stdout: "state=succeeded\n", stderr: "" });
    expect(bad).toEqual({ code: 1, stdout: `state=failed\n${REASON_LINE}`, stderr: "" });
  });

  test("submits the job in a reply of CCE without waiting", async () => {
    const jobId = fixture.addJob({ type: "CreateCluster", endSeconds: null });
    const reply = JSON.stringify({ kind: "Cluster", status: { phase: "Creating", jobID: jobId } }, null, 2);
    // A query parameter with these characters must stay one parameter and must be decoded once.
    const context = {
      actor: "bot[7] & söhne",
      pipeline: "a=b 100%",
      commit: "abc+d",
      runUrl: "https://ci.example/job/feature%252Fx/12/?a=1&b=2#c",
    };
    const { actor: ACTOR, pipeline: PIPELINE, commit: COMMIT, runUrl: RUN_URL } = context;
    const more = { WAIT: "no", ACTOR, PIPELINE, COMMIT, RUN_URL };
    const submitted = await watch(["--reply", "-"], more, reply);
    expect(submitted).toEqual({ code: 0, stdout: "state=watching\n", stderr: "" });
    expect((await fixture.status(jobId)).context).toEqual(context);
  });

  test("prints the notifier's reason for an unknown token, and for a reply with an error of CCE", async () => {
    const refused = JSON.stringify({ errorCode: "CCE.01400001", errorMsg: "Invalid request." });
    const [unknownToken, reply] = await Promise.all([
      watch(["a"], { NOTIFIER_TOKEN: "nobodys" }),
      watch(["--reply", "-"], {}, refused),
    ]);
    expect([unknownToken.code, unknownToken.stdout]).toEqual([4, ""]);
    expect(unknownToken.stderr).toMatch(
      /^watch.sh: the notifier answers 401\n {2}\| .*The token is not valid for this service/,
    );
    expect([reply.code, reply.stdout]).toEqual([2, ""]);
    expect(reply.stderr).toMatch(
      /^watch.sh: the notifier answers 422\n {2}\| .*CCE refused the call: CCE\.01400001/,
    );
  });

  test("exits with 3 for a lost job, and prints the reason", async () => {
    const lost = await watch(["5f0e7f0e-0000-4000-8000-000000000404"]);
    expect(lost).toMatchObject({ code: 3, stdout: expect.stringMatching(/^state=lost\nreason=.+\n$/) });
  });

  test.each([
    ["no job", 2, [], {}],
    ["an invalid job ID", 2, ["a b"], {}],
    ["an option", 2, ["--color"], {}],
    ["no URL", 2, ["a"], { NOTIFIER_URL: "" }],
    ["no token", 2, ["a"], { NOTIFIER_TOKEN: "" }],
    ["a wrong token", 4, ["a"], { NOTIFIER_TOKEN: "nobody's" }],
    ["an invalid project name", 2, ["a"], { PROJECT: "nobody's" }],
    ["a project that is not configured", 2, ["a"], { PROJECT: "nowhere" }],
  ])("with %s exits with %i and does not print the token", async (_, code, parameters, more) => {
    const ran = await watch(parameters, more);
    expect([ran.code, ran.stdout]).toEqual([code, ""]);
    expect(ran.stderr).not.toBe("");
    expect(ran.stderr).not.toContain(fixture.token);
  });

  test("exits with 4 when the repository may not use the project", async () => {
    const ran = await watch(["a"], {
      PROJECT: "nowhere",
      NOTIFIER_TOKEN: "",
      NOTIFIER_AUDIENCE: "cce-job-notifier",
      ACTIONS_ID_TOKEN_REQUEST_URL: `${issuer.url}/token?a=1`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "t",
    });
    expect([ran.code, ran.stdout]).toEqual([4, ""]);
    expect(ran.stderr).toContain("the notifier answers 403");
  });
});

describe("the GitHub Action", () => {
  /** Runs the step of the action like a GitHub runner, with a file for the outputs. An empty input gets its default. */
  async function act(inputs: Readonly<Record<string, string>>, more: Readonly<Record<string, string>> = {}) {
    const script = blockAfter(await text("github-action/action.yml"), /^ +run: \|$/);
    const [output, file] = [join(folder, "output"), join(folder, "step.sh")];
    await Promise.all([writeFile(output, ""), writeFile(file, script)]);
    const ran = await runCommand("bash", ["--noprofile", "--norc", "-eo", "pipefail", file], {
      env: {
        NOTIFIER_URL: fixture.stack.api,
        NOTIFIER_TOKEN: "",
        NOTIFIER_AUDIENCE: "",
        NOTIFY: "",
        WAIT: "yes",
        PROJECT,
        JOB_ID: "",
        REPLY: "",
        ACTOR: "kim",
        PIPELINE: "o/r · Create a cluster",
        COMMIT: "abc",
        RUN_URL: "https://github.example/o/r/actions/runs/1",
        GITHUB_ACTION_PATH: join(EXAMPLES, "github-action"),
        GITHUB_OUTPUT: output,
        ...inputs,
        ...more,
      },
    });
    return { ...ran, output: await readFile(output, "utf8") };
  }

  test("uses an identity token, and sets the outputs state and reason", async () => {
    const ran = await act(
      { NOTIFIER_AUDIENCE: "cce-job-notifier", JOB_ID: failing() },
      {
        ACTIONS_ID_TOKEN_REQUEST_URL: `${issuer.url}/token?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: "t",
      },
    );
    expect([ran.code, ran.output]).toEqual([1, `state=failed\n${REASON_LINE}`]);
  });

  test("accepts a reply and a token", async () => {
    const jobId = succeeding();
    const ran = await act({ NOTIFIER_TOKEN: fixture.token, REPLY: JSON.stringify({ jobID: jobId }) });
    expect([ran.code, ran.output]).toEqual([0, "state=succeeded\n"]);
    expect((await fixture.status(jobId)).context).toEqual({
      actor: "kim",
      pipeline: "o/r · Create a cluster",
      commit: "abc",
      runUrl: "https://github.example/o/r/actions/runs/1",
    });
  });

  test("passes every input as an environment variable and not as shell code", async () => {
    const action = await text("github-action/action.yml");
    const names = [...action.matchAll(/\$\{\{ inputs\.([\w-]+) \}\}/g)].map(([, name]) => name ?? "");
    const declared = [...blockAfter(action, /^inputs:$/).matchAll(/^ {2}([\w-]+):$/gm)].map(
      ([, name]) => name,
    );
    expect(names.sort()).toEqual(declared.sort());
    expect(blockAfter(action, /^ +run: \|$/)).not.toContain("${{");
  });
});

test("the script of the GitLab job runs as it is", async () => {
  const lines = blockAfter(await text("gitlab/.gitlab-ci.yml"), /^ {2}script:$/)
    .split("\n")
    .map((line) => line.replace(/^ +- /, ""));
  expect(lines).toHaveLength(2);
  const jobId = failing();
  await writeFile(join(folder, "create-cluster-reply.json"), JSON.stringify({ status: { jobID: jobId } }));
  const ci = {
    GITLAB_USER_LOGIN: "kim",
    CI_PROJECT_PATH: "group/infra",
    CI_COMMIT_SHA: "abc",
    CI_JOB_URL: "https://gitlab.example/j/1",
  };
  const ran = await runCommand("sh", ["-ec", lines.join("\n")], { cwd: folder, env: { ...env, ...ci } });
  expect([ran.code, ran.stdout]).toEqual([1, `state=failed\n${REASON_LINE}`]);
  expect((await fixture.status(jobId)).context).toEqual({
    actor: "kim",
    pipeline: "group/infra",
    commit: "abc",
    runUrl: "https://gitlab.example/j/1",
  });
});

test("the script of the Jenkinsfile runs as it is", async () => {
  const [, script = ""] = /'''\n([\s\S]*?)'''/.exec(await text("jenkins/Jenkinsfile")) ?? [];
  const jobId = succeeding();
  const ci = {
    JOB_ID: jobId,
    JOB_NAME: "Infra & Co/new cluster/feature%2Fx",
    GIT_COMMIT: "abc",
    BUILD_URL: "https://ci.example/job/Infra%20&%20Co/job/new%20cluster/job/feature%252Fx/12/",
  };
  const ran = await runCommand("sh", ["-xec", script], { cwd: folder, env: { ...env, ...ci } });
  expect([ran.code, ran.stdout]).toEqual([0, "state=succeeded\n"]);
  expect(ran.stderr).not.toContain(fixture.token);
  expect((await fixture.status(jobId)).context).toEqual({
    pipeline: ci.JOB_NAME,
    runUrl: ci.BUILD_URL,
    commit: "abc",
  });
});

test("the command of the Terraform example submits a job, and prints the reason of a refusal", async () => {
  const [, command = ""] = /<<-EOT\n([\s\S]*?)\n +EOT/.exec(await text("terraform/main.tf")) ?? [];
  const jobId = succeeding();
  const ran = await runCommand("sh", ["-c", command], { env: { ...env, BODY: JSON.stringify({ jobId }) } });
  expect([ran.code, JSON.parse(ran.stdout)]).toMatchObject([0, { jobs: [{ jobId, status: "accepted" }] }]);
  const refused = await runCommand("sh", ["-c", command], {
    env: { ...env, BODY: JSON.stringify({ jobId: "a b" }) },
  });
  expect([refused.code, JSON.parse(refused.stdout)]).toMatchObject([22, { status: 422 }]);
  const absent = await runCommand("sh", ["-c", command], {
    env: { ...env, NOTIFIER_TOKEN: "", BODY: "{}" },
  });
  expect([absent.code, absent.stderr]).toEqual([
    2,
    "NOTIFIER_TOKEN is not set in the environment of Terraform\n",
  ]);
});
