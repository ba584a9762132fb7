import { readArguments } from "../../client/arguments.ts";

const read = (line: string, project?: string) => readArguments(line.split(" "), project);

test("reads the job IDs and all options of watch", () => {
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

test("reads the project from the argument, the option or the environment, in this order", () => {
  expect(read("status a prod/b --project test", "dev")).toMatchObject({
    watches: [
      { project: "test", jobId: "a" },
      { project: "prod", jobId: "b" },
    ],
  });
  expect(read("status a", "dev")).toMatchObject({ watches: [{ project: "dev", jobId: "a" }] });
});

test("reads the jobs of stop and redeliver", () => {
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

test("reads redeliver --since", () => {
  const missed = { kind: "redeliver_missed", target: "ops", since: "2026-11-23T09:00:00Z", json: false };
  expect(read("redeliver --target ops --since 2026-11-23T09:00:00Z")).toEqual({ ...missed, dryRun: false });
  expect(read("redeliver --target ops --since 2026-11-23T09:00:00Z --dry-run")).toEqual({
    ...missed,
    dryRun: true,
  });
});

test("reads the watches to restart from watch --again", () => {
  expect(read("watch a b a --again", "dev")).toMatchObject({
    again: [
      { project: "dev", jobId: "a" },
      { project: "dev", jobId: "b" },
    ],
    submission: { project: "dev", jobIds: ["a", "b", "a"] },
  });
});

test.each([
  ["", "the command is missing"],
  ["poll a", "unknown command 'poll'"],
  ["watch", "either job IDs or --reply"],
  ["watch a --reply f", "either job IDs or --reply"],
  ["watch --reply f --label a=b", "--label cannot be used with --reply"],
  ["watch --reply f --digest", "--digest cannot be used with --reply"],
  ["watch --reply f --again", "--again cannot be used with --reply"],
  ["watch a --again", "the project of 'a' is missing"],
  ["watch prod/a --again", "'prod/a' is not a job ID: name the project"],
  ["watch a --target x", "has no option --target"],
  ["watch a --color", "--color"],
  ["watch a --label env", "NAME=VALUE"],
  ["watch a --deadline-minutes soon", "a number greater than 0"],
  ["watch a --timeout-seconds 5", "needs --wait"],
  ["status a", "the project of 'a' is missing"],
  ["status prod/..", "not a job ID"],
  ["status p:d/a", "not a project name"],
  ["status a --digest", "has no option --digest"],
  ["stop", "give at least one job ID"],
  ["stop a", "the project of 'a' is missing"],
  ["stop p/a --wait", "has no option --wait"],
  ["redeliver", "give at least one job ID"],
  ["redeliver p/a p/b", "give one job ID"],
  ["redeliver p/a --dry-run", "--dry-run needs --since"],
  ["redeliver --since 2026-11-23T09:00:00Z", "--since needs one target"],
  ["redeliver --since 2026-11-23T09:00:00Z --target a,b", "--since needs one target"],
  ["redeliver p/a --since 2026-11-23T09:00:00Z --target a", "give either a job ID or --since"],
  ["redeliver p/a --notify x", "has no option --notify"],
  ["test", "give at least one target"],
  ["test x --wait", "has no option --wait"],
])("refuses '%s' with a sentence", (line, text) => {
  expect(line === "" ? readArguments([], undefined) : read(line)).toEqual({
    kind: "fault",
    detail: expect.stringContaining(text),
  });
});

test("recognizes --help and --version at any position", () => {
  for (const line of ["--help", "watch -h", "test --help x"]) expect(read(line)).toEqual({ kind: "help" });
  for (const line of ["--version", "watch --version"]) expect(read(line)).toEqual({ kind: "version" });
});
