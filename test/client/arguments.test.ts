import { readArguments } from "../../client/arguments.ts";

const read = (line: string, project?: string) => readArguments(line.split(" "), project);

test("watch takes job IDs and what goes with them", () => {
  expect(
    read(
      "watch a b --project prod --notify x,y --notify z --deadline-minutes 5 --digest --label env=prod=1 --wait --timeout-seconds 9",
    ),
  ).toEqual({
    ...{ kind: "watch", reply: null, wait: true, timeoutMs: 9000, json: false },
    submission: {
      ...{ jobIds: ["a", "b"], project: "prod", notify: ["x", "y", "z"], deadlineMinutes: 5, digest: true },
      context: { labels: { env: "prod=1" } },
    },
  });
  expect(read("watch a")).toMatchObject({
    timeoutMs: Number.POSITIVE_INFINITY,
    submission: { jobIds: ["a"] },
  });
});

test("status finds the project in the name, the option or the environment, in this order", () => {
  expect(read("status a prod/b --project test", "dev")).toMatchObject({
    watches: [
      { project: "test", jobId: "a" },
      { project: "prod", jobId: "b" },
    ],
  });
  expect(read("status a", "dev")).toMatchObject({ watches: [{ project: "dev", jobId: "a" }] });
});

test.each([
  ["", "a command is missing"],
  ["look a", "no command 'look'"],
  ["watch", "either job IDs or --reply"],
  ["watch a --reply f", "either job IDs or --reply"],
  ["watch a --color", "--color"],
  ["watch a --label env", "NAME=VALUE"],
  ["watch a --deadline-minutes soon", "a number above 0"],
  ["watch a --timeout-seconds 5", "goes with --wait"],
  ["status a", "Name its project"],
  ["status prod/..", "no job ID"],
  ["status p:d/a", "no project's name"],
  ["status a --digest", "takes no --digest"],
  ["test", "name a target"],
  ["test x --wait", "takes no --wait"],
])("'%s' is refused in words", (line, words) => {
  expect(line === "" ? readArguments([], undefined) : read(line)).toEqual({
    kind: "fault",
    detail: expect.stringContaining(words),
  });
});

test("help is help, wherever it stands", () => {
  for (const line of ["--help", "watch -h", "test --help x"]) expect(read(line)).toEqual({ kind: "help" });
});
