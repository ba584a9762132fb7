import { createScreen } from "../../client/screen.ts";
import { WaitProgress } from "../../client/wait-progress.ts";
import { StatusDocument } from "../../lib/api/status-document.ts";
import schemaExamples from "../../lib/openapi/schema-examples.json" with { type: "json" };

const STARTED = Date.parse("2026-11-23T09:30:00.000Z");

function running(jobId: string, ended = 0): StatusDocument {
  return {
    ...StatusDocument.parse(schemaExamples.StatusDocument),
    project: "prod",
    jobId,
    state: "watching",
    done: false,
    phase: "Running",
    type: "CreateNode",
    resourceName: "node-7",
    job: null,
    leafSubJobs: { total: 3, succeeded: ended, failed: 0, pending: 3 - ended },
    createdAt: new Date(STARTED).toISOString(),
    expected: { p50Seconds: 420, p90Seconds: 540, fromJobs: 42, remainingSeconds: 300 },
  };
}

/** A progress with a clock of its own. `seconds` calls `tick` every second, as the command does. */
function createProgress(terminal: { columns: number; rows: number } | null) {
  let nowMs = STARTED;
  const written: string[] = [];
  const output = { write: (text: string) => written.push(text), isTTY: terminal !== null, ...terminal };
  const screen = createScreen(output, output, { isLive: terminal !== null, hasColours: false });
  const progress = new WaitProgress(
    screen,
    terminal === null ? null : output,
    () => nowMs,
    "submitting 1 job",
  );
  return {
    progress,
    seconds(count: number) {
      for (let i = 0; i < count; i += 1) {
        nowMs += 1000;
        progress.tick();
      }
    },
    milliseconds(count: number) {
      nowMs += count;
      progress.tick();
    },
    take: () => written.splice(0).join(""),
  };
}

test("a log says within 2 s what the command waits for, even if the service does not answer", () => {
  const { seconds, take } = createProgress(null);
  seconds(2);
  expect(take()).toBe("… submitting 1 job, 2 s elapsed\n");
  seconds(30);
  expect(take()).toBe("… submitting 1 job, 27 s elapsed\n");
});

test("a log contains each change at once, and a job without a change at least every 30 s", () => {
  const { progress, seconds, take } = createProgress(null);
  progress.onStatus(running("a"));
  expect(take()).toContain("… prod/a CreateNode node-7: running, 0 s elapsed, 0 of 3 subjobs ended, usually");
  seconds(10);
  progress.onStatus(running("a"));
  seconds(1);
  expect(take()).toBe("");
  progress.onStatus(running("a", 1));
  expect(take()).toContain("11 s elapsed, 1 of 3 subjobs ended");
  for (let i = 0; i < 4; i += 1) {
    seconds(30);
    expect(take()).toMatch(/min \d\d s elapsed|\d+ s elapsed/);
  }
});

test("polls without a change add no line to a log, and do not delay the line after 25 s", () => {
  const { progress, seconds, take } = createProgress(null);
  const expected = { p50Seconds: 420, p90Seconds: 540, fromJobs: 42 };
  progress.onStatus(running("a"));
  take();
  for (let i = 1; i <= 24; i += 1) {
    seconds(1);
    progress.onStatus({ ...running("a"), expected: { ...expected, remainingSeconds: 300 - 10 * i } });
  }
  expect(take()).toBe("");
  seconds(1);
  expect(take()).toMatch(/^… prod\/a CreateNode node-7: running, 25 s elapsed, .*\n$/);
});

test("the remaining time runs down between two answers of the service", () => {
  const { progress, seconds, take } = createProgress(null);
  progress.onStatus(running("a"));
  expect(take()).toContain("about 5 min remaining");
  seconds(26);
  seconds(26);
  seconds(26);
  seconds(26);
  expect(take()).toContain("about 3 min remaining");
});

test("a log of many jobs contains one line about all of them", () => {
  const { progress, seconds, take } = createProgress(null);
  for (let i = 0; i < 9; i += 1) progress.onStatus(running(`j${i}`));
  progress.onStatus({ ...running("j0"), done: true, state: "succeeded" });
  take();
  seconds(30);
  expect(take()).toBe("… 1 of 9 jobs ended, 25 s elapsed\n");
});

test.each([40, 80, 200])(
  "no line is wider than a terminal with %i columns, and no fact is lost",
  (columns) => {
    const { progress, seconds, take } = createProgress({ columns, rows: 24 });
    progress.onStatus(running("1e50bfbe-5b9e"));
    seconds(90);
    const last = take().split("\u001b[0J").at(-1) ?? "";
    expect(Math.max(...last.split("\n").map((line) => line.length))).toBeLessThan(columns);
    for (const fact of [
      "… CreateNode node-7: running",
      "prod/1e50bfbe-5b9e",
      "1 min 30 s elapsed",
      "0 of 3 subjobs",
    ])
      expect(last).toContain(fact);
  },
);

test("the lines of many jobs fit into the rows of the terminal", () => {
  const { progress, take } = createProgress({ columns: 80, rows: 10 });
  for (let i = 0; i < 30; i += 1) progress.onStatus(running(`j${i}`));
  const last = take().split("\u001b[0J").at(-1) ?? "";
  expect(last.trimEnd().split("\n")).toHaveLength(8);
  expect(last).toContain("… and 23 more jobs\n");
});

test("the lines that change in place are removed at the end, and the outcome stays", () => {
  const { progress, take } = createProgress({ columns: 80, rows: 24 });
  progress.onStatus(running("a"));
  take();
  progress.onStatus({ ...running("a"), done: true, state: "succeeded", durationSeconds: 5 });
  progress.end();
  expect(take()).toBe(
    "\r\u001b[2A\u001b[0J✔ prod/a CreateNode node-7: succeeded after 5 s, 0 of 3 subjobs ended\n",
  );
});

test.each([
  ["a log", null, "… submitting 1 job, 1 s elapsed\n"],
  ["a terminal", { columns: 80, rows: 24 }, "… submitting 1 job, 1 s elapsed\n"],
])("%s shows what the command waits for after 1.5 s, and not before", (_, terminal, line) => {
  const { milliseconds, take } = createProgress(terminal);
  milliseconds(1499);
  expect(take()).toBe("");
  milliseconds(1);
  expect(take()).toBe(line);
});

test("a terminal shows a new activity and the running job at once, and only in the lines that change in place", () => {
  const { progress, take } = createProgress({ columns: 200, rows: 24 });
  progress.setActivity("reading 1 job");
  expect(take()).toBe("… reading 1 job, 0 s elapsed\n");
  progress.onStatus(running("a"));
  expect(take()).toBe(
    "\r\u001b[1A\u001b[0J… CreateNode node-7: running, prod/a, 0 s elapsed, 0 of 3 subjobs ended, usually 7 min to 9 min (from 42 jobs), about 5 min remaining\n",
  );
});

test("a log shows a new activity after 25 s without another line, and nothing after the last job has ended", () => {
  const { progress, seconds, take } = createProgress(null);
  progress.print(["prod/a: accepted"]);
  progress.setActivity("reading 1 job");
  seconds(24);
  expect(take()).toBe("prod/a: accepted\n");
  seconds(1);
  expect(take()).toBe("… reading 1 job, 25 s elapsed\n");
  progress.onStatus({ ...running("a"), done: true, state: "succeeded" });
  take();
  seconds(60);
  expect(take()).toBe("");
});

test.each([
  [5, /^(… prod\/j\d CreateNode node-7: running, 25 s elapsed, .*\n){5}$/],
  [6, /^… 0 of 6 jobs ended, 25 s elapsed\n$/],
])(
  "after 25 s without a change, a log of %i running jobs has one line for each of up to five jobs",
  (count, lines) => {
    const { progress, seconds, take } = createProgress(null);
    for (let i = 0; i < count; i += 1) progress.onStatus(running(`j${i}`));
    take();
    seconds(25);
    expect(take()).toMatch(lines);
  },
);

test("a job that is no longer followed disappears at once, and all lines disappear at the end", () => {
  const { progress, seconds, take } = createProgress({ columns: 200, rows: 24 });
  progress.onStatus(running("a"));
  progress.onStatus(running("b"));
  take();
  progress.remove("prod/a");
  expect(take()).toMatch(/^\r\u001b\[2A\u001b\[0J… CreateNode node-7: running, prod\/b, .*\n$/);
  progress.end();
  expect(take()).toBe("\r\u001b[1A\u001b[0J");
  seconds(3);
  expect(take()).toBe("");
});

test("a running job without a type, a resource and a remaining time has only the known facts", () => {
  const { progress, take } = createProgress({ columns: 200, rows: 24 });
  const expected = { p50Seconds: 420, p90Seconds: 540, fromJobs: 42, remainingSeconds: null };
  progress.onStatus({ ...running("a"), type: null, resourceName: null, expected });
  progress.onStatus({ ...running("b"), type: null });
  const [first, second] = (take().split("\u001b[0J").at(-1) ?? "").split("\n");
  expect(first).toBe(
    "… running, prod/a, 0 s elapsed, 0 of 3 subjobs ended, usually 7 min to 9 min (from 42 jobs), longer than all of them",
  );
  expect(second).toMatch(/^… node-7: running, prod\/b, /);
});

test.each([
  [8, 8, /prod\/j7/],
  [9, 8, /\n… and 2 more jobs\n$/],
])("a terminal with 10 rows shows %i jobs in %i lines", (count, lines, last) => {
  const { progress, take } = createProgress({ columns: 200, rows: 10 });
  for (let i = 0; i < count; i += 1) progress.onStatus(running(`j${i}`));
  const text = take().split("\u001b[0J").at(-1) ?? "";
  expect(text.trimEnd().split("\n")).toHaveLength(lines);
  expect(text).toMatch(last);
});

test("a terminal without room for all facts shows the first line of each job, and how many jobs have ended", () => {
  const { progress, take } = createProgress({ columns: 40, rows: 10 });
  progress.onStatus({ ...running("over"), done: true, state: "succeeded" });
  for (const name of ["a", "b", "c"]) progress.onStatus(running(name));
  const text = take().split("\u001b[0J").at(-1) ?? "";
  expect(text.split("\n")).toEqual([
    ...["a", "b", "c"].map((name) => `… CreateNode node-7: running, prod/${name}`),
    "… 1 of 4 jobs ended, 0 s elapsed",
    "",
  ]);
});

test("a line fills all columns of a terminal but the last one, and further lines of a job have an indent", () => {
  const facts = ["… CreateNode node-7: running, prod/a", "0 s elapsed", "0 of 3 subjobs ended"];
  const wide = facts.join(", ");
  const linesWith = (columns: number) => {
    const { progress, take } = createProgress({ columns, rows: 24 });
    progress.onStatus(running("a"));
    return take().split("\n").slice(0, 2);
  };
  const more = "  usually 7 min to 9 min (from 42 jobs), about 5 min remaining";
  expect(linesWith(wide.length + 1)).toEqual([wide, more]);
  expect(linesWith(wide.length)).toEqual([facts.slice(0, 2).join(", "), `  ${facts[2]}`]);
});
