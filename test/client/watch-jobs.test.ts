import { EXIT } from "../../client/exit-code.ts";
import { StatusDocument } from "../../lib/api/status-document.ts";
import schemaExamples from "../../lib/openapi/schema-examples.json" with { type: "json" };
import { runInProcess as run } from "../support/run-in-process.ts";

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
