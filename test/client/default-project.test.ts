import { addDefaultProjects } from "../../client/default-project.ts";
import { ProblemError, UnreachableError } from "../../client/errors.ts";

const problem = { type: "/docs#problem-forbidden", title: "Forbidden", status: 403, detail: "-" };

/** Returns a client whose list has one job of a project, or fails with an error. */
function clientWith(projects: readonly string[], list: string | Error | null) {
  const calls: string[] = [];
  return {
    calls,
    projects: async () => {
      calls.push("projects");
      return projects;
    },
    list: async (query: unknown) => {
      calls.push(`list ${JSON.stringify(query)}`);
      if (list instanceof Error) throw list;
      const jobs = list === null ? [] : [{ project: list }];
      return { jobs, next: null } as never;
    },
  };
}

const job = { project: undefined, jobId: "a" };

test("jobs with a project need no call of the service", async () => {
  const client = clientWith([], null);
  const jobs = [{ project: "prod", jobId: "a" }];
  expect(await addDefaultProjects(jobs, client)).toEqual(jobs);
  expect(client.calls).toEqual([]);
});

test("a job without a project belongs to the only project of the caller", async () => {
  const client = clientWith(["prod"], "other");
  expect(await addDefaultProjects([job, { project: "dev", jobId: "b" }], client)).toEqual([
    { project: "prod", jobId: "a" },
    { project: "dev", jobId: "b" },
  ]);
  expect(client.calls).toEqual(["projects"]);
});

test("a job without a project belongs to the project of the newest listed job", async () => {
  const client = clientWith(["dev", "prod"], "prod");
  expect(await addDefaultProjects([job], client)).toEqual([{ project: "prod", jobId: "a" }]);
  expect(client.calls).toEqual(["projects", 'list [["limit","1"]]']);
});

test.each([
  [["dev", "prod"], null, "dev, prod"],
  [["dev", "prod"], new ProblemError(problem), "dev, prod"],
  [[], null, "none"],
])(
  "the command names the projects of the caller if the default project is unknown (%#)",
  async (projects, list, names) => {
    await expect(addDefaultProjects([job], clientWith(projects, list))).rejects.toThrow(
      `the project is missing: use --project, NOTIFIER_PROJECT or PROJECT/JOB_ID. Projects you may use: ${names}.`,
    );
  },
);

test("an outage of the list is an error of the command", async () => {
  const outage = new UnreachableError("down");
  await expect(addDefaultProjects([job], clientWith(["dev", "prod"], outage))).rejects.toBe(outage);
});
