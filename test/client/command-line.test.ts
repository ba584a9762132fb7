import { completionScript } from "../../client/completion.ts";
import { formatUsage, SHORT_USAGE, USAGE, VERSION } from "../../client/usage.ts";
import { nameNotFound, watchNotFound } from "../../lib/api/problem-response.ts";
import { StatusDocument } from "../../lib/api/status-document.ts";
import { Submission } from "../../lib/api/submission.ts";
import schemaExamples from "../../lib/openapi/schema-examples.json" with { type: "json" };
import { runInProcess as run } from "../support/run-in-process.ts";
import { type StubAnswer, startStubService } from "../support/stub-service.ts";

const example = StatusDocument.parse(schemaExamples.StatusDocument);
const REFUSED = {
  watch: watchNotFound({ project: "other", jobId: "nosuch" }),
  target: nameNotFound("target", "nope"),
};
const refusal = (what: keyof typeof REFUSED) => ({ status: 404, body: REFUSED[what].problem });
/** The line on stderr for a refused name, with the detail of the service. */
const errorLine = (name: string, what: keyof typeof REFUSED) =>
  `cce-notifier: ${name}: ${REFUSED[what].problem.detail}\n`;

/** Answers a GET of a job by its ID. */
const jobs =
  (states: Readonly<Record<string, StatusDocument["state"]>>) =>
  (requested: string): StubAnswer => {
    const [, project = "", jobId = ""] = /^GET \/v1\/jobs\/([^/]+)\/([^/?]+)/.exec(requested) ?? [];
    const state = states[jobId];
    if (state === undefined) return refusal("watch");
    return { status: 200, body: { ...example, project, jobId, state, done: state !== "watching" } };
  };

test.each([[[]], [["--json"]]])(
  "a command in a job's reason is printed without effect, options %j",
  async (options) => {
    const reason = "##[error]a ##vso[task.complete]b\u0085c";
    const status = { ...example, project: "prod", jobId: "a", state: "failed", done: true, reason };
    const ran = await run(["status", "a", ...options], () => ({ status: 200, body: status }));
    expect(ran.stdout).not.toMatch(/##\w*\[|\u0085/);
    if (options.length > 0) expect(JSON.parse(ran.stdout).jobs[0].reason).toBe(reason);
  },
);

describe("a refusal of one of several names", () => {
  const targets = (requested: string): StubAnswer | undefined => {
    const target = requested.split("/")[3] ?? "";
    if (target === "nope") return refusal("target");
    if (target === "down") return undefined;
    const verdict = target === "private" ? "rejected" : "delivered";
    return { status: 200, body: { target, verdict, status: 200, reason: "ok" } };
  };

  test("does not hide the results of the other targets", async () => {
    const ran = await run(["test", "deploys", "nope", "private"], targets);
    expect(ran).toMatchObject({
      code: 4,
      stdout: "✔ deploys: delivered (ok, HTTP 200)\n✖ private: rejected (ok, HTTP 200)\n",
      stderr: errorLine("nope", "target"),
    });
    expect((await run(["test", "deploys", "private"], targets)).code).toBe(1);
  });

  test("is part of the JSON document, like the names without a request after an outage", async () => {
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
    expect(ran.requests).toHaveLength(3);
    expect(ran.stderr.match(/cannot be reached/g)).toHaveLength(1);
  });

  test.each([[[]], [["--wait"]]])(
    "is printed for a job, next to the status of the other jobs, with the options %j",
    async (more) => {
      const answer = jobs({ a: "succeeded", b: "failed" });
      const ran = await run(["status", "a", "other/nosuch", "b", ...more], answer);
      expect([ran.code, ran.stderr]).toEqual([4, errorLine("other/nosuch", "watch")]);
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
    },
  );

  test("is part of the JSON document when the service becomes unreachable during the wait", async () => {
    const answer = (requested: string) =>
      requested.includes("/b") ? undefined : jobs({ a: "succeeded" })(requested);
    const ran = await run(["status", "a", "b", "c", "--wait", "--json"], answer);
    const { jobs: documents } = JSON.parse(ran.stdout);
    expect([ran.code, documents]).toMatchObject([
      4,
      [
        { jobId: "a", state: "succeeded" },
        { jobId: "b", error: {} },
        { jobId: "c", error: { status: 404 } },
      ],
    ]);
    expect(ran.stderr.match(/cannot be reached/g)).toHaveLength(1);
    expect(ran.stderr).not.toContain("ended after");
  });
});

test("a rejected job and a job that cannot be followed give the worse exit code and both errors", async () => {
  const answerFor = (jobId: string, status: string) => ({
    project: "prod",
    jobId,
    status,
    deadlineAt: null,
    statusUrl: null,
    pageUrl: null,
    ...(status === "rejected" ? { error: { ...refusal("watch").body, status: 422 } } : {}),
  });
  const body = { jobs: [answerFor("a", "rejected"), answerFor("b", "accepted")] };
  const watch = (read: (requested: string) => StubAnswer) =>
    run(["watch", "a", "b", "--wait", "--json"], (requested) =>
      requested.startsWith("POST") ? { status: 202, body } : read(requested),
    );
  expect((await watch(jobs({ b: "succeeded" }))).code).toBe(2);
  const ran = await watch(() => refusal("watch"));
  expect([ran.code, JSON.parse(ran.stdout)]).toMatchObject([
    4,
    { jobs: [{ error: { status: 422 } }, { status: "accepted", error: { status: 404 } }] },
  ]);
});

test.each([
  ["2026-11-23T09:28:00.000Z", "2 min 00 s"],
  ["2026-11-23T09:30:01.000Z", "0 s"],
  [null, "1 min 30 s"],
])(
  "status prints once, without a wait, how long a job that was created at %j has been running",
  async (createdAt, age) => {
    const [now, acceptedAt] = ["2026-11-23T09:30:00.000Z", "2026-11-23T09:28:30.000Z"];
    const body = {
      ...example,
      project: "prod",
      jobId: "a",
      state: "watching",
      done: false,
      phase: "Running",
      polls: 1,
      type: null,
      resourceName: null,
      job: null,
      expected: undefined,
      lastPollError: null,
      createdAt,
      acceptedAt,
      deliveries: [],
      leafSubJobs: { total: 0, succeeded: 0, failed: 0, pending: 0 },
    };
    const ran = await run(["status", "a"], () => ({ status: 200, body }), {}, { now: () => Date.parse(now) });
    expect(ran).toMatchObject({ code: 0, stderr: "", stdout: `… prod/a: running, ${age} elapsed\n` });
    expect(ran.requests).toEqual(["GET /v1/jobs/prod/a"]);
  },
);

test("a wait that is too long says how many jobs have not ended", async () => {
  const answer = jobs({ a: "succeeded", b: "watching" });
  const ran = await run(["status", "a", "b", "--wait", "--timeout-seconds", "2.5"], answer);
  expect([ran.code, ran.stderr]).toEqual([
    3,
    "cce-notifier: 1 job has not ended after 2.5 s. The service continues to watch.\n  To wait again: cce-notifier status prod/a prod/b --wait\n",
  ]);
});

test("a fault is printed with the value from the command line", async () => {
  const body = {
    type: "/docs#problem-invalid-request",
    title: "Invalid request",
    status: 422,
    detail: "No.",
    errors: [{ pointer: "#/jobIds/1", detail: "must be else" }],
  };
  const ran = await run(["watch", "a", "b c"], () => ({ status: 422, body }));
  expect([ran.code, ran.stderr]).toEqual([
    2,
    "cce-notifier: Invalid request: No.\n  'b c' (#/jobIds/1) must be else\n",
  ]);
});

test.each([
  ["a line break", "ab\ncd"],
  ["an ellipsis", "ccen_…"],
  ["only spaces", " \n"],
])("a token with %s is wrong usage, and no request is sent", async (_, token) => {
  const ran = await run(["status", "a"], jobs({}), { NOTIFIER_TOKEN: token });
  expect([ran.code, ran.stdout, ran.requests]).toEqual([2, "", []]);
  expect(ran.stderr).toContain("cce-notifier: NOTIFIER_TOKEN ");
  expect(ran.stderr).not.toMatch(/ab|cd|ccen/);
});

test.each([
  ["https://notifier.example/jobs?key=a", "must be the URL of the service without '?' and '#'"],
  ["https://notifier.example/#a", "must be the URL of the service without '?' and '#'"],
  ["https://user:secret@notifier.example", "must not contain a user name or a password"],
  ["https://user@notifier.example", "must not contain a user name or a password"],
  ["https://:secret@notifier.example", "must not contain a user name or a password"],
  ["notifier.example", "must be the URL of the service"],
  ["xhttps://notifier.example", "must be the URL of the service"],
  ["https", "must be the URL of the service"],
  ["http+x://notifier.example", "must be the URL of the service"],
])("the URL %s is wrong usage, and no request is sent", async (url, fault) => {
  const ran = await run(["status", "a"], jobs({}), { NOTIFIER_URL: url });
  expect([ran.code, ran.stdout, ran.requests]).toEqual([2, "", []]);
  expect(ran.stderr).toContain(`cce-notifier: NOTIFIER_URL ${fault}`);
  expect(ran.stderr).not.toContain("secret");
});

test("a proxy that the command cannot use is wrong usage, and no request is sent", async () => {
  const ran = await run(["status", "a"], jobs({}), { HTTPS_PROXY: "socks5://kim:hunter2@proxy" });
  expect([ran.code, ran.requests]).toEqual([2, []]);
  expect(ran.stderr).toContain("HTTPS_PROXY must be the URL of an HTTP proxy");
  expect(ran.stderr).not.toContain("hunter2");
});

test.each([
  ["redeliver --target ops --since 2026-11-23T09:00:00Z", "redeliver"],
  ["redeliver a", "redeliver"],
  ["status a", "status"],
])("wrong settings of '%s' refer to the help of the command", async (line, command) => {
  const ran = await run(line.split(" "), jobs({}), { NOTIFIER_TOKEN: "" });
  expect([ran.code, ran.stderr]).toEqual([
    2,
    `cce-notifier: NOTIFIER_TOKEN is not set\nFor help, run: cce-notifier help ${command}\n`,
  ]);
});

test.each([
  [{ NOTIFIER_URL: undefined }, "NOTIFIER_URL must be the URL of the service"],
  [{ NOTIFIER_TOKEN: undefined }, "NOTIFIER_TOKEN is not set"],
  [{ NOTIFIER_TOKEN: " " }, "NOTIFIER_TOKEN is not set"],
])("the missing setting %j is named", async (missing, fault) => {
  const ran = await run(["status", "a"], jobs({}), missing);
  expect([ran.code, ran.stderr.split("\n")[0], ran.requests]).toEqual([2, `cce-notifier: ${fault}`, []]);
});

test("without a token, a GitHub Actions job sends its identity token for the audience", async () => {
  const service = await startStubService(() => ({ status: 200, body: { value: "id-token" } }));
  const env = {
    NOTIFIER_TOKEN: undefined,
    NOTIFIER_AUDIENCE: "notifier",
    ACTIONS_ID_TOKEN_REQUEST_URL: `${service.url}/token?v=1`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "r",
  };
  try {
    const ran = await run(["status", "a"], jobs({ a: "succeeded" }), env);
    expect([ran.code, ran.stderr, ran.requests]).toEqual([0, "", ["GET /v1/jobs/prod/a"]]);
    expect(service.requests).toEqual(["GET /token?v=1&audience=notifier"]);
  } finally {
    await service.stop();
  }
});

test("an audience without the permission of a GitHub Actions job is named", async () => {
  const ran = await run(["status", "a"], jobs({}), { NOTIFIER_TOKEN: "", NOTIFIER_AUDIENCE: "notifier" });
  expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining("'id-token: write'")]);
});

test.each([
  [["a"], [], "0 of 1 job"],
  [["a", "b"], ["a"], "1 of 2 jobs"],
])("a response without a result for each of the jobs %j is an error", async (names, answered, counts) => {
  const results = answered.map((jobId) => ({
    project: "prod",
    jobId,
    status: "accepted",
    deadlineAt: null,
    statusUrl: null,
    pageUrl: null,
  }));
  const ran = await run(["watch", ...names], () => ({ status: 202, body: { jobs: results } }));
  expect([ran.code, ran.stderr]).toEqual([4, expect.stringContaining(`answered for ${counts}.`)]);
});

test.each([
  ["--version", `${VERSION}\n`],
  ["help", USAGE],
  ["--help", USAGE],
  ["help watch", formatUsage("watch")],
  ["watch --help", formatUsage("watch")],
  ["completion zsh", completionScript("zsh")],
])("%s needs no service", async (line, text) => {
  const ran = await run(line.split(" "), jobs({}), { NOTIFIER_URL: "", NOTIFIER_TOKEN: "" });
  expect(ran).toMatchObject({ code: 0, stdout: text, stderr: "", requests: [] });
});

test.each([
  ["", SHORT_USAGE],
  [
    "wach",
    "cce-notifier: unknown command 'wach'. Did you mean 'watch'?\nFor help, run: cce-notifier --help\n",
  ],
  ["status", expect.stringMatching(/^cce-notifier: .+\nFor help, run: cce-notifier help status\n$/)],
])("the wrong command line '%s' prints how to get help to stderr", async (line, text) => {
  const ran = await run(line === "" ? [] : line.split(" "), jobs({}));
  expect(ran).toMatchObject({ code: 2, stdout: "", stderr: text, requests: [] });
});

/** Runs `status a` on a terminal. */
async function runOnTerminal(options: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const written: string[] = [];
  const interrupts: (() => string)[] = [];
  const stdout = { write: (text: string) => written.push(text), isTTY: true, columns: 100 };
  const onInterrupt = (text: () => string) => interrupts.push(text);
  const ran = await run(["status", "a", ...options], jobs({ a: "succeeded" }), env, { stdout, onInterrupt });
  return { ...ran, stdout: written.join(""), interrupts: interrupts.map((text) => text()) };
}

test.each<readonly [string, readonly string[], Readonly<Record<string, string>>, boolean]>([
  ["on a terminal", [], {}, true],
  ["with --no-color", ["--no-color"], {}, false],
  ["with NO_COLOR", [], { NO_COLOR: "1" }, false],
  ["on a terminal without escape sequences", [], { TERM: "dumb" }, false],
])("the mark of a job has a colour or not %s", async (_, options, env, hasColour) => {
  const { stdout } = await runOnTerminal(options, env);
  expect(stdout.startsWith(hasColour ? "\u001b[32m✔\u001b[0m prod/a" : "✔ prod/a")).toBe(true);
});

test.each([
  [{}, "\n"],
  [{ TERM: "dumb" }, ""],
])(
  "the text after Ctrl-C starts in a line of its own on a terminal with the settings %j",
  async (env, start) => {
    const { interrupts } = await runOnTerminal(["--wait"], env);
    expect(interrupts).toEqual([expect.stringMatching(new RegExp(`^${start}cce-notifier: interrupted: `))]);
  },
);

describe("stop and redeliver", () => {
  test("stop prints every job, and an error for a job without a watch", async () => {
    const answer = (requested: string) => (requested.endsWith("/b") ? refusal("watch") : { status: 204 });
    const ran = await run(["stop", "a", "b", "other/c"], answer);
    expect(ran).toMatchObject({
      code: 4,
      stdout: "prod/a: no longer watched\nother/c: no longer watched\n",
      stderr: errorLine("prod/b", "watch"),
      requests: [
        ...["DELETE /v1/jobs/prod/a", "DELETE /v1/jobs/prod/b", "DELETE /v1/jobs/other/c"],
        "GET /v1/projects",
      ],
    });
    const json = await run(["stop", "a", "b", "--json"], answer);
    expect(JSON.parse(json.stdout)).toMatchObject({
      jobs: [
        { project: "prod", jobId: "a" },
        { project: "prod", jobId: "b", error: { status: 404 } },
      ],
    });
  });

  test("redeliver sends the given targets, or lets the service choose", async () => {
    const bodies: string[] = [];
    const answer = (_: string, body: string) => {
      bodies.push(body);
      const targets = bodies.length === 3 ? [] : [{ target: "deploys", status: "queued" }];
      return { status: 202, body: { project: "prod", jobId: "a", targets } };
    };
    const named = await run(["redeliver", "a", "--target", "deploys"], answer);
    const all = await run(["redeliver", "a", "--json"], answer);
    const none = await run(["redeliver", "a"], answer);
    expect(named).toMatchObject({
      code: 0,
      stdout: "prod/a:\n  ✔ deploys: the notification is queued again\n",
    });
    expect(JSON.parse(all.stdout)).toEqual({
      project: "prod",
      jobId: "a",
      targets: [{ target: "deploys", status: "queued" }],
    });
    expect(none.stdout).toContain("nothing to send");
    expect(bodies).toEqual(['{"targets":["deploys"]}', "{}", "{}"]);
    expect(named.requests).toEqual(["POST /v1/jobs/prod/a/redeliver"]);
  });

  test("redeliver says of each target what was queued, and how to switch a target on that is switched off", async () => {
    const targets = [
      { target: "audit", status: "queued" },
      { target: "deploys", status: "skipped", reason: "target_off" },
    ];
    const answer = () => ({ status: 202, body: { project: "prod", jobId: "a", targets } });
    const { code, stdout } = await run(["redeliver", "a"], answer);
    expect(code).toBe(1);
    expect(stdout).toBe(
      "prod/a:\n  ✔ audit: the notification is queued again\n  ✖ deploys: not queued: the target is switched off. To switch it on, run: cce-notifier test deploys\n",
    );
  });

  test("redeliver says to run the command again if the service queued no notification", async () => {
    const targets = [{ target: "ops", status: "skipped", reason: "not_queued" }];
    const ran = await run(["redeliver", "a"], () => ({
      status: 202,
      body: { project: "prod", jobId: "a", targets },
    }));
    expect([ran.code, ran.stdout]).toEqual([
      1,
      "prod/a:\n  ✖ ops: not queued: the service did not queue the notification. Run the command again\n",
    ]);
  });

  test("redeliver --since sends every page of what a target missed", async () => {
    const bodies: string[] = [];
    const pages = [
      { jobs: [{ project: "prod", jobId: "a", status: "queued" }], next: "abc" },
      { jobs: [{ project: "dev", jobId: "b", status: "queued" }], next: null },
    ];
    const { code, stdout, requests } = await run(
      ["redeliver", "--target", "ops", "--since", "2026-11-23T09:00:00Z"],
      (_, body) => {
        bodies.push(body);
        return { status: 202, body: pages[bodies.length - 1] ?? {} };
      },
    );
    expect([code, stdout]).toEqual([
      0,
      "prod/a: the notification is queued again\ndev/b: the notification is queued again\n",
    ]);
    expect(requests).toEqual(["POST /v1/targets/ops/redeliver", "POST /v1/targets/ops/redeliver?before=abc"]);
    expect(bodies.map((body) => JSON.parse(body))).toEqual([
      { since: "2026-11-23T09:00:00Z", dryRun: false },
      { since: "2026-11-23T09:00:00Z", dryRun: false },
    ]);
  });

  test("redeliver --since --dry-run sends nothing on any page", async () => {
    const dryRuns: unknown[] = [];
    const job = { project: "prod", jobId: "a", status: "missed" };
    const { code } = await run(
      ["redeliver", "--target", "ops", "--since", "2026-11-23T09:00:00Z", "--dry-run"],
      (_, body) => {
        dryRuns.push(JSON.parse(body).dryRun);
        return { status: 202, body: { jobs: [job], next: dryRuns.length < 3 ? "abc" : null } };
      },
    );
    expect([code, dryRuns]).toEqual([0, [true, true, true]]);
  });

  test("redeliver --since exits with 1 if the target is switched off, and with 0 if it missed nothing", async () => {
    const since = ["redeliver", "--target", "ops", "--since", "2026-11-23T09:00:00Z"];
    const skipped = { project: "prod", jobId: "a", status: "skipped", reason: "target_off" };
    const off = await run(since, () => ({ status: 202, body: { jobs: [skipped], next: null } }));
    expect(off).toMatchObject({ code: 1, stdout: expect.stringContaining("cce-notifier test ops") });
    const found = [
      { ...skipped, jobId: "b" },
      { project: "prod", jobId: "c", status: "missed" },
    ];
    const bodies: string[] = [];
    const dry = await run([...since, "--dry-run"], (_, body) => {
      bodies.push(body);
      return { status: 202, body: { jobs: found, next: null } };
    });
    expect(bodies.map((body) => JSON.parse(body))).toEqual([{ since: "2026-11-23T09:00:00Z", dryRun: true }]);
    expect(dry.stdout).toMatch(
      /^prod\/b: not queued\nprod\/c: missed\nops: not queued: the target is switched off/,
    );
    const json = await run([...since, "--json"], () => ({ status: 202, body: { jobs: found, next: null } }));
    expect(JSON.parse(json.stdout)).toEqual({ target: "ops", jobs: found });
    const nothing = await run([...since, "--dry-run"], () => ({
      status: 202,
      body: { jobs: [], next: null },
    }));
    expect(nothing).toMatchObject({ code: 0, stdout: "ops missed no notification\n" });
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
  /** A service that restarts a stopped watch. */
  function createAnswers() {
    const now: Record<string, StatusDocument["state"]> = { ...states };
    return (requested: string, body: string): StubAnswer => {
      const jobId = requested.split("/").at(-1) ?? "";
      if (requested.startsWith("GET")) return jobs(now)(requested);
      if (requested.startsWith("DELETE")) {
        now[jobId] = "stopped";
        return { status: 204 };
      }
      const { jobIds = [] } = Submission.parse(JSON.parse(body));
      const answers = jobIds.map((id) => ({
        project: "prod",
        jobId: id,
        deadlineAt: null,
        statusUrl: null,
        pageUrl: null,
        status: now[id] === undefined || now[id] === "stopped" ? "accepted" : "already_watching",
      }));
      return { status: 202, body: { jobs: answers } };
    };
  }

  test("restarts every watch but those whose job has succeeded or failed", async () => {
    const ran = await run(["watch", ...all, "--again"], createAnswers());
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    expect(ran.requests.filter((requested) => !requested.startsWith("GET"))).toEqual([
      ...["DELETE /v1/jobs/prod/late", "DELETE /v1/jobs/prod/gone", "DELETE /v1/jobs/prod/running"],
      "POST /v1/jobs",
    ]);
    expect(ran.stdout.split("\n")).toEqual([
      ...[
        "prod/good: not restarted, because the job has succeeded",
        "prod/bad: not restarted, because the job has failed",
      ],
      ...["late", "gone", "running"].map((jobId) => `prod/${jobId}: accepted`),
      ...["good", "bad"].map((jobId) => `prod/${jobId}: already watching`),
      ...["over", "new"].map((jobId) => `prod/${jobId}: accepted`),
      "",
    ]);
  });

  test("prints the stopped watches when the submission fails", async () => {
    const answers = createAnswers();
    const ran = await run(["watch", "running", "--again"], (requested, body) =>
      requested.startsWith("POST") ? { status: 403, body: { message: "no" } } : answers(requested, body),
    );
    expect([ran.code, ran.stderr.split("\n")]).toEqual([
      4,
      [
        "cce-notifier: these jobs are no longer watched, submit them again:",
        "  prod/running",
        "cce-notifier: HTTP 403: no",
        "",
      ],
    ]);
  });

  test.each([
    [404, "submits a job whose watch belongs to another caller", 0, ["POST /v1/jobs"]],
    [403, "submits no job when the service refuses to stop a watch", 4, []],
  ])("after a stop with the status %i, %s", async (status, _, code, submissions) => {
    const answers = createAnswers();
    const ran = await run(["watch", "running", "--again"], (requested, body) =>
      requested.startsWith("DELETE") ? { status, body: { message: "no" } } : answers(requested, body),
    );
    expect(ran.code).toBe(code);
    expect(ran.requests.filter((requested) => requested.startsWith("POST"))).toEqual(submissions);
    expect(ran.stderr).not.toContain("no longer watched");
  });

  test("stops no watch when a status cannot be read", async () => {
    const ran = await run(["watch", "a", "--again"], () => ({ status: 403, body: { message: "no" } }));
    expect([ran.code, ran.requests]).toEqual([4, ["GET /v1/jobs/prod/a", "GET /v1/projects"]]);
  });
});

describe("the command test", () => {
  const tested = (verdicts: Readonly<Record<string, string>>) => (requested: string) => {
    const target = /^POST \/v1\/targets\/([^/]+)\/test/.exec(requested)?.[1] ?? "";
    const isDelivered = verdicts[target] === "delivered";
    const [status, reason] = isDelivered ? [200, "ok"] : [503, "server_error"];
    return { status: 200, body: { target, verdict: verdicts[target], status, reason } };
  };

  it("ends with 0 if every target got the message, and marks each target", async () => {
    const ran = await run(
      ["test", "chat", "audit", "chat"],
      tested({ chat: "delivered", audit: "delivered" }),
    );
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/^✔ chat: delivered \(.+\)\n✔ audit: delivered \(.+\)\n$/);
    expect(ran.requests).toHaveLength(2);
  });

  it("ends with 1 if a target did not get the message", async () => {
    const ran = await run(["test", "chat", "audit"], tested({ chat: "retry", audit: "delivered" }));
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/^✖ chat: not delivered now, .+\n✔ audit: delivered \(.+\)\n$/);
  });

  it("says which targets refuse messages and which targets are gone", async () => {
    const ran = await run(["test", "chat", "audit"], tested({ chat: "rejected", audit: "gone" }));
    expect(ran.stdout).toMatch(/^✖ chat: rejected \(.+\n✖ audit: the target is gone \(.+\n$/);
  });
});

test("an unknown command is named, with a suggestion only if a command has a similar name", async () => {
  const stderrOf = async (name: string) => (await run([name], () => undefined)).stderr;
  expect(await stderrOf("xyzzyxyzzy")).toMatch(/^cce-notifier: unknown command 'xyzzyxyzzy'\n/);
  expect(await stderrOf("wach")).toMatch(/^cce-notifier: unknown command 'wach'. Did you mean 'watch'\?\n/);
});
