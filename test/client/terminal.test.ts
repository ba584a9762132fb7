import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import {
  colourMark,
  colourText,
  columnsOf,
  countColumns,
  createLiveLines,
  hasColour,
  isTerminal,
  rowsOf,
} from "../../client/terminal.ts";
import { StatusDocument } from "../../lib/api/status-document.ts";
import schemaExamples from "../../lib/openapi/schema-examples.json" with { type: "json" };
import { runCommand } from "../support/run-command.ts";
import { type StubService, startStubService } from "../support/stub-service.ts";
import { CTRL_C, startInTerminal, type TerminalProgram } from "../support/terminal.ts";

const COMMAND = fileURLToPath(new URL("../../client/bin.mjs", import.meta.url));
const JOB_ID = "1e50bfbe-5b9e-11ef-8f52-0255ac10003e";
const PAGE = `https://n.example/jobs/prod/${JOB_ID}?key=k`;

let service: StubService;
let isDone = false;
let programs: TerminalProgram[] = [];

beforeEach(async () => {
  isDone = false;
  const startedAt = new Date().toISOString();
  const example = StatusDocument.parse(schemaExamples.StatusDocument);
  service = await startStubService((requested) => {
    const job = {
      project: "prod",
      jobId: JOB_ID,
      status: "accepted",
      deadlineAt: null,
      statusUrl: null,
      pageUrl: PAGE,
    };
    if (requested.startsWith("POST")) return { status: 202, body: { jobs: [job] } };
    const status: StatusDocument = {
      ...example,
      project: "prod",
      jobId: JOB_ID,
      state: isDone ? "succeeded" : "watching",
      done: isDone,
      phase: "Running",
      type: "CreateNode",
      resourceName: "node-7",
      durationSeconds: isDone ? 95 : null,
      createdAt: startedAt,
      deliveries: [],
    };
    return { status: 200, body: status };
  });
});
afterEach(async () => {
  for (const program of programs) program.kill();
  programs = [];
  await service.stop();
});

const environment = () => ({ NOTIFIER_URL: service.url, NOTIFIER_TOKEN: "t", NOTIFIER_PROJECT: "prod" });

function start(columns: number, line: string, env: Readonly<Record<string, string>> = {}): TerminalProgram {
  const program = startInTerminal([COMMAND, ...line.split(" ")], {
    columns,
    env: { ...environment(), ...env },
  });
  programs.push(program);
  return program;
}

test.each([80, 40])(
  "in a terminal with %i columns, a wait shows the running job in place, and then the outcome",
  async (columns) => {
    const program = start(columns, `watch ${JOB_ID} --wait`);
    await program.shows(/… CreateNode node-7: running/);
    await program.shows(/[1-9]\d? s elapsed/);
    isDone = true;
    expect(await program.ended).toEqual({ exitCode: 0, signal: 0 });
    const text = program.lines().join("\n");
    expect(text).not.toContain("elapsed");
    // The terminal wraps long lines.
    expect(program.lines().join("")).toContain(
      `✔ prod/${JOB_ID} CreateNode node-7: succeeded after 1 min 35 s`,
    );
    expect(program.lines().join("")).toContain(`page: ${PAGE}`);
    expect(program.written()).toContain("\u001b[32m✔\u001b[0m");
  },
);

test("Ctrl-C ends a wait by its signal, and the terminal shows how to wait again", async () => {
  const program = start(80, `watch ${JOB_ID} --wait`);
  // The line about the submission also shows the elapsed time, so the test waits for the line of the job.
  await program.shows(/CreateNode node-7: running/);
  program.type(CTRL_C);
  expect((await program.ended).signal).toBe(constants.signals.SIGINT);
  const text = program.lines().join("\n");
  expect(text).toContain("cce-notifier: interrupted: the service continues to watch 1 job.\n");
  expect(program.lines().join("")).toContain(`To wait again: cce-notifier status prod/${JOB_ID} --wait`);
  expect(text.match(/CreateNode/g)).toHaveLength(1);
  expect(text).not.toMatch(/ at |node:/);
});

test("with NO_COLOR, a terminal shows the same text without colours", async () => {
  isDone = true;
  const program = start(80, `status ${JOB_ID}`, { NO_COLOR: "1" });
  expect(await program.ended).toMatchObject({ exitCode: 0 });
  expect(program.written()).not.toContain("\u001b[");
  expect(program.lines()[0]).toContain("✔ prod/");
});

test("in a terminal, --reply - does not wait for somebody to type", async () => {
  const program = start(80, "watch --reply -");
  expect(await program.ended).toMatchObject({ exitCode: 2 });
  expect(program.lines().join("")).toContain("create-cluster.sh | cce-notifier watch --reply -");
});

test("a program that reads only the first line of the output ends nothing with an error", async () => {
  isDone = true;
  const line = `'${process.execPath}' '${COMMAND}' status ${`prod/${JOB_ID} `.repeat(3)} | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const ran = await runCommand("bash", ["--norc", "-c", line], { env: environment() });
  expect(ran.stderr).toBe("");
  expect(ran.stdout).toMatch(/^✔ prod[^\n]*\n0\n$/);
});

test.each([
  ["watch --reply /no/such/file", "the file '/no/such/file' does not exist"],
  ["watch --reply /", "the file '/' is a folder"],
  [`status ${JOB_ID}x --json --nope`, "unknown option '--nope'"],
])("an error of '%s' is a sentence without a stack trace", async (line, text) => {
  const ran = await runCommand(process.execPath, [COMMAND, ...line.split(" ")], { env: environment() });
  expect([ran.code, ran.stdout, ran.stderr]).toEqual([2, "", expect.stringContaining(text)]);
  expect(ran.stderr).not.toMatch(/ENOENT|EISDIR|ERR_|\n +at /);
});

describe("an output", () => {
  const output = (part: object = {}) => ({ write: () => undefined, ...part });

  it.each([
    [{ isTTY: true }, {}, true, true],
    [{ isTTY: true }, { TERM: "xterm", NO_COLOR: "" }, true, true],
    [{ isTTY: true }, { NO_COLOR: "1" }, true, false],
    [{ isTTY: true }, { TERM: "dumb" }, false, false],
    [{ isTTY: false }, {}, false, false],
    [{}, {}, false, false],
  ])("%j with the environment %j is a terminal: %s, with colours: %s", (part, env, terminal, colours) => {
    expect([isTerminal(output(part), env), hasColour(output(part), env)]).toEqual([terminal, colours]);
  });

  it("without a known size has 80 columns and 24 rows, and no line uses the last column", () => {
    expect([
      columnsOf(output({ columns: 100 })),
      columnsOf(output()),
      columnsOf(output({ columns: 0 })),
    ]).toEqual([99, 79, 79]);
    expect([rowsOf(output({ rows: 50 })), rowsOf(output()), rowsOf(output({ rows: 0 }))]).toEqual([
      50, 24, 24,
    ]);
  });

  it("gets the escape sequences of a colour only around the mark of a line", () => {
    expect(colourText("x", "bold")).toBe("\u001b[1mx\u001b[0m");
    expect(colourText("x", "red")).toBe("\u001b[31mx\u001b[0m");
    expect(colourMark("✔ succeeded")).toBe("\u001b[32m✔\u001b[0m succeeded");
    for (const line of ["✔succeeded", "x line", ""]) expect(colourMark(line)).toBe(line);
  });

  it("counts a wide character as two columns", () => {
    expect(["", "ab", "节点", "a节"].map(countColumns)).toEqual([0, 2, 4, 3]);
  });

  it("gets live lines again only if they have changed", () => {
    const written: string[] = [];
    const lines = createLiveLines(
      { write: (text: string) => written.push(text), isTTY: true, columns: 80 },
      (line) => line,
    );
    const next = () => written.splice(0).join("");
    lines.update(["a", "b"]);
    expect(next()).toBe("a\nb\n");
    lines.update(["a", "b"]);
    expect(next()).toBe("");
    lines.update(["a", "c"]);
    expect(next()).toBe("\r\u001b[2A\u001b[0Ja\nc\n");
    lines.print("above\n");
    expect(next()).toBe("\r\u001b[2A\u001b[0Jabove\na\nc\n");
    lines.update(["a"]);
    expect(next()).toBe("\r\u001b[2A\u001b[0Ja\n");
    lines.end();
    lines.print("below\n");
    expect(next()).toBe("below\n");
  });
});
