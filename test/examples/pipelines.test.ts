import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../support/run-command.ts";
import { PROJECT } from "../support/service-fixture.ts";
import { type ExamplesService, REASON_LINE, startExamplesService } from "./examples-service.ts";
import {
  ROOT,
  readAction,
  readAzureTemplate,
  readGitlabComponent,
  readRepositoryFile,
  readUsedInputs,
} from "./pipeline-templates.ts";

const LOST_JOB = "5f0e7f0e-0000-4000-8000-000000000404";

let service: ExamplesService;
let fixture: ExamplesService["fixture"];
/** The working folder of a pipeline, which is not a checkout of this repository. */
let folder: string;
const inFolder = (name: string) => join(folder, name);

beforeAll(async () => {
  service = await startExamplesService();
  ({ fixture } = service);
  folder = await mkdtemp(join(tmpdir(), "pipelines-"));
  const build = ["client/build.mjs", inFolder("github-action.mjs"), "client/github-action.ts"];
  expect(await runCommand(process.execPath, build, { cwd: ROOT })).toMatchObject({ code: 0 });
});

afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true });
});

describe("the GitHub Action", () => {
  /** Runs the bundled action like a GitHub runner. An input without a value gets its default. */
  async function act(inputs: Readonly<Record<string, string>>, more: Readonly<Record<string, string>> = {}) {
    const action = await readAction();
    await Promise.all([writeFile(inFolder("output"), ""), writeFile(inFolder("summary"), "")]);
    const values = { url: fixture.stack.api, project: PROJECT, ...inputs };
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(values)));
    const defaults = Object.entries(action.inputs).map(([name, input]) => [name, input.default ?? ""]);
    const variables = Object.entries({ ...Object.fromEntries(defaults), ...values }).map(([name, value]) => [
      `INPUT_${name.toUpperCase()}`,
      value,
    ]);
    const ran = await runCommand(process.execPath, [inFolder("github-action.mjs")], {
      cwd: folder,
      env: {
        ...Object.fromEntries(variables),
        GITHUB_ACTIONS: "true",
        GITHUB_ACTOR: "kim",
        GITHUB_REPOSITORY: "o/r",
        GITHUB_WORKFLOW: "Create a cluster",
        GITHUB_SHA: "abc",
        GITHUB_SERVER_URL: "https://github.example",
        GITHUB_RUN_ID: "1",
        GITHUB_OUTPUT: inFolder("output"),
        GITHUB_STEP_SUMMARY: inFolder("summary"),
        ...more,
      },
    });
    const lines = (await readFile(inFolder("output"), "utf8")).trimEnd().split("\n");
    const outputs = Object.fromEntries(lines.map((line) => /^([^=]*)=(.*)$/.exec(line)?.slice(1) ?? [line]));
    expect(Object.keys(outputs).sort()).toEqual(Object.keys(action.outputs).sort());
    return { ...ran, outputs, summary: await readFile(inFolder("summary"), "utf8") };
  }

  test("uses an identity token, and sets all outputs and the summary of a failed job", async () => {
    const ran = await act(
      { audience: "cce-job-notifier", "job-id": service.addFailingJob() },
      {
        ACTIONS_ID_TOKEN_REQUEST_URL: `${service.issuer.url}/token?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: "t",
      },
    );
    expect(ran.code).toBe(1);
    expect(ran.outputs).toEqual({
      state: "failed",
      reason: 'the flavor "c7n" is sold out \\ here',
      cause: 'CreateNodeVM: the flavor "c7n" is sold out \\ here',
      "page-url": expect.stringMatching(/^http.*\/jobs\/prod\//),
      duration: expect.stringMatching(/^\d+(\.\d+)?$/),
    });
    expect(ran.summary).toMatch(/^### CreateCluster.*: failed\n/);
    expect(ran.summary).toContain(`[status page](<${ran.outputs["page-url"]}>)`);
    expect(ran.summary).toContain('- **CreateNodeVM failed**\n  the flavor "c7n" is sold out \\\\ here\n');
  });

  test("accepts a reply and a token, and with the input wait = no does not wait", async () => {
    const jobId = fixture.addJob({ type: "CreateCluster", endSeconds: null });
    const ran = await act({ token: fixture.token, reply: JSON.stringify({ jobID: jobId }), wait: "no" });
    expect([ran.code, ran.outputs.state, ran.summary]).toEqual([0, "watching", ""]);
    expect((await fixture.status(jobId)).context).toEqual({
      actor: "kim",
      pipeline: "o/r · Create a cluster",
      commit: "abc",
      runUrl: "https://github.example/o/r/actions/runs/1",
    });
  });

  test("says why the notifier refuses a job, and sets the reason", async () => {
    const ran = await act({ token: fixture.token, "job-id": "a", notify: "nobody" });
    expect([ran.code, ran.outputs.state]).toEqual([2, ""]);
    expect(ran.outputs.reason).toContain("nobody");
    expect(ran.stdout + ran.stderr).toContain("nobody");
  });

  test("reads a job ID that looks like an option as a job ID", async () => {
    const ran = await act({ token: fixture.token, "job-id": "--version" });
    expect([ran.code, ran.stdout]).toEqual([2, ""]);
  });
});

describe("the GitLab component", () => {
  const context = {
    actor: "kim",
    pipeline: "group/infra",
    commit: "abc",
    runUrl: "https://gitlab.example/j/1",
  };
  const ci = {
    GITLAB_USER_LOGIN: context.actor,
    CI_PROJECT_PATH: context.pipeline,
    CI_COMMIT_SHA: context.commit,
    CI_JOB_URL: context.runUrl,
  };
  const run = async (variables: Readonly<Record<string, string>>) => {
    const { job } = await readGitlabComponent();
    const more = { REPLY_FILE: "", JOB_ID_VARIABLE: "CCE_JOB_ID", TMPDIR: folder, WAIT: "yes", ...variables };
    const env = { ...service.env, ...ci, ...more };
    return runCommand("sh", ["-ec", job.script.join("\n")], { cwd: folder, env });
  };

  test("submits the reply in a file and waits", async () => {
    const jobId = service.addFailingJob();
    await writeFile(inFolder("create-cluster-reply.json"), JSON.stringify({ status: { jobID: jobId } }));
    const ran = await run({ REPLY_FILE: "create-cluster-reply.json" });
    expect([ran.code, ran.stdout]).toEqual([1, `state=failed\n${REASON_LINE}`]);
    expect((await fixture.status(jobId)).context).toEqual(context);
  });

  test("submits the job ID in a variable of the pipeline", async () => {
    const ran = await run({ CCE_JOB_ID: service.addSucceedingJob() });
    expect([ran.code, ran.stdout]).toEqual([0, "state=succeeded\n"]);
  });

  test("puts no input into its script", async () => {
    const { job } = await readGitlabComponent();
    expect(job.script.join("\n")).not.toContain("$[[");
    const values = Object.values(job.variables).filter((value) => JSON.stringify(value).includes("$[["));
    expect(values.length).toBeGreaterThan(5);
    for (const value of values) expect(value).toMatchObject({ expand: false });
  });
});

describe("the template for Azure Pipelines", () => {
  const run = async (variables: Readonly<Record<string, string>>) => {
    const { step } = await readAzureTemplate();
    await writeFile(inFolder("step.sh"), step.bash);
    const more = { REPLY_FILE: "", JOB_ID: "", AGENT_TEMPDIRECTORY: folder, WAIT: "yes", ...variables };
    return runCommand("bash", [inFolder("step.sh")], { cwd: folder, env: { ...service.env, ...more } });
  };

  test("sets output variables, and fails with the job", async () => {
    await writeFile(inFolder("reply.json"), JSON.stringify({ jobID: service.addFailingJob() }));
    const ran = await run({ REPLY_FILE: inFolder("reply.json") });
    const reason = REASON_LINE.replace("reason=", "");
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain("##vso[task.setvariable variable=cceJobState;isOutput=true]failed\n");
    expect(ran.stdout).toContain(`##vso[task.setvariable variable=cceJobReason;isOutput=true]${reason}`);
  });

  test("continues with a warning if the result of the job is unknown", async () => {
    const ran = await run({ JOB_ID: LOST_JOB });
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain("##vso[task.complete result=SucceededWithIssues]\n");
  });

  test("puts no parameter into its script", async () => {
    const { step } = await readAzureTemplate();
    expect(step.bash).not.toMatch(/\$\{\{|\$\([A-Z]\w*\.\w/);
    expect(Object.values(step.env).join()).toMatch(/\$\{\{ parameters\.jobId \}\}/);
  });
});

test("the shell script of the Jenkins step runs as it is", async () => {
  const step = await readRepositoryFile("modules/jenkins/vars/watchCceJob.groovy");
  const [, script = ""] = /'{3}\n([\s\S]*?)'{3}/.exec(step) ?? [];
  const watchScript = await readRepositoryFile("modules/jenkins/resources/watch-cce-job.sh");
  await writeFile(inFolder("watch-cce-job.sh"), watchScript);
  const jobId = service.addSucceedingJob();
  const ci = { JOB_ID: jobId, PIPELINE: "Infra & Co/new cluster", COMMIT: "abc", CCE_FOLDER: folder };
  const ran = await runCommand("sh", ["-xec", script], { cwd: folder, env: { ...service.env, ...ci } });
  expect([ran.code, ran.stdout]).toEqual([0, ""]);
  expect(await readFile(inFolder("watch-cce-job.out"), "utf8")).toBe("state=succeeded\n");
  expect(ran.stderr).not.toContain(fixture.token);
  expect((await fixture.status(jobId)).context).toEqual({ pipeline: ci.PIPELINE, commit: ci.COMMIT });
});

test("the command of the Terraform module submits a job, and prints the reason of a refusal", async () => {
  const module = await readRepositoryFile("modules/watch/main.tf");
  const [, command = ""] = /<<-EOT\n([\s\S]*?)\n +EOT/.exec(module) ?? [];
  const run = (body: object, more: Readonly<Record<string, string>> = {}) => {
    const env = { ...service.env, BODY: JSON.stringify(body), REQUIRED: "true", ...more };
    return runCommand("sh", ["-c", command], { env });
  };
  const jobId = service.addSucceedingJob();
  const ran = await run({ jobId });
  expect([ran.code, JSON.parse(ran.stdout)]).toMatchObject([0, { jobs: [{ jobId, status: "accepted" }] }]);
  const refused = await run({ jobId: "a b" });
  expect([refused.code, JSON.parse(refused.stdout)]).toMatchObject([22, { status: 422 }]);
  expect(await run({ jobId: "a b" }, { REQUIRED: "false" })).toMatchObject({ code: 0 });
  const absent = await run({}, { NOTIFIER_TOKEN: "" });
  expect([absent.code, absent.stderr]).toEqual([
    2,
    "NOTIFIER_TOKEN is not set in the environment of Terraform\n",
  ]);
});

test("the examples for GitHub, GitLab and Azure use only inputs that exist", async () => {
  const used = await readUsedInputs();
  for (const names of Object.values(used)) expect(names).toContain("url");
  expect(Object.keys((await readAction()).inputs)).toEqual(expect.arrayContaining(used.github));
  expect((await readGitlabComponent()).inputs).toEqual(expect.arrayContaining(used.gitlab));
  expect((await readAzureTemplate()).parameters).toEqual(expect.arrayContaining(used.azure));
});
