import { parseArguments } from "../../client/arguments.ts";
import { isCommandName } from "../../client/command-table.ts";

const read = (line: string, project?: string) => parseArguments(line.split(" "), project);

test("reads the job IDs and all options of watch", () => {
  expect(
    read(
      "watch a b --project prod --notify x,y --notify z --deadline-minutes 5 --digest --label env=prod=1 --wait --timeout-seconds 9",
    ),
  ).toEqual({
    kind: "watch",
    reply: null,
    named: { operation: undefined, clusterId: undefined },
    again: false,
    wait: true,
    timeoutMs: 9000,
    json: false,
    noColor: false,
    jobs: [
      { project: "prod", jobId: "a" },
      { project: "prod", jobId: "b" },
    ],
    context: { labels: { env: "prod=1" } },
    submission: {
      project: "prod",
      notify: ["x", "y", "z"],
      deadlineMinutes: 5,
      digest: true,
    },
  });
  expect(read("watch a")).toMatchObject({
    timeoutMs: Number.POSITIVE_INFINITY,
    jobs: [{ project: undefined, jobId: "a" }],
  });
});

test("reads the project from the argument, the option or the environment, in this order", () => {
  expect(read("status a prod/b --project test", "dev")).toMatchObject({
    jobs: [
      { project: "test", jobId: "a" },
      { project: "prod", jobId: "b" },
    ],
  });
  expect(read("status a", "dev")).toMatchObject({ jobs: [{ project: "dev", jobId: "a" }] });
});

test("reads the jobs of stop and redeliver", () => {
  const [a, b] = [
    { project: "dev", jobId: "a" },
    { project: "prod", jobId: "b" },
  ];
  expect(read("stop a prod/b", "dev")).toEqual({ kind: "stop", jobs: [a, b], json: false, noColor: false });
  expect(read("redeliver prod/b --target x,y --target z --json")).toEqual({
    kind: "redeliver",
    job: b,
    targets: ["x", "y", "z"],
    json: true,
    noColor: false,
  });
  expect(read("redeliver a --project dev")).toMatchObject({ job: a, targets: undefined });
});

test("reads redeliver --since", () => {
  const missed = {
    kind: "redeliver_missed",
    target: "ops",
    since: "2026-11-23T09:00:00Z",
    json: false,
    noColor: false,
  };
  expect(read("redeliver --target ops --since 2026-11-23T09:00:00Z")).toEqual({ ...missed, dryRun: false });
  expect(read("redeliver --target ops --since 2026-11-23T09:00:00Z --dry-run")).toEqual({
    ...missed,
    dryRun: true,
  });
});

test("reads the options that describe the pipeline run", () => {
  const line = "watch a --actor kim --pipeline deploy --run-url https://ci.example/1 --commit 0a1b";
  expect(read(line)).toMatchObject({
    context: { actor: "kim", pipeline: "deploy", runUrl: "https://ci.example/1", commit: "0a1b" },
  });
});

test("reads the callback URL of watch", () => {
  expect(read("watch a --callback-url https://hooks.example/1")).toMatchObject({
    submission: { callbackUrl: "https://hooks.example/1" },
  });
});

test("reads until when watch follows a job", () => {
  expect(read("watch a --until ready --ready-minutes 7.5")).toMatchObject({
    submission: { until: "ready", readyMinutes: 7.5, deadlineMinutes: undefined },
  });
});

test.each(["bash", "zsh", "fish"])("reads the shell %s of completion", (shell) => {
  expect(read(`completion ${shell}`)).toEqual({ kind: "completion", shell });
});

test("reads jobs of several projects from watch", () => {
  expect(read("watch a prod/b --again", "dev")).toMatchObject({
    again: true,
    jobs: [
      { project: "dev", jobId: "a" },
      { project: "prod", jobId: "b" },
    ],
  });
});

test("reads the filters of list as fields of the query", () => {
  const line =
    "list --state failed,lost --state stopped --label team=a:b --actor kim --since 2026-11-23 --limit 5";
  expect(read(line, "dev")).toMatchObject({
    kind: "list",
    limit: 5,
    query: [
      ["project", "dev"],
      ["state", "failed,lost,stopped"],
      ["label", "team:a:b"],
      ["actor", "kim"],
      ["since", "2026-11-23"],
    ],
  });
  expect(read("list")).toMatchObject({ limit: 20, query: [] });
});

test("an option may stand anywhere, and its value may follow '='", () => {
  const expected = read("status a --project prod --wait");
  for (const line of ["--wait --project=prod status a", "status --wait a --project prod"])
    expect(read(line)).toEqual(expected);
  expect(read("status --project prod -- a")).toMatchObject({ jobs: [{ project: "prod", jobId: "a" }] });
});

test.each([
  ["", "the command is missing"],
  ["poll a", "unknown command 'poll'"],
  ["watch", "either job IDs, --operation or --reply"],
  ["watch a --reply f", "either job IDs, --operation or --reply"],
  ["watch --reply f --label a=b", "--label cannot be used with --reply"],
  ["watch --reply f --digest", "--digest cannot be used with --reply"],
  ["watch --reply f --again", "--again cannot be used with --reply"],
  ["watch p/a q/b --digest", "--digest needs jobs of one project"],
  ["watch p/a/b", "'p/a/b' is not a job ID"],
  ["watch a --target x", "has no option --target"],
  ["watch a --colour", "unknown option '--colour'"],
  ["watch a --wiat", "Did you mean --wait?"],
  ["wathc a", "unknown command 'wathc'. Did you mean 'watch'?"],
  ["watch a -w", "unknown option '-w'"],
  ["watch a --wait=yes", "--wait takes no value"],
  ["watch a --project", "--project needs a value: --project NAME"],
  ["watch a --project --wait", "--project needs a value: --project NAME"],
  ["watch a --project p --project q", "--project may be given only once"],
  ["watch a --notify=", "--notify needs a value, and the given value is empty: --notify NAME[,NAME…]"],
  ["watch a --actor=", "--actor needs a value, and the given value is empty: --actor NAME"],
  ["watch a --notify x,,y", "--notify has an empty name in its list"],
  ["watch a --label a=1 --label b=2 --label a=1", "--label may give 'a' only once"],
  [`watch a --deadline-minutes ${"9".repeat(400)}`, "a number greater than 0"],
  ["list --since=", "--since needs a value, and the given value is empty: --since TIME"],
  ["test ops/x", "'ops/x' is not a target name"],
  ["redeliver --target ops/x --since 2026-11-23T09:00:00Z", "'ops/x' is not a target name"],
  ["redeliver a --target ,", "--target has an empty name in its list"],
  ["list a", "'list' takes no argument 'a'"],
  ["list --state broken", "unknown state 'broken'. States: watching, "],
  ["list --limit 1.5", "a whole number"],
  ["open", "give at least one job ID"],
  ["completion csh", "bash, zsh or fish"],
  ["completion", "bash, zsh or fish"],
  ["completion bash zsh", "bash, zsh or fish"],
  ["help watch list", "give one command"],
  ["watch a --until done", "--until must be ready"],
  ["completion bash --json", "has no option --json"],
  ["help nothing", "unknown command 'nothing'"],
  ["watch a --label env", "NAME=VALUE"],
  ["watch a --label =x=y", "NAME=VALUE"],
  ["watch a --deadline-minutes soon", "a number greater than 0"],
  ["watch a --timeout-seconds 5", "needs --wait"],
  ["status prod/..", "not a job ID"],
  ["status p:d/a", "not a project name"],
  ["status a --digest", "has no option --digest"],
  ["stop", "give at least one job ID"],
  ["stop p/a --wait", "has no option --wait"],
  ["redeliver", "give one job ID, or --target NAME and --since TIME"],
  ["redeliver --target ops", "give one job ID, or --target NAME and --since TIME"],
  ["redeliver p/a p/b", "give one job ID"],
  ["redeliver p/a --dry-run", "--dry-run needs --since"],
  ["redeliver --since 2026-11-23T09:00:00Z", "--since needs one target"],
  ["redeliver --since 2026-11-23T09:00:00Z --target a,b", "--since needs one target"],
  ["redeliver --project p --since 2026-11-23T09:00:00Z --target a", "--project cannot be used with --since"],
  ["redeliver p/a --since 2026-11-23T09:00:00Z --target a", "give either a job ID or --since"],
  ["redeliver p/a --notify x", "has no option --notify"],
  ["test", "give at least one target"],
  ["test x --wait", "has no option --wait"],
])("refuses '%s' with a sentence", (line, text) => {
  expect(line === "" ? parseArguments([], undefined) : read(line)).toEqual({
    kind: "fault",
    detail: expect.stringContaining(text),
    command: line.split(" ").find(isCommandName) ?? null,
  });
});

test("recognizes --help and --version at any position, and the command of --help", () => {
  expect(read("--help")).toEqual({ kind: "help", command: null });
  for (const line of ["watch -h", "watch --help x", "--help watch --wait", "help watch"])
    expect(read(line)).toEqual({ kind: "help", command: "watch" });
  for (const line of ["--version", "watch --version"]) expect(read(line)).toEqual({ kind: "version" });
});

test("reads an operation that has no job", () => {
  const operation = { kind: "addon", clusterId: "c", addonId: "a", action: "delete" };
  const line = "watch --operation addon --cluster c --addon a --action delete --project prod --again";
  expect(read(line)).toMatchObject({
    reply: null,
    jobs: [],
    again: true,
    submission: { operation, project: "prod" },
  });
  expect(read("watch --reply - --operation hibernate --cluster c")).toMatchObject({
    reply: "-",
    named: { operation: "hibernate", clusterId: "c" },
    submission: { operation: undefined },
  });
});

test.each([
  ["watch --operation addon --cluster c", "--addon is missing. The kind 'addon' needs it."],
  ["watch --operation awake", "--cluster is missing"],
  [
    "watch --operation restart --cluster c",
    expect.stringMatching(/^--operation must be one of 'cluster_upgrade', /),
  ],
  ["watch --operation awake --cluster c --task t", "--task does not belong to the kind 'awake'"],
  ["watch a --operation awake --cluster c", "give either job IDs, --operation or --reply"],
  ["watch --reply - --node-pool n", "--node-pool cannot be used with --reply: give job IDs instead"],
])("refuses %j", (line, detail) => {
  expect(read(line)).toEqual({ kind: "fault", detail, command: "watch" });
});
