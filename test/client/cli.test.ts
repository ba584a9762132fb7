import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { createClient } from "../../client/client.ts";
import { StatusDocument } from "../../lib/api/status-document.ts";
import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { runCommand } from "../support/run-command.ts";
import { PROJECT, type Scene, startScene } from "../support/scene.ts";

const BUILD = fileURLToPath(new URL("../../client/build.mjs", import.meta.url));
const UNKNOWN = "5f0e7f0e-0000-4000-8000-000000000404";
const Jobs = z.object({
  jobs: z.array(z.looseObject({ jobId: z.string(), outcome: z.optional(StatusDocument) })),
});

let receiver: Receiver;
let scene: Scene;
let folder: string;
/** The command as it is shipped. */
let command: string;

beforeAll(async () => {
  receiver = await startReceiver();
  scene = await startScene({
    targets: {
      deploys: { kind: "slack", url: `${receiver.url}/slack/deploys` },
      broken: { kind: "teams", url: "https://gone.invalid/hook" },
    },
    settings: { egress: { allow: [new URL(receiver.url).host] } },
  });
  folder = await mkdtemp(join(tmpdir(), "client-"));
  command = join(folder, "cce-notifier.mjs");
  await runCommand(process.execPath, [BUILD, command]);
}, 90_000);

afterAll(async () => {
  await scene.stop();
  await receiver.stop();
  await rm(folder, { recursive: true });
});

const job = (endSeconds: number | null, outcome: "Success" | "Failed" = "Success") =>
  scene.addJob({
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
  const known = { NOTIFIER_URL: scene.stack.api, NOTIFIER_TOKEN: scene.token };
  return runCommand(process.execPath, [command, ...parameters], { env: { ...known, ...env }, stdin });
}

describe("watch", () => {
  test("hands jobs over and goes on", async () => {
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
      expect.stringContaining(`${PROJECT}/${a}: handed over, ${scene.stack.api}/jobs/${PROJECT}/${a}?key=`),
      expect.stringContaining(`${PROJECT}/${b}: handed over, `),
      "",
    ]);
    expect((await scene.status(a)).context).toEqual({
      actor: "kim",
      pipeline: "g/p · deploy",
      runUrl: "https://gitlab.example/j/1",
      labels: { env: "prod" },
    });
    expect((await run(["watch", a])).stdout).toContain("already watched");
  });

  test("waits, shows each change as a line of its own, and says why a job failed", async () => {
    const [good, bad] = [job(0.3), job(0.3, "Failed")];
    const ran = await run(["watch", good, bad, "--wait"]);
    expect([ran.code, ran.stderr]).toEqual([1, ""]);
    expect(ran.stdout).toContain(`✔ ${PROJECT}/${good} CreateNode node-7: succeeded, 1 of 1 subjobs ended\n`);
    expect(ran.stdout).toContain("  | CreateNode › CreateNodeVM\n");
    expect(ran.stdout).toContain("  |   sold out\n  |   ::error::!\n");
  });

  test("with --json prints one document of everything, and nothing else", async () => {
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

  test("takes the cloud's reply from stdin or a file", async () => {
    const [piped, stored] = [job(0), job(0)];
    const reply = (jobId: string) => JSON.stringify({ kind: "Cluster", status: { jobID: jobId } });
    await writeFile(join(folder, "reply.json"), reply(stored));
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

  test("says 3 of what is lost, and of what lasts longer than it may", async () => {
    const [lost, late] = await Promise.all([
      run(["watch", UNKNOWN, "--wait"]),
      run(["watch", job(null), "--wait", "--timeout-seconds", "1.5"]),
    ]);
    expect([lost.code, late.code]).toEqual([3, 3]);
    expect(lost.stdout).toContain(`? ${PROJECT}/${UNKNOWN}: lost`);
  });
});

describe("status, stop, redeliver and test", () => {
  test("status tells how a job stands without waiting for it", async () => {
    const jobId = job(null);
    await scene.submit({ jobId });
    const ran = await run(["status", `${PROJECT}/${jobId}`]);
    expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining(`… ${PROJECT}/${jobId}`)]);
    const json = await run(["status", jobId, "--json"], { NOTIFIER_PROJECT: PROJECT });
    expect(JSON.parse(json.stdout)).toMatchObject({ jobs: [{ jobId, state: "watching" }] });
  });

  test("a watch is stopped, taken up again, and begun anew while it runs", async () => {
    const jobId = job(null);
    await run(["watch", jobId]);
    const again = await run(["watch", jobId, "--again", "--project", PROJECT]);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("handed over"), stderr: "" });
    const stopped = await run(["stop", `${PROJECT}/${jobId}`]);
    expect(stopped).toEqual({ code: 0, stdout: `${PROJECT}/${jobId}: no longer watched\n`, stderr: "" });
    expect((await scene.status(jobId)).state).toBe("stopped");
  });

  test("an outcome is told again, and one that is not there is wrong usage", async () => {
    const [ended, running] = [job(0), job(null)];
    await run(["watch", ended, "--wait", "--notify", "deploys"]);
    const told = await run(["redeliver", `${PROJECT}/${ended}`, "--target", "deploys"]);
    expect(told).toEqual({ code: 0, stdout: `${PROJECT}/${ended}: told again to deploys\n`, stderr: "" });
    await run(["watch", running]);
    const refused = await run(["redeliver", `${PROJECT}/${running}`]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("has no outcome")]);
  });

  test("test tells what became of one real message", async () => {
    const [good, bad] = await Promise.all([run(["test", "deploys"]), run(["test", "broken", "--json"])]);
    expect(good).toEqual({ code: 0, stdout: "deploys: delivered (200, ok)\n", stderr: "" });
    expect([bad.code, JSON.parse(bad.stdout)]).toMatchObject([1, { targets: [{ target: "broken" }] }]);
    expect(receiver.notifications.list("slack").length).toBeGreaterThan(0);
  });
});

test.each([
  [2, "wrong usage", ["watch"], {}],
  [2, "no address", ["test", "deploys"], { NOTIFIER_URL: "" }],
  [2, "no token", ["test", "deploys"], { NOTIFIER_TOKEN: "" }],
  [2, "a job ID that is none", ["watch", "a b"], {}],
  [2, "a project that is not configured", ["watch", "a", "--project", "nowhere"], {}],
  [4, "a token that is not known", ["test", "deploys"], { NOTIFIER_TOKEN: "nobody's" }],
  [4, "a target that is not there", ["test", "nobody"], {}],
  [4, "a job nobody watches", ["status", `${PROJECT}/nobody`], {}],
])("exit status %i: %s", async (code, _, parameters, env) => {
  const ran = await run(parameters, env);
  expect([ran.code, ran.stdout]).toEqual([code, ""]);
  expect(ran.stderr).toMatch(/^cce-notifier: ./);
  expect(ran.stderr).not.toContain(scene.token);
});

test("the client speaks every operation of a watch", async () => {
  const client = createClient({ url: `${scene.stack.api}/`, token: async () => scene.token });
  const jobId = job(0);
  const key = { project: PROJECT, jobId };
  expect((await client.watch({ jobId, notify: ["deploys"] })).jobs[0]?.status).toBe("accepted");
  expect((await client.status(key, 20)).state).toBe("succeeded");
  expect((await client.redeliver(key, ["deploys"])).targets).toEqual([{ target: "deploys", redelivery: 1 }]);
  await expect(client.redeliver(key, ["nobody"])).rejects.toMatchObject({ problem: { status: 422 } });
  const endless = { project: PROJECT, jobId: job(null) };
  await client.watch({ jobId: endless.jobId });
  await client.stop(endless);
  expect((await client.status(endless)).state).toBe("stopped");
});
