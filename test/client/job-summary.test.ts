import { renderJobSummary, type SummarizedJob } from "../../client/job-summary.ts";

const JOB: SummarizedJob = {
  project: "prod",
  jobId: "5f0e7f0e",
  state: "failed",
  type: "CreateCluster",
  resourceName: "prod-eu",
  reason: null,
  causes: [
    {
      type: "CreateNodeVM",
      reason: "flavor\nsold out",
      hint: "Choose another flavor: https://docs.example/flavors",
      count: 30,
      resources: Array.from({ length: 10 }, (_, index) => `pool-a-${index + 1}`),
      path: ["CreateCluster", "CreateNodeVM"],
      total: 30,
    },
  ],
  causesOmitted: 0,
  durationSeconds: 550,
};
const PAGE = "https://jobs.example/jobs/prod/5f0e7f0e?key=a.b";

test("the summary of a failed job has its duration, its page and its causes", () => {
  expect(renderJobSummary(JOB, PAGE)).toBe(`### CreateCluster prod\\-eu\\: failed

Job prod/5f0e7f0e · duration 9 min 10 s · [status page](<${PAGE}>)

- **30 of 30 nodes failed** pool\\-a\\-1, pool\\-a\\-2, pool\\-a\\-3 and 27 more
  flavor sold out
  *Hint:* Choose another flavor: https://docs.example/flavors
`);
});

test("a hint in the summary contains no HTML, and its links stay", () => {
  const causes = JOB.causes.map((cause) => ({
    ...cause,
    hint: "a < b & <img src=x> https://docs.example/a_b",
  }));
  expect(renderJobSummary({ ...JOB, causes }, null)).toContain(
    "*Hint:* a &lt; b &amp; &lt;img src=x&gt; https://docs.example/a_b\n",
  );
});

test("the summary of an operation without a job names the operation in words", () => {
  const operation: SummarizedJob = { ...JOB, state: "succeeded", type: "cluster_upgrade", causes: [] };
  expect(renderJobSummary(operation, null)).toMatch(/^### Cluster upgrade prod\\-eu\\: succeeded\n/);
});

test("the summary of a succeeded job has no causes", () => {
  const summary = renderJobSummary({ ...JOB, state: "succeeded", reason: "retried" }, null);
  expect(summary).toBe(
    "### CreateCluster prod\\-eu\\: succeeded\n\nJob prod/5f0e7f0e · duration 9 min 10 s\n",
  );
});

test("the summary of a job without causes has its reason", () => {
  const job: SummarizedJob = {
    ...JOB,
    state: "timed_out",
    causes: [],
    reason: "no answer",
    durationSeconds: null,
  };
  expect(renderJobSummary(job, null)).toMatch(/: timed out\n\nJob prod\/5f0e7f0e\n\nno answer\n$/);
});

test("the summary of a watch that timed out has its reason before its causes", () => {
  const job: SummarizedJob = { ...JOB, state: "timed_out", reason: "no answer", causesOmitted: 1 };
  const summary = renderJobSummary(job, null);
  expect(summary).toMatch(/\n\nno answer\n\n- \*\*30 of 30 nodes failed/);
  expect(summary).toMatch(/\n\nand 1 more cause\n$/);
  expect(renderJobSummary({ ...job, state: "failed", causesOmitted: 2 }, null)).toMatch(
    /and 2 more causes\n$/,
  );
  expect(renderJobSummary({ ...job, state: "failed" }, null)).not.toContain("no answer");
});

test.each([
  ["[a](https://evil.example)", "\\[a\\](https\\://evil\\.example)".replace("(", "\\(").replace(")", "\\)")],
  ["![a](b)", "\\!\\[a\\]\\(b\\)"],
  ["<img src=x>", "&lt;img src=x&gt;"],
  ["a\n# b", "a \\# b"],
  ["`a` **b** | c", "\\`a\\` \\*\\*b\\*\\* \\| c"],
  ["@org/team", "\\@org/team"],
])("the reason %j adds no Markdown", (reason, escaped) => {
  const summary = renderJobSummary({ ...JOB, causes: [], reason }, null);
  expect(summary.split("\n").at(-2)).toBe(escaped);
});

test("the summary of a job without a resource or a valid page has no empty parts", () => {
  const [cause] = JOB.causes;
  if (cause === undefined) throw new Error("the job has no cause");
  const causes = [
    { ...cause, type: "CreateEIP", count: 1, total: 1, resources: [], reason: null, hint: null },
  ];
  expect(renderJobSummary({ ...JOB, resourceName: null, causes }, "no URL")).toBe(
    "### CreateCluster\\: failed\n\nJob prod/5f0e7f0e · duration 9 min 10 s\n\n- **CreateEIP failed**\n",
  );
  expect(renderJobSummary({ ...JOB, type: null, resourceName: null }, null)).toMatch(
    /^### CCE job\\: failed/,
  );
});
