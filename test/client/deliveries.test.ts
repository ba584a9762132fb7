import { forbidden } from "../../lib/api/problem-response.ts";
import { type DeliveryDocument, StatusDocument } from "../../lib/api/status-document.ts";
import schemaExamples from "../../lib/openapi/schema-examples.json" with { type: "json" };
import { runInProcess as run } from "../support/run-in-process.ts";

const PAGE = "https://n.example/jobs/prod/a?key=k";

const delivery = (
  target: string,
  state: DeliveryDocument["state"],
  lastStatus: number,
): DeliveryDocument => ({
  target,
  event: "job.succeeded",
  state,
  reason: lastStatus === 200 ? "ok" : "access_refused",
  attempts: 1,
  lastStatus,
  lastReason: lastStatus === 200 ? "ok" : "access_refused",
  at: null,
  nextAttemptAt: null,
  history: [],
});

/** A service whose job `a` ends at once. Each answer contains the next deliveries, and each later answer the last ones. */
function createAnswer(
  state: StatusDocument["state"],
  ...deliveries: readonly (readonly DeliveryDocument[])[]
) {
  let reads = 0;
  const accepted = {
    project: "prod",
    jobId: "a",
    status: "accepted",
    deadlineAt: null,
    statusUrl: null,
    pageUrl: PAGE,
  };
  return (requested: string) => {
    if (requested.startsWith("POST")) return { status: 202, body: { jobs: [accepted] } };
    const current = deliveries[Math.min(reads, deliveries.length - 1)] ?? [];
    reads += 1;
    const body: StatusDocument = {
      ...StatusDocument.parse(schemaExamples.StatusDocument),
      project: "prod",
      jobId: "a",
      state,
      done: true,
      type: null,
      resourceName: null,
      durationSeconds: 190,
      leafSubJobs: { total: 0, succeeded: 0, failed: 0, pending: 0 },
      deliveries: [...current],
    };
    return { status: 200, body };
  };
}

test("watch --wait ends with the duration, the page and what became of the notifications", async () => {
  const [before, after] = [delivery("ops", "pending", 503), delivery("ops", "delivered", 200)];
  const audit = delivery("audit", "delivered", 200);
  const ran = await run(
    ["watch", "a", "--wait"],
    createAnswer("succeeded", [audit, before], [audit, before], [audit, before], [audit, after]),
  );
  expect([ran.code, ran.stderr]).toEqual([0, ""]);
  expect(ran.stdout).toBe(
    [
      `prod/a: accepted, ${PAGE}`,
      "✔ prod/a: succeeded after 3 min 10 s",
      "prod/a:",
      `  page: ${PAGE}`,
      "  notified: audit, ops",
      "",
    ].join("\n"),
  );
  expect(ran.requests).toHaveLength(5);
});

test("status --wait prints the URL of the page of each ended job, with one call of the list for one submission", async () => {
  const answer = createAnswer("failed", []);
  const [listed] = schemaExamples.JobList.jobs;
  const list = {
    jobs: ["a", "b", "other"].map((jobId) => ({ ...listed, jobId, pageUrl: `${PAGE}/${jobId}` })),
    next: null,
  };
  const ran = await run(["status", "a", "b", "--wait"], (requested) => {
    if (requested.includes("/v1/jobs?")) return { status: 200, body: list };
    const { status, body } = answer(requested);
    return { status, body: { ...body, jobId: /prod\/(\w)/.exec(requested)?.[1] } };
  });
  expect([ran.code, ran.stderr]).toEqual([1, ""]);
  expect(ran.stdout.match(/ {2}page: .*/g)).toEqual([`  page: ${PAGE}/a`, `  page: ${PAGE}/b`]);
  expect(ran.requests.filter((requested) => requested.includes("/v1/jobs?"))).toHaveLength(1);
});

test("status --wait reads the pages of each submission, and no pages of running jobs", async () => {
  const answer = createAnswer("succeeded", [delivery("ops", "delivered", 200)]);
  const [listed] = schemaExamples.JobList.jobs;
  const times: Record<string, string> = {
    a: "2026-11-23T09:30:00.000Z",
    b: "2026-11-23T09:31:00.000Z",
    c: "2026-11-23T09:32:00.000Z",
  };
  const ran = await run(["status", "a", "b", "c", "--wait", "--timeout-seconds", "2"], (requested) => {
    const since = new URL(requested.replace("GET ", ""), PAGE).searchParams.get("since");
    if (since !== null) {
      const [jobId = ""] = Object.keys(times).filter((name) => times[name] === since);
      const pageUrl = jobId === "a" ? PAGE : null;
      return { status: 200, body: { jobs: [{ ...listed, jobId, pageUrl }], next: null } };
    }
    const jobId = /prod\/(\w)/.exec(requested)?.[1] ?? "";
    const { body } = answer(requested);
    const part = jobId === "c" ? { state: "watching", done: false, deliveries: [] } : {};
    return { status: 200, body: { ...body, jobId, acceptedAt: times[jobId], ...part } };
  });
  expect(ran.code).toBe(3);
  expect(ran.stdout.match(/^(prod\/.:$| {2}).*/gm)).toEqual([
    ...["prod/a:", `  page: ${PAGE}`, "  notified: ops"],
    ...["prod/b:", "  notified: ops"],
  ]);
  const lists = ran.requests.filter((requested) => requested.includes("since="));
  expect(lists.map((requested) => /since=(.*?)&/.exec(requested)?.[1])).toEqual(
    [times.a, times.b].map((time) => encodeURIComponent(time ?? "")),
  );
});

test("status --wait reads the pages of jobs of two projects that were submitted at the same time", async () => {
  const answer = createAnswer("succeeded", [delivery("ops", "delivered", 200)]);
  const [listed] = schemaExamples.JobList.jobs;
  const ran = await run(["status", "a", "dev/a", "--wait"], (requested) => {
    const listOf = /project=(\w+)/.exec(requested)?.[1];
    const job = { project: listOf ?? (requested.includes("/dev/") ? "dev" : "prod"), jobId: "a" };
    if (listOf === undefined) return { status: 200, body: { ...answer(requested).body, ...job } };
    return { status: 200, body: { jobs: [{ ...listed, ...job, pageUrl: `${PAGE}/${listOf}` }], next: null } };
  });
  expect([ran.code, ran.stderr]).toEqual([0, ""]);
  expect(ran.stdout.match(/^( {2}page: ).*/gm)).toEqual([`  page: ${PAGE}/prod`, `  page: ${PAGE}/dev`]);
});

test("status --wait ends without a page if the list of jobs cannot be read", async () => {
  const answer = createAnswer("succeeded", [delivery("ops", "delivered", 200)]);
  const ran = await run(["status", "a", "--wait"], (requested) =>
    requested.includes("/v1/jobs?") ? { status: 403, body: forbidden("read").problem } : answer(requested),
  );
  expect([ran.code, ran.stderr]).toEqual([0, ""]);
  expect(ran.stdout).toBe("✔ prod/a: succeeded after 3 min 10 s\nprod/a:\n  notified: ops\n");
});

test("status --wait does not wait for notifications of a stopped watch", async () => {
  const answer = createAnswer("stopped", [delivery("ops", "pending", 503)]);
  const ran = await run(["status", "a", "--wait"], answer);
  expect([ran.code, ran.stderr]).toEqual([3, ""]);
  expect(ran.stdout).toMatch(/^■ prod\/a: stopped\n/);
  expect(ran.stdout).not.toContain("notified");
  expect(ran.requests.filter((requested) => requested.includes("prod/a"))).toHaveLength(1);
});

test("a target that was not notified is a warning and exit status 5, if the job succeeded", async () => {
  const deliveries = [delivery("audit", "delivered", 200), delivery("ops", "rejected", 403)];
  for (const command of [
    ["watch", "a", "--wait"],
    ["status", "a", "--wait"],
    ["status", "a"],
  ]) {
    const ran = await run(command, createAnswer("succeeded", deliveries));
    expect([ran.code, ran.stderr]).toEqual([
      5,
      "cce-notifier: warning: prod/a: not notified: ops (rejected, access refused, HTTP 403)\n" +
        "  To send it again: cce-notifier redeliver prod/a --target ops\n",
    ]);
  }
  expect((await run(["status", "a"], createAnswer("failed", deliveries))).code).toBe(1);
  expect((await run(["status", "a"], createAnswer("lost", deliveries))).code).toBe(3);
});

test("the warning about a target that is switched off names the command that switches the target on", async () => {
  const deliveries = [
    delivery("ops", "gone", 404),
    delivery("callback:1a2b", "gone", 404),
    delivery("audit", "gone", 404),
  ];
  const ran = await run(["status", "a"], createAnswer("succeeded", deliveries));
  const failed = deliveries.map(({ target }) => `${target} (the target is gone, access refused, HTTP 404)`);
  expect(ran.stderr.split("\n")).toEqual([
    `cce-notifier: warning: prod/a: not notified: ${failed.join(", ")}`,
    "  To switch on what is switched off: cce-notifier test ops audit",
    "  To send it again: cce-notifier redeliver prod/a --target ops,callback:1a2b,audit",
    "",
  ]);
});

test.each([
  [[], 30],
  [["--timeout-seconds", "10"], 10],
])(
  "with the options %j, a notification that is still on its way after %i s is named, and is no fault",
  async (options, seconds) => {
    const startedMs = 1_000_000;
    let nowMs = startedMs;
    const clock = {
      now: () => nowMs,
      wait: async (ms: number) => {
        nowMs += ms;
      },
    };
    const answer = createAnswer("succeeded", [delivery("ops", "pending", 503)]);
    const ran = await run(["watch", "a", "--wait", ...options], answer, {}, clock);
    expect([ran.code, ran.stderr, nowMs - startedMs]).toEqual([0, "", seconds * 1000]);
    expect(ran.stdout).toContain(
      "  not notified yet: ops (1 attempt, access refused, HTTP 503). The service sends it again\n",
    );
  },
);

test("an outage while the command follows the notifications does not change the exit status", async () => {
  const answer = createAnswer("succeeded", [delivery("ops", "pending", 503)]);
  let calls = 0;
  const ran = await run(["status", "a", "--wait"], (requested) => {
    calls += 1;
    return calls > 2 ? undefined : answer(requested);
  });
  expect([ran.code, ran.stderr]).toEqual([0, ""]);
});

test("Ctrl-C says whether the jobs are submitted, and how to wait again", async () => {
  const described: string[] = [];
  let describe: () => string = () => "";
  const replaced = {
    onInterrupt: (text: () => string) => {
      describe = text;
    },
  };
  const answer = createAnswer(
    "succeeded",
    [delivery("ops", "pending", 503)],
    [delivery("ops", "delivered", 200)],
  );
  await run(
    ["watch", "a", "--wait"],
    (requested) => {
      described.push(describe());
      return answer(requested);
    },
    {},
    replaced,
  );
  expect(described).toEqual([
    "cce-notifier: interrupted: the service may watch the jobs already.\n  Run the same command again. A second submission of a job is harmless.\n",
    "cce-notifier: interrupted: the service continues to watch 1 job.\n  To wait again: cce-notifier status prod/a --wait\n",
    "cce-notifier: interrupted: the jobs have ended, and the service continues to send their notifications.\n  To wait again: cce-notifier status prod/a --wait\n",
  ]);
});
