import { createScreen } from "../../client/screen.ts";
import { plain, reasonLines, statusLine } from "../../client/words.ts";
import { StatusDocument } from "../../lib/api/status-document.ts";
import { SCHEMA_EXAMPLES } from "../../lib/openapi/schema-examples.ts";

const status: StatusDocument = {
  ...StatusDocument.parse(SCHEMA_EXAMPLES.StatusDocument),
  project: "prod",
  jobId: "a",
  state: "failed",
  done: true,
  type: "CreateNode",
  resourceName: "n\u001b[2J",
  reason: "one\n::error::two\u202e",
  subJobs: { total: 3, succeeded: 1, failed: 1, pending: 1 },
  failures: [
    {
      path: ["CreateNode", "CreateNodeVM"],
      jobId: null,
      resourceName: "n-1",
      reason: "sold\nout",
      hint: "buy",
    },
  ],
};

test("a job's line says what it is, how it stands and how much has ended", () => {
  expect(statusLine({ ...status, resourceName: "n" })).toBe(
    "✖ prod/a CreateNode n: failed, 2 of 3 subjobs ended",
  );
  const running = { ...status, state: "watching", done: false, lastPollError: "no access" } as const;
  const progress = (polls: number, phase: string | null) =>
    statusLine({ ...running, phase, polls, type: null });
  expect(progress(0, null)).toContain("not looked at yet, 2 of 3 subjobs ended, no access");
  expect(progress(1, null)).toContain("no news after 1 poll, ");
  expect(progress(4, null)).toContain("no news after 4 polls, ");
  expect(progress(4, "Running")).toContain(": Running, ");
});

test("no foreign character steers a terminal, and no foreign line begins one of a log", () => {
  expect(statusLine(status)).toContain("n [2J");
  expect(reasonLines(status)).toEqual([
    ...["  | one", "  | ::error::two ", "  | CreateNode › CreateNodeVM n-1"],
    ...["  |   sold", "  |   out", "  |   hint: buy"],
  ]);
  expect(reasonLines({ ...status, state: "succeeded" })).toEqual([]);
  expect(plain("a\u0000b\u0085c\u2066d")).toBe("a b c d");
});

describe("the screen", () => {
  const screenOf = (isTTY: boolean) => {
    const written: string[] = [];
    const output = { write: (text: string) => written.push(text), isTTY, columns: 30 };
    // Both streams are one terminal.
    const errors = { write: (text: string) => written.push(`stderr: ${text}`) };
    return { written, screen: createScreen(output, errors) };
  };

  test("in a log prints a line for every change", () => {
    const { written, screen } = screenOf(false);
    for (const line of ["a 1", "a 1", "a 2"]) screen.show("a", line);
    screen.complain(["b: no\u001b[2J", "why"]);
    expect(written.join("")).toBe("a 1\na 2\nstderr: cce-notifier: b: no [2J\n  why\n");
  });

  test("on a terminal a complaint stands above the lines, which go on below it", () => {
    const { written, screen } = screenOf(true);
    screen.show("a", "a 1");
    screen.complain(["b: no"]);
    screen.show("a", "a 2");
    expect(written.slice(1)).toEqual([
      ...["\u001b[1A\u001b[0J", "stderr: cce-notifier: b: no\n", "a 1\n", "\u001b[1A\u001b[0Ja 2\n"],
    ]);
  });

  test("on a terminal changes each job's own line, which never wraps, and prints above them", () => {
    const { written, screen } = screenOf(true);
    screen.show("a", "a 1");
    screen.show("b", "b".repeat(100));
    screen.show("a", "a 2");
    screen.print(["done"]);
    const cut = "b".repeat(28);
    expect(written).toEqual([
      "a 1\n",
      `\u001b[1A\u001b[0Ja 1\n${cut}\n`,
      `\u001b[2A\u001b[0Ja 2\n${cut}\n`,
      `\u001b[2A\u001b[0Jdone\na 2\n${cut}\n`,
    ]);
  });
});
