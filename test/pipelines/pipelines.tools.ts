// Runs the Terraform module with Terraform, and the Jenkins step with Groovy. Needs terraform 1.4, Java 17 and Maven.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { runCommand } from "../support/run-command.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const GROOVY_FOLDER = join(ROOT, "build/groovy-5.0.8");
const MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";
const NEEDS = {
  terraform: "Terraform 1.4 or newer",
  java: "a Java runtime 17 or newer",
  mvn: "Apache Maven 3",
};
/** Texts with which a value could leave its quotes in a shell, in HCL, in JSON or in Groovy. */
const HOSTILE = [
  'a"b',
  "a'b",
  "a\\b",
  "$HOME",
  "$(id)",
  "`id`",
  "$" + "{path.module}",
  "%" + "{if true}x%" + "{endif}",
  "a\nb",
  "; exit 0 #",
  "<&>",
  "-x",
  "ä😀",
];

let folder: string;
let server: Server;
let url: string;
const requests: { readonly url: string; readonly body: string; readonly token: string | undefined }[] = [];
/** The answers of the service to the next requests. */
let answers: { readonly status: number; readonly body: object }[] = [];

before(async () => {
  const path = (process.env.PATH ?? "").split(delimiter);
  const missing = Object.entries(NEEDS).filter(([name]) => !path.some((one) => existsSync(join(one, name))));
  assert.deepEqual(
    missing.map(([name, need]) => `install ${name}: ${need}`),
    [],
  );
  folder = await mkdtemp(join(tmpdir(), "pipelines-"));
  server = createServer(async (request, response) => {
    const body = await text(request);
    requests.push({ url: request.url ?? "", body, token: request.headers.authorization });
    const answer = answers.shift() ?? { status: 202, body: { jobs: [] } };
    response
      .writeHead(answer.status, { "content-type": "application/json" })
      .end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
});

after(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

describe("the Terraform module", () => {
  /** Applies the module with variables in a new folder. */
  async function apply(variables: Readonly<Record<string, unknown>>) {
    requests.length = 0;
    const root = await mkdtemp(join(folder, "terraform-"));
    const call = { source: join(ROOT, "modules/watch"), notifier_url: `${url}/`, ...variables };
    // In the JSON form of Terraform, these characters begin a template and are escaped by doubling the first one.
    const json = JSON.stringify({ module: { watch: call } }).replace(/[$%](?=\{)/g, "$&$&");
    await writeFile(join(root, "main.tf.json"), json);
    const env = {
      NOTIFIER_TOKEN: "secret-token",
      HOME: folder,
      CHECKPOINT_DISABLE: "1",
      TF_IN_AUTOMATION: "1",
    };
    const run = (...parameters: string[]) => runCommand("terraform", parameters, { cwd: root, env });
    const initialized = await run("init", "-no-color");
    assert.equal(initialized.code, 0, initialized.stderr);
    const applied = await run("apply", "-auto-approve", "-no-color");
    assert.ok(!(applied.stdout + applied.stderr).includes("secret-token"));
    return applied;
  }

  it("passes every value unchanged to the notifier", async () => {
    const labels = Object.fromEntries(HOSTILE.map((value, i) => [`label-${i}`, value]));
    const applied = await apply({
      job_id: HOSTILE.join(""),
      project: 'p"$(id)',
      notify: ["a'b", "c"],
      deadline_minutes: 1.5,
      until: "ready",
      actor: "$HOME",
      pipeline: "`id`",
      run_url: "https://ci.example/?a=1&b='2'",
      commit: '"',
      labels,
    });
    assert.equal(applied.code, 0, applied.stderr);
    assert.deepEqual(
      requests.map(({ body, ...rest }) => ({ ...rest, body: JSON.parse(body) })),
      [
        {
          url: "/v1/jobs",
          token: "Bearer secret-token",
          body: {
            jobId: HOSTILE.join(""),
            project: 'p"$(id)',
            notify: ["a'b", "c"],
            deadlineMinutes: 1.5,
            until: "ready",
            context: {
              actor: "$HOME",
              pipeline: "`id`",
              runUrl: "https://ci.example/?a=1&b='2'",
              commit: '"',
              labels,
            },
          },
        },
      ],
    );
  });

  it("sends only the values that are set", async () => {
    assert.equal((await apply({ job_id: "a" })).code, 0);
    assert.deepEqual(
      requests.map(({ body }) => JSON.parse(body)),
      [{ jobId: "a", context: { pipeline: "terraform" } }],
    );
  });

  it("prints why the notifier refuses a job, and fails only if the job is required", async () => {
    const refusal = { status: 422, body: { detail: "unknown project" } };
    answers = [refusal];
    const applied = await apply({ job_id: "a" });
    assert.equal(applied.code, 0, applied.stderr);
    assert.match(applied.stdout, /unknown project/);
    answers = [refusal];
    assert.equal((await apply({ job_id: "a", required: true })).code, 1);
  });

  it("refuses an address that is no URL", async () => {
    const refused = await apply({ job_id: "a", notifier_url: "-o /etc/passwd" });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /notifier_url must be a URL/);
    assert.deepEqual(requests, []);
  });
});

const Outcome = z.object({
  result: z.object({ state: z.string(), reason: z.string() }).optional(),
  error: z.string().optional(),
  printed: z.string(),
});

describe("the Jenkins step", () => {
  before(async () => {
    for (const name of ["groovy", "groovy-json"]) {
      if (existsSync(join(GROOVY_FOLDER, `${name}-5.0.8.jar`))) continue;
      const artifact = `-Dartifact=org.apache.groovy:${name}:5.0.8`;
      const parameters = ["-q", "-B", MAVEN_COPY, artifact, `-DoutputDirectory=${GROOVY_FOLDER}`];
      const copied = await runCommand("mvn", parameters, { env: { HOME: process.env.HOME ?? folder } });
      assert.equal(copied.code, 0, copied.stdout + copied.stderr);
    }
  });

  async function step(settings: Readonly<Record<string, unknown>>) {
    requests.length = 0;
    const work = join(folder, "work $x");
    await mkdir(work, { recursive: true });
    const parameters = ["-cp", join(GROOVY_FOLDER, "*"), "groovy.ui.GroovyMain"];
    const script = join(ROOT, "test/pipelines/JenkinsSteps.groovy");
    const library = join(ROOT, "modules/jenkins");
    const ran = await runCommand("java", [...parameters, script, library, work, JSON.stringify(settings)], {
      env: { TEST_TOKEN: "secret-token" },
    });
    assert.equal(ran.code, 0, ran.stderr);
    assert.ok(!ran.stdout.includes("secret-token"));
    return Outcome.parse(JSON.parse(ran.stdout));
  }
  const statusUrl = () => `${url}/v1/jobs/prod/a`;
  const accepted = () => ({ status: 202, body: { jobs: [{ jobId: "a", statusUrl: statusUrl() }] } });
  const required = () => ({ url, credentialsId: "cce-notifier", jobId: "a" });

  it("submits a job with its context, waits, and returns the state", async () => {
    answers = [accepted(), { status: 200, body: { state: "succeeded" } }];
    const outcome = await step({ ...required(), project: "prod", notify: "a$b" });
    assert.deepEqual(outcome.result, { state: "succeeded", reason: "" });
    const [first, second] = requests;
    const query = new URL(first?.url ?? "", url).searchParams;
    assert.deepEqual(Object.fromEntries(query), {
      from: "cce",
      project: "prod",
      notify: "a$b",
      pipeline: "Infra & Co/new $HOME",
      runUrl: "https://ci.example/job/1/",
    });
    assert.deepEqual([first?.body, first?.token], ['{"jobID":"a"}', "Bearer secret-token"]);
    assert.equal(second?.url, "/v1/jobs/prod/a?wait=5");
  });

  it("fails with the reason of a failed job, and is unstable if the result is unknown", async () => {
    answers = [accepted(), { status: 200, body: { state: "failed", reason: "no flavor" } }];
    const failed = await step(required());
    assert.match(failed.error ?? "", /exit status 1\)\. no flavor$/);
    answers = [accepted(), { status: 200, body: { state: "lost", reason: "gone" } }];
    const lost = await step(required());
    assert.deepEqual(lost.result, { state: "lost", reason: "gone" });
    assert.match(lost.printed, /UNSTABLE The CCE job is lost: gone/);
  });

  it("submits the unchanged reply of CCE without waiting", async () => {
    const reply = `{"a": "${'\\"'}$HOME 'x'"}`;
    answers = [accepted()];
    const outcome = await step({ url, credentialsId: "c", reply, wait: false });
    assert.equal(outcome.result?.state, "watching");
    assert.deepEqual(
      requests.map(({ body }) => body),
      [reply],
    );
  });

  it("refuses unknown and missing settings", async () => {
    assert.match((await step({ ...required(), projekt: "x" })).error ?? "", /unknown setting 'projekt'/);
    assert.match((await step({ url, jobId: "a" })).error ?? "", /'credentialsId' is missing/);
    assert.match((await step({ ...required(), reply: "{}" })).error ?? "", /either jobId or reply/);
    assert.deepEqual(requests, []);
  });
});
