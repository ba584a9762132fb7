import type { ServiceCommand } from "../../client/command.ts";
import { readUnusableNameLines } from "../../client/unusable-names.ts";

const PROJECTS = ["prod", "stage"];
const TARGETS = Array.from({ length: 21 }, (_, i) => `target-${i}`);

async function linesOf(command: object, usable: { projects?: string[]; targets?: string[] | null } = {}) {
  const asked: string[] = [];
  const { projects = PROJECTS, targets = TARGETS } = usable;
  const client = {
    projects: async () => {
      asked.push("projects");
      return projects;
    },
    targets: async () => {
      asked.push("targets");
      if (targets === null) throw new Error("unreachable");
      return targets;
    },
  };
  const lines = await readUnusableNameLines(command as ServiceCommand, client as never);
  return { lines, asked };
}

const unknown = (project: string) => `unknown project '${project}'. Projects you may use: prod, stage.`;
const list = `${TARGETS.slice(0, 20).join(", ")} and 1 more`;
const job = (project?: string) => ({ project, jobId: "j" });

test.each<[object, string[]]>([
  [
    {
      kind: "watch",
      submission: { project: "a", notify: ["target-3", "xyz", "xyz"] },
      jobs: [job("b"), job(), job("a")],
    },
    [unknown("a"), unknown("b"), `unknown target 'xyz'. Targets you may use: ${list}.`],
  ],
  [{ kind: "watch", submission: {}, jobs: [job()] }, []],
  [
    {
      kind: "list",
      query: [
        ["state", "x"],
        ["project", "c"],
      ],
    },
    [unknown("c")],
  ],
  ...["status", "open", "stop"].map((kind): [object, string[]] => [
    { kind, jobs: [job("d"), job("prod")] },
    [unknown("d")],
  ]),
  [{ kind: "redeliver", job: job("e"), targets: ["target-1"] }, [unknown("e")]],
  [{ kind: "redeliver", job: job("prod") }, []],
  [
    { kind: "redeliver", job: job("prod"), targets: ["xyz", "target-1", "xyz"] },
    [`unknown target 'xyz'. Targets you may use: ${list}.`],
  ],
  [{ kind: "redeliver_missed", target: "xyz" }, [`unknown target 'xyz'. Targets you may use: ${list}.`]],
  [{ kind: "test", targets: ["target-2", "xyz"] }, [`unknown target 'xyz'. Targets you may use: ${list}.`]],
])("the refused command %j has the lines %j", async (command, lines) => {
  expect((await linesOf(command)).lines).toEqual(lines);
});

test("a similar name is suggested, and an empty list of names is 'none'", async () => {
  const command = { kind: "test", targets: ["target-1x"] };
  const twenty = await linesOf(command, { targets: TARGETS.slice(0, 20) });
  expect(twenty.lines[0]).toMatch(/Did you mean 'target-1\d?'\? Targets you may use: .*target-19\.$/);
  expect((await linesOf(command, { targets: [] })).lines).toEqual([
    "unknown target 'target-1x'. Targets you may use: none.",
  ]);
});

test("the service is asked only for names of a kind that the command contains, and may fail", async () => {
  expect((await linesOf({ kind: "list", query: [] })).asked).toEqual([]);
  expect((await linesOf({ kind: "status", jobs: [job("d")] })).asked).toEqual(["projects"]);
  expect(await linesOf({ kind: "test", targets: ["xyz"] }, { targets: null })).toEqual({
    lines: [],
    asked: ["targets"],
  });
});
