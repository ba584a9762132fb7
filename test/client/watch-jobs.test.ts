import type { Environment } from "../../client/command-line.ts";
import { EXIT } from "../../client/exit-code.ts";
import { watchNotFound } from "../../lib/api/problem-response.ts";
import { type DeliveryDocument, StatusDocument } from "../../lib/api/status-document.ts";
import { jobIdFromTaskOrResourceIds, Operation } from "../../lib/domain/operation.ts";
import schemaExamples from "../../lib/openapi/schema-examples.json" with { type: "json" };
import { runInProcess as run } from "../support/run-in-process.ts";
import type { StubAnswer } from "../support/stub-service.ts";

const result = (jobId: string, part: object = {}) => ({
  project: "prod",
  jobId,
  status: "accepted",
  deadlineAt: null,
  statusUrl: `https://n.example/v1/jobs/prod/${jobId}`,
  pageUrl: null,
  ...part,
});
const rejected = (jobId: string, status: number) =>
  result(jobId, {
    status: "rejected",
    error: { type: "about:blank", title: "t", status, detail: "is malformed" },
  });
const statusOf = (jobId: string, part: Partial<StatusDocument> = {}) => ({
  ...StatusDocument.parse(schemaExamples.StatusDocument),
  project: "prod",
  jobId,
  state: "watching" as const,
  done: false,
  deliveries: [],
  ...part,
});

/** Answers a submission with results, and a query of a job with its status. */
const service =
  (jobs: readonly object[], status: (jobId: string) => StatusDocument = statusOf) =>
  (requested: string) =>
    requested.startsWith("POST")
      ? { status: 202, body: { jobs } }
      : { status: 200, body: status(/prod\/([^?]+)/.exec(requested)?.[1] ?? "") };

/** A terminal that collects what the command writes. */
function createTerminal() {
  const written: string[] = [];
  return { written, stream: { write: (text: string) => written.push(text), isTTY: true, columns: 100 } };
}

test("watch prints one line per job, with the page of the job or else the URL of its status", async () => {
  const jobs = [
    result("a", { pageUrl: "https://n.example/jobs/prod/a?key=k" }),
    result("b", { status: "already_watching" }),
    result("c", { statusUrl: null }),
  ];
  const { code, stdout } = await run(["watch", "a", "b", "c"], service(jobs));
  expect([code, stdout]).toEqual([
    EXIT.succeeded,
    [
      "prod/a: accepted, https://n.example/jobs/prod/a?key=k",
      "prod/b: already watching, https://n.example/v1/jobs/prod/b",
      "prod/c: accepted",
      "",
    ].join("\n"),
  ]);
});

test("watch without --wait says in a terminal how to wait for the accepted jobs", async () => {
  const terminal = createTerminal();
  await run(
    ["watch", "a", "b", "c"],
    service([result("a"), rejected("b", 422), result("c")]),
    {},
    {
      stdout: terminal.stream,
      stderr: createTerminal().stream,
    },
  );
  expect(terminal.written.join("")).toContain("To wait: cce-notifier status prod/a prod/c --wait");
  const none = createTerminal();
  await run(
    ["watch", "b"],
    service([rejected("b", 422)]),
    {},
    { stdout: none.stream, stderr: createTerminal().stream },
  );
  expect(none.written.join("")).not.toContain("To wait");
});

test.each([
  [[422], EXIT.usage],
  [[422, 503], EXIT.unreachable],
  [[503], EXIT.unreachable],
])("watch with a job that was rejected with %j has the exit code %i", async (statuses, expected) => {
  const jobs = [result("a"), ...statuses.map((status, i) => rejected(`r${i}`, status))];
  const { code, stdout } = await run(["watch", ...jobs.map(({ jobId }) => jobId)], service(jobs));
  expect(code).toBe(expected);
  expect(stdout).toContain("prod/r0: rejected, is malformed\n");
});

test("watch --reply sends the reply unchanged, and the options as query parameters", async () => {
  const bodies: string[] = [];
  const options =
    "--notify x,y --callback-url https://h.example/ --deadline-minutes 5 --until ready --ready-minutes 2 --actor kim --pipeline p --commit c0ffee";
  const reply = '{"jobID": "a"}';
  const { requests } = await run(
    ["watch", "--reply", "reply.json", ...options.split(" ")],
    (requested, body) => {
      bodies.push(body);
      return service([result("a")])(requested);
    },
    {},
    { readText: async () => reply },
  );
  const [requested = ""] = requests;
  expect(
    Object.fromEntries(new URL(requested.replace("POST ", ""), "https://n.example").searchParams),
  ).toEqual({
    from: "cce",
    project: "prod",
    notify: "x,y",
    callbackUrl: "https://h.example/",
    deadlineMinutes: "5",
    until: "ready",
    readyMinutes: "2",
    actor: "kim",
    pipeline: "p",
    commit: "c0ffee",
  });
  expect(bodies).toEqual([reply]);
});

test("watch --reply without options sends no further query parameters", async () => {
  const { requests } = await run(["watch", "--reply", "-"], service([result("a")]));
  expect(requests).toEqual(["POST /v1/jobs?from=cce&project=prod"]);
});

test("watch submits the jobs of each project in calls of at most 100 jobs, and prints them in their order", async () => {
  const names = Array.from({ length: 101 }, (_, i) => `j${i}`);
  const full = Array.from({ length: 100 }, (_, i) => `full/k${i}`);
  const bodies: { project: string; jobIds: string[] }[] = [];
  const { code, stdout } = await run(["watch", "other/a", ...names, ...full, "other/b"], (_, body) => {
    const { project, jobIds } = JSON.parse(body);
    bodies.push({ project, jobIds });
    return { status: 202, body: { jobs: jobIds.map((jobId: string) => result(jobId, { project })) } };
  });
  expect(bodies).toEqual([
    { project: "other", jobIds: ["a", "b"] },
    { project: "prod", jobIds: names.slice(0, 100) },
    { project: "prod", jobIds: ["j100"] },
    { project: "full", jobIds: full.map((name) => name.replace("full/", "")) },
  ]);
  expect([code, stdout.match(/^\S+(?=: accepted)/gm)]).toEqual([
    EXIT.succeeded,
    ["other/a", ...names.map((name) => `prod/${name}`), ...full, "other/b"],
  ]);
});

test("watch submits an operation, and with --again stops its watch before", async () => {
  const line = "watch --operation cluster_upgrade --cluster c-1 --task t-1";
  const operation = { kind: "cluster_upgrade", clusterId: "c-1", taskId: "t-1" };
  const sent: string[] = [];
  const answer = (requested: string, body: string) => {
    sent.push(`${requested} ${body}`.trim());
    return requested.startsWith("DELETE") ? { status: 204 } : service([result("x")])(requested);
  };
  expect(await run(line.split(" "), answer)).toMatchObject({ code: EXIT.succeeded, stderr: "" });
  const [submission = ""] = sent.splice(0);
  expect(submission).toMatch(/^POST \/v1\/jobs /);
  expect(JSON.parse(submission.replace("POST /v1/jobs ", ""))).toEqual({ project: "prod", operation });
  expect(await run([...line.split(" "), "--again"], answer)).toMatchObject({ code: EXIT.succeeded });
  const id = jobIdFromTaskOrResourceIds(Operation.parse(operation));
  expect(sent).toEqual([`GET /v1/jobs/prod/${id}`, `DELETE /v1/jobs/prod/${id}`, submission]);
});

test("watch --again goes on without the watch of another caller, which it cannot stop", async () => {
  const { code, stdout, stderr } = await run(["watch", "a", "--again"], (requested) =>
    requested.startsWith("DELETE")
      ? { status: 404, body: watchNotFound({ project: "prod", jobId: "a" }).problem }
      : service([result("a", { statusUrl: null })])(requested),
  );
  expect([code, stdout, stderr]).toEqual([EXIT.succeeded, "prod/a: accepted\n", ""]);
});

test("watch sends the context of the CI system, and an option overrides its field", async () => {
  const env = { GITLAB_CI: "true", GITLAB_USER_LOGIN: "kim", CI_COMMIT_SHA: "c0ffee" };
  const contexts: unknown[] = [];
  await run(
    ["watch", "a", "--commit", "beef", "--label", "team=x"],
    (requested, body) => {
      contexts.push(JSON.parse(body).context);
      return service([result("a")])(requested);
    },
    env,
  );
  expect(contexts).toEqual([{ actor: "kim", commit: "beef", labels: { team: "x" } }]);
});

test("watch fails if the service does not answer for each job", async () => {
  const { code, stderr } = await run(["watch", "a", "b"], service([result("a")]));
  expect(code).toBe(EXIT.unreachable);
  expect(stderr).toContain("The service answered for 1 of 2 jobs. Submit the jobs again, which is harmless.");
  const one = await run(["watch", "a"], service([]));
  expect(one.stderr).toContain("The service answered for 0 of 1 job.");
});

test.each([
  [["a"], "1 job has not ended after 5 s. The service continues to watch."],
  [["a", "b"], "2 jobs have not ended after 5 s. The service continues to watch."],
])(
  "watch --wait of %j says after the time limit what has not ended, and how to wait again",
  async (names, text) => {
    const jobs = names.map((name) => result(name));
    const { code, stderr } = await run(
      ["watch", ...names, "--wait", "--timeout-seconds", "5"],
      service(jobs),
    );
    expect(code).toBe(EXIT.undecided);
    expect(stderr).toContain(text);
    expect(stderr).toContain(
      `To wait again: cce-notifier status ${names.map((name) => `prod/${name}`).join(" ")} --wait`,
    );
  },
);

test.each([
  [["a"], "interrupted: the service continues to watch 1 job."],
  [["a", "b"], "interrupted: the service continues to watch 2 jobs."],
])("an interrupted watch --wait of %j says what goes on", async (names, text) => {
  const texts: string[] = [];
  await run(
    ["watch", ...names, "--wait", "--timeout-seconds", "5"],
    service(names.map((name) => result(name))),
    {},
    {
      onInterrupt: (describe) => {
        texts.push(describe?.() ?? "");
        return undefined;
      },
    },
  );
  expect(texts[0]).toContain("interrupted: the service may watch the jobs already.");
  expect(texts.join("")).toContain(text);
});

test("watch --wait of jobs that have succeeded has the exit code 0 and prints the page of each job", async () => {
  const jobs = ["a", "b"].map((name) =>
    result(name, { pageUrl: `https://n.example/jobs/prod/${name}?key=k` }),
  );
  const succeeded = (jobId: string) => statusOf(jobId, { state: "succeeded", done: true });
  const { code, stdout } = await run(["watch", "a", "b", "--wait"], service(jobs, succeeded));
  expect(code).toBe(EXIT.succeeded);
  for (const name of ["a", "b"])
    expect(stdout).toContain(`  page: https://n.example/jobs/prod/${name}?key=k`);
});

/**
 * Runs a command whose every request takes 27 s. The command calls its repeated function at the end of each request, as
 * it does every second. Returns also the interval of the repeated function, and how often it was stopped.
 */
async function runSlowly(
  argv: readonly string[],
  answer: (requested: string) => StubAnswer,
  replaced: Partial<Environment> = {},
  requestMs = 27_000,
) {
  let [nowMs, stops, everyMs] = [0, 0, 0];
  let tick = () => {};
  const ran = await run(
    argv,
    (requested) => {
      nowMs += requestMs;
      tick();
      return answer(requested);
    },
    {},
    {
      now: () => nowMs,
      wait: async (ms) => {
        nowMs += ms;
      },
      every: (ms, callback) => {
        [everyMs, tick] = [ms, callback];
        return () => {
          stops += 1;
          tick = () => {};
        };
      },
      ...replaced,
    },
  );
  return { ...ran, stops, everyMs, nowMs };
}

const REFUSAL = { status: 403, body: { message: "no" } };

test.each([
  ["watch a", "submitting 1 job"],
  ["watch a b", "submitting 2 jobs"],
  ["watch --reply -", "submitting the job in the reply"],
  ["watch --operation hibernate --cluster c", "submitting the operation"],
  ["status a --wait", "reading 1 job"],
  ["status a b --wait", "reading 2 jobs"],
])("the command '%s' says what it waits for while the service does not answer", async (line, activity) => {
  const { stdout, stops, everyMs } = await runSlowly(line.split(" "), () => REFUSAL, {}, 2000);
  expect(stdout.split("\n")[0]).toBe(`… ${activity}, 2 s elapsed`);
  expect([everyMs, stops]).toEqual([1000, 1]);
});

const PENDING: DeliveryDocument = {
  target: "ops",
  event: "job.succeeded",
  state: "pending",
  reason: "ok",
  attempts: 1,
  lastStatus: 503,
  lastReason: "server_error",
  at: null,
  nextAttemptAt: null,
  history: [],
};

test("watch --wait says in a log what it waits for: the submission, the jobs, the notifications", async () => {
  let reads = 0;
  const { code, stdout } = await runSlowly(
    ["watch", "a", "--wait"],
    service([result("a", { statusUrl: null })], (jobId) => {
      reads += 1;
      const deliveries = [reads === 1 ? PENDING : { ...PENDING, state: "delivered" as const }];
      return statusOf(jobId, { state: "succeeded", done: true, type: null, resourceName: null, deliveries });
    }),
  );
  expect(code).toBe(EXIT.succeeded);
  expect(stdout.replace(/succeeded.*/, "succeeded").split("\n")).toEqual([
    "… submitting 1 job, 27 s elapsed",
    "prod/a: accepted",
    "… reading 1 job, 54 s elapsed",
    "✔ prod/a: succeeded",
    "… waiting for the notifications, 1 min 21 s elapsed",
    "prod/a:",
    "  notified: ops",
    "",
  ]);
});

test("a failed wait leaves only the error on a terminal", async () => {
  const { written, stream } = createTerminal();
  const { code } = await runSlowly(["watch", "a", "--wait", "--no-color"], () => REFUSAL, {
    stdout: stream,
    stderr: { write: (text) => written.push(text) },
  });
  expect([code, written]).toEqual([
    EXIT.unreachable,
    ["… submitting 1 job, 27 s elapsed\n", "\r\u001b[1A\u001b[0J", "cce-notifier: HTTP 403: no\n"],
  ]);
});

test("watch accepts the result of a rejected job without an error", async () => {
  const { code, stdout } = await run(
    ["watch", "a"],
    service([result("a", { status: "rejected", statusUrl: null })]),
  );
  expect([code, stdout]).toEqual([EXIT.usage, "prod/a: rejected\n"]);
});

test("watch --wait does not mention notifications on a terminal if none is pending", async () => {
  const { written, stream } = createTerminal();
  const delivered = { ...PENDING, state: "delivered" } as const;
  const jobs = service([result("a")], (jobId) =>
    statusOf(jobId, { state: "succeeded", done: true, deliveries: [delivered] }),
  );
  expect((await runSlowly(["watch", "a", "--wait"], jobs, { stdout: stream })).code).toBe(EXIT.succeeded);
  expect(written.join("")).not.toContain("waiting for the notifications");
});

test("watch --wait does not wait for notifications after its time limit", async () => {
  const { written, stream } = createTerminal();
  const jobs = service([result("a"), result("b")], (jobId) =>
    jobId === "a"
      ? statusOf(jobId, { state: "succeeded", done: true, deliveries: [PENDING] })
      : statusOf(jobId),
  );
  const late = await runSlowly(["watch", "a", "b", "--wait", "--timeout-seconds", "5"], jobs, {
    stdout: stream,
  });
  expect(late.code).toBe(EXIT.undecided);
  expect(late.requests.filter((requested) => requested.startsWith("GET"))).toHaveLength(2);
  expect(written.join("")).not.toContain("waiting for the notifications");
});

test("a log of a wait contains no line of a job after the service has refused its status", async () => {
  let reads = 0;
  const { code, stdout } = await runSlowly(
    ["status", "a", "b", "--wait", "--timeout-seconds", "200"],
    (requested) => {
      if (requested.includes("prod/a")) reads += 1;
      return requested.includes("prod/a") && reads > 1
        ? REFUSAL
        : service([], (jobId) => statusOf(jobId, { jobId }))(requested);
    },
  );
  expect([code, reads]).toEqual([EXIT.unreachable, 2]);
  const lastLines = stdout.trimEnd().split("\n").slice(-3);
  for (const line of lastLines) expect(line).toMatch(/^… prod\/b /);
});
