import { readArguments } from "../../client/arguments.ts";

const read = (line: string, project?: string) => readArguments(line.split(" "), project);

test("watch takes job IDs and what goes with them", () => {
  expect(
    read(
      "watch a b --project prod --notify x,y --notify z --deadline-minutes 5 --digest --label env=prod=1 --wait --timeout-seconds 9",
    ),
  ).toEqual({
    kind: "watch",
    reply: null,
    again: [],
    wait: true,
    timeoutMs: 9000,
    json: false,
    submission: {
      jobIds: ["a", "b"],
      project: "prod",
      notify: ["x", "y", "z"],
      deadlineMinutes: 5,
      digest: true,
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

test("stop and redeliver name jobs as status does", () => {
  const [a, b] = [
    { project: "dev", jobId: "a" },
    { project: "prod", jobId: "b" },
  ];
  expect(read("stop a prod/b", "dev")).toEqual({ kind: "stop", watches: [a, b], json: false });
  expect(read("redeliver prod/b --target x,y --target z --json")).toEqual({
    kind: "redeliver",
    watch: b,
    targets: ["x", "y", "z"],
    json: true,
  });
  expect(read("redeliver a --project dev")).toMatchObject({ watch: a, targets: undefined });
});

test("watch --again knows whose jobs they are", () => {
  expect(read("watch a b a --again", "dev")).toMatchObject({
    again: [
      { project: "dev", jobId: "a" },
      { project: "dev", jobId: "b" },
    ],
    submission: { project: "dev", jobIds: ["a", "b", "a"] },
  });
});

test.each([
  ["", "a command is missing"],
  ["poll a", "no command 'poll'"],
  ["watch", "either job IDs or --reply"],
  ["watch a --reply f", "either job IDs or --reply"],
  ["watch --reply f --label a=b", "--label does not go with --reply"],
  ["watch --reply f --digest", "--digest does not go with --reply"],
  ["watch --reply f --again", "--again does not go with --reply"],
  ["watch a --again", "Name its project"],
  ["watch prod/a --again", "'prod/a' is no job ID; --project"],
  ["watch a --target x", "takes no --target"],
  ["watch a --color", "--color"],
  ["watch a --label env", "NAME=VALUE"],
  ["watch a --deadline-minutes soon", "a number above 0"],
  ["watch a --timeout-seconds 5", "goes with --wait"],
  ["status a", "Name its project"],
  ["status prod/..", "no job ID"],
  ["status p:d/a", "no project's name"],
  ["status a --digest", "takes no --digest"],
  ["stop", "name a job"],
  ["stop a", "Name its project"],
  ["stop p/a --wait", "takes no --wait"],
  ["redeliver", "name one job"],
  ["redeliver p/a p/b", "name one job"],
  ["redeliver p/a --notify x", "takes no --notify"],
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
  for (const line of ["--version", "watch --version"]) expect(read(line)).toEqual({ kind: "version" });
});
