import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { createClient } from "../../client/client.ts";
import { StatusDocument } from "../../lib/api/status-document.ts";
import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { runCommand } from "../support/run-command.ts";
import { PROJECT, type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";

const BUILD = fileURLToPath(new URL("../../client/build.mjs", import.meta.url));
const UNKNOWN = "5f0e7f0e-0000-4000-8000-000000000404";
const Jobs = z.object({
  jobs: z.array(z.looseObject({ jobId: z.string(), outcome: z.optional(StatusDocument) })),
});

let receiver: Receiver;
/** A chat that refuses every message. */
let refusing: Receiver;
let fixture: ServiceFixture;
let folder: string;
/** The built file. */
let command: string;

beforeAll(async () => {
  receiver = await startReceiver();
  refusing = await startReceiver();
  const behaviour = { kind: "status", status: 403, body: "restricted_action" };
  await fetch(`${refusing.url}/behaviour`, { method: "PUT", body: JSON.stringify(behaviour) });
  fixture = await startServiceFixture({
    targets: {
      deploys: { kind: "slack", url: `${receiver.url}/slack/deploys` },
      refusing: { kind: "slack", url: `${refusing.url}/slack/refusing` },
      broken: { kind: "teams", url: "https://gone.invalid/hook" },
    },
    settings: { egress: { allow: [receiver, refusing].map(({ url }) => new URL(url).host) } },
  });
  folder = await mkdtemp(join(tmpdir(), "client-"));
  command = join(folder, "cce-notifier.mjs");
  await runCommand(process.execPath, [BUILD, command]);
});

afterAll(async () => {
  await fixture.stop();
  await receiver.stop();
  await refusing.stop();
  await rm(folder, { recursive: true });
});

const job = (endSeconds: number | null, outcome: "Success" | "Failed" = "Success") =>
  fixture.addJob({
    type: "CreateNode",
    endSeconds,
    outcome,
    resourceName: "node-7",
    subJobs: [
      {
        type: "CreateNodeVM",
        endSeconds,
        outcome,
        ...(outcome === "Failed" ? { reason: "sold out\n::error::!" } : {}),
      },
    ],
  });

function run(parameters: readonly string[], env: Readonly<Record<string, string>> = {}, stdin = "") {
  const known = { NOTIFIER_URL: fixture.stack.api, NOTIFIER_TOKEN: fixture.token };
  return runCommand(process.execPath, [command, ...parameters], { env: { ...known, ...env }, stdin });
}

describe("the command watch", () => {
  test("submits jobs with the context of the CI system, and does not wait", async () => {
    const [a, b] = [job(null), job(null)];
    const ran = await run(["watch", a, b, "--label", "env=prod"], {
      GITLAB_CI: "true",
      GITLAB_USER_LOGIN: "kim",
      CI_PROJECT_PATH: "g/p",
      CI_JOB_NAME: "deploy",
      CI_JOB_URL: "https://gitlab.example/j/1",
    });
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    expect(ran.stdout.split("\n")).toEqual([
      expect.stringContaining(`${PROJECT}/${a}: accepted, ${fixture.stack.api}/jobs/${PROJECT}/${a}?key=`),
      expect.stringContaining(`${PROJECT}/${b}: accepted, `),
      "",
    ]);
    expect((await fixture.status(a)).context).toEqual({
      actor: "kim",
      pipeline: "g/p · deploy",
      runUrl: "https://gitlab.example/j/1",
      labels: { env: "prod" },
    });
    expect((await run(["watch", a])).stdout).toContain("already watching");
  });

  test("with --wait prints every change as a line, and why a job failed", async () => {
    const [good, bad] = [job(0.3), job(0.3, "Failed")];
    const ran = await run(["watch", good, bad, "--wait"]);
    expect([ran.code, ran.stderr]).toEqual([1, ""]);
    expect(ran.stdout).toContain(
      `✔ ${PROJECT}/${good} CreateNode node-7: succeeded after 0 s, 1 of 1 subjob ended\n`,
    );
    expect(ran.stdout).toContain("  | CreateNodeVM failed\n");
    expect(ran.stdout).toContain("  |   sold out\n  |   ::error::!\n");
  });

  test("with --json prints one document and nothing else", async () => {
    const [good, bad] = [job(0.2), job(0.2, "Failed")];
    const ran = await run(["watch", good, bad, good, "--wait", "--json"]);
    const { jobs } = Jobs.parse(JSON.parse(ran.stdout));
    expect([ran.code, jobs.map(({ jobId, outcome }) => [jobId, outcome?.state])]).toEqual([
      1,
      [
        [good, "succeeded"],
        [bad, "failed"],
        [good, "succeeded"],
      ],
    ]);
  });

  test("reads a reply of CCE from stdin, or from a file in UTF-16", async () => {
    const [piped, stored] = [job(0), job(0)];
    const reply = (jobId: string) => JSON.stringify({ kind: "Cluster", status: { jobID: jobId } });
    await writeFile(join(folder, "reply.json"), `\ufeff${reply(stored)}`, "utf16le");
    const options = ["--wait", "--project", PROJECT, "--notify", "deploys"];
    const [first, second, third] = await Promise.all([
      run(["watch", "--reply", "-", ...options], {}, reply(piped)),
      run(["watch", "--reply", join(folder, "reply.json"), ...options]),
      run(["watch", "--reply", join(folder, "nothing.json")]),
    ]);
    expect([first?.code, second?.code, third?.code]).toEqual([0, 0, 2]);
    expect(first?.stdout).toContain(piped);
    expect(second?.stdout).toContain(stored);
  });

  test("exits with 3 for a lost job, and for a job that runs longer than the timeout", async () => {
    const [lost, late] = await Promise.all([
      run(["watch", UNKNOWN, "--wait"]),
      run(["watch", job(null), "--wait", "--timeout-seconds", "1.5"]),
    ]);
    expect([lost.code, late.code]).toEqual([3, 3]);
    expect(lost.stdout).toContain(`? ${PROJECT}/${UNKNOWN}: lost`);
  });
});

describe("the command", () => {
  test("status prints the status of a job without waiting", async () => {
    const jobId = job(null);
    await fixture.submit({ jobId });
    const ran = await run(["status", `${PROJECT}/${jobId}`]);
    expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining(`… ${PROJECT}/${jobId}`)]);
    const json = await run(["status", jobId, "--json"], { NOTIFIER_PROJECT: PROJECT });
    expect(JSON.parse(json.stdout)).toMatchObject({ jobs: [{ jobId, state: "watching" }] });
  });

  test("watch --again restarts a running watch, and stop stops it", async () => {
    const jobId = job(null);
    await run(["watch", jobId]);
    const again = await run(["watch", jobId, "--again", "--project", PROJECT]);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("accepted"), stderr: "" });
    const stopped = await run(["stop", `${PROJECT}/${jobId}`]);
    expect(stopped).toEqual({ code: 0, stdout: `${PROJECT}/${jobId}: no longer watched\n`, stderr: "" });
    expect((await fixture.status(jobId)).state).toBe("stopped");
  });

  test("redeliver sends an outcome again, and exits with 2 without an outcome", async () => {
    const [ended, running] = [job(0), job(null)];
    await run(["watch", ended, "--wait", "--notify", "deploys"]);
    const sent = await run(["redeliver", `${PROJECT}/${ended}`, "--target", "deploys"]);
    expect(sent).toEqual({
      code: 0,
      stdout: `${PROJECT}/${ended}:\n  ✔ deploys: the notification is queued again\n`,
      stderr: "",
    });
    await run(["watch", running]);
    const refused = await run(["redeliver", `${PROJECT}/${running}`]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("has no outcome")]);
  });

  test("list and open need no project if the service has a default project, and find the page of a job", async () => {
    const jobId = job(0);
    await run(["watch", jobId, "--wait", "--actor", "kim", "--label", "team=checkout"]);
    const listed = await run(["list", "--actor", "kim", "--label", "team=checkout", "--state", "succeeded"]);
    expect(listed).toMatchObject({ code: 0, stderr: "" });
    expect(listed.stdout).toMatch(
      new RegExp(`\\n✔ succeeded +${PROJECT}/${jobId} +CreateNode +node-7 .* kim +-\\n$`),
    );
    const opened = await run(["open", jobId]);
    expect(opened).toMatchObject({ code: 0, stderr: "" });
    expect((await fetch(opened.stdout.trim())).status).toBe(200);
    expect(await run(["status", jobId])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`✔ ${PROJECT}/${jobId}`),
    });
  });

  test("a target that refuses the notification of a succeeded job is exit status 5", async () => {
    const ran = await run(["watch", job(0), "--wait", "--notify", "deploys,refusing"]);
    expect([ran.code, ran.stdout]).toEqual([5, expect.stringContaining("  notified: deploys\n")]);
    expect(ran.stderr).toContain("cce-notifier: warning: ");
    expect(ran.stderr).toContain(" --target refusing\n");
  });

  test("test sends one real message to a target", async () => {
    const [good, bad] = await Promise.all([run(["test", "deploys"]), run(["test", "broken", "--json"])]);
    expect(good).toEqual({ code: 0, stdout: "✔ deploys: delivered (ok, HTTP 200)\n", stderr: "" });
    expect([bad.code, JSON.parse(bad.stdout)]).toMatchObject([1, { targets: [{ target: "broken" }] }]);
    expect(receiver.notifications.list("slack").length).toBeGreaterThan(0);
  });
});

test.each([
  [2, "wrong usage", ["watch"], {}],
  [2, "no URL", ["test", "deploys"], { NOTIFIER_URL: "" }],
  [2, "no token", ["test", "deploys"], { NOTIFIER_TOKEN: "" }],
  [2, "an invalid job ID", ["watch", "a b"], {}],
  [2, "a project that is not configured", ["watch", "a", "--project", "nowhere"], {}],
  [4, "an unknown token", ["test", "deploys"], { NOTIFIER_TOKEN: "nobody's" }],
  [4, "an unknown target", ["test", "nobody"], {}],
  [4, "a job without a watch", ["status", `${PROJECT}/nobody`], {}],
])("exits with %i for %s", async (code, _, parameters, env) => {
  const ran = await run(parameters, env);
  expect([ran.code, ran.stdout]).toEqual([code, ""]);
  expect(ran.stderr).toMatch(/^cce-notifier: ./);
  expect(ran.stderr).not.toContain(fixture.token);
});

test("the typed client makes every call of a watch", async () => {
  const client = createClient({ url: `${fixture.stack.api}/`, token: async () => fixture.token });
  const jobId = job(0);
  const key = { project: PROJECT, jobId };
  expect((await client.watch({ jobId, notify: ["deploys"] })).jobs[0]?.status).toBe("accepted");
  expect((await client.status(key, 20)).state).toBe("succeeded");
  expect((await client.redeliver(key, ["deploys"])).targets).toEqual([
    { target: "deploys", status: "queued" },
  ]);
  await expect(client.redeliver(key, ["nobody"])).rejects.toMatchObject({ problem: { status: 422 } });
  const running = { project: PROJECT, jobId: job(null) };
  await client.watch({ jobId: running.jobId });
  await client.stop(running);
  expect((await client.status(running)).state).toBe("stopped");
});
