import { fileURLToPath } from "node:url";
import { runCommand } from "../support/run-command.ts";
import { type ExamplesService, REASON_LINE, startExamplesService } from "./examples-service.ts";

const WATCH = fileURLToPath(new URL("../../examples/curl/watch.sh", import.meta.url));

let service: ExamplesService;
let issuer: ExamplesService["issuer"];
let fixture: ExamplesService["fixture"];
let env: ExamplesService["env"];

beforeAll(async () => {
  service = await startExamplesService();
  ({ issuer, fixture, env } = service);
});

afterAll(() => service.stop());

describe("curl/watch.sh", () => {
  const watch = (parameters: readonly string[], more = {}, stdin = "") =>
    runCommand("sh", [WATCH, ...parameters], { env: { ...env, ...more }, stdin });

  test("waits for a job and prints its state, and the reason of a failed job", async () => {
    const [good, bad] = await Promise.all([
      watch([service.addSucceedingJob()]),
      watch([service.addFailingJob()]),
    ]);
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
