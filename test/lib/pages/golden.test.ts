import { readFileSync, writeFileSync } from "node:fs";
import type { StatusDocument } from "../../../lib/api/status-document.ts";
import { renderTargetsSection } from "../../../lib/pages/deliveries-section.ts";
import { renderHeadlineSection } from "../../../lib/pages/headline-section.ts";
import { renderJobPage } from "../../../lib/pages/job-page.ts";
import { renderListPage } from "../../../lib/pages/list-page.ts";
import { renderNotFoundPage, renderStartPage } from "../../../lib/pages/page-shell.ts";
import { renderSubJobsSection } from "../../../lib/pages/subjobs-section.ts";
import { bigJob, failedNodesJob, succeededJob } from "./ended-jobs.ts";
import { failedJob } from "./failed-job.ts";
import { listedWatches } from "./listed-watches.ts";
import { loneJob, oneStepJob, runningJob, unseenJob } from "./running-jobs.ts";
import { at, FAILED, NOW, PENDING, step, subJob } from "./sample-parts.ts";

/**
 * Compares a page with a golden file. `UPDATE_GOLDEN=1` writes the golden files again. A person must read each changed
 * golden file before the commit. The golden file has one element per line, and contains neither the styles nor the
 * scripts.
 */
function expectGolden(name: string, page: string): void {
  const file = new URL(`./golden/${name}.golden.html`, import.meta.url);
  const content = page.replace(/<(style|script)>.*?<\/\1>/gs, "<$1></$1>");
  const text = `${content.replace(/(?<=>)\s*(?=<[a-z!])/g, "\n")}\n`;
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, "utf8"));
}

const JOBS = {
  running: runningJob(),
  unseen: unseenJob(),
  lone: loneJob(),
  "one-step": oneStepJob(),
  failed: failedJob(),
  "failed-nodes": failedNodesJob(6, 3),
  succeeded: succeededJob(),
};

describe("the page equals the golden file", () => {
  it.each(Object.entries(JOBS))("of a job: %s", (name, job) => {
    expectGolden(`job-${name}`, renderJobPage(job, NOW, "/jobs?key=k0").html);
  });

  it("of the jobs of a project", () => {
    const link = { self: "/jobs?key=k0&state=failed&text=pool&before=c1", before: "c2" };
    const errors = [{ parameter: "text", detail: "must have at most 200 characters" }];
    const list = { project: "prod", watches: listedWatches(), errors, hasLabels: true, now: NOW, link };
    expectGolden("list", renderListPage(list).html);
  });

  it("of a project without jobs", () => {
    const link = { self: "/jobs?key=k0", before: null };
    const list = { project: "prod", watches: [], errors: [], hasLabels: false, now: NOW, link };
    expectGolden("list-empty", renderListPage(list).html);
  });

  it("without a job, and of the service", () => {
    expectGolden("not-found", renderNotFoundPage().html);
    expectGolden("start", renderStartPage("/docs").html);
  });
});

const STATES = ["watching", "stopped", "succeeded", "failed", "not_ready", "timed_out", "lost"] as const;

const READY: Partial<Record<string, string>> = {
  watching: "pending",
  succeeded: "ready",
  not_ready: "not_ready",
};

it.each(STATES)("the headline of a job equals the golden file: %s", (state) => {
  const done = state !== "watching";
  const { expected, ...running } = runningJob();
  const ready = { reason: "NotReady", message: "the node has no network", succeededAt: at(500) };
  const jobs = [
    { ...running, ...(done ? {} : { expected }) },
    failedJob(),
    unseenJob(),
    { ...succeededJob(), ready: { ...ready, state: READY[state] ?? "unknown" } },
  ].map((job) => ({ ...job, state, done }) as StatusDocument);
  expectGolden(`headline-${state}`, jobs.map((job) => renderHeadlineSection(job, NOW)).join("\n"));
});

describe("the section about the targets equals the golden file", () => {
  const [delivered, retried] = failedJob().deliveries as [Delivery, Delivery];
  type Delivery = StatusDocument["deliveries"][number];
  const attempt = delivered.history[0] as Delivery["history"][number];
  const long = { ...attempt, durationMs: 61_500, answer: " slow \n" };
  const exact = {
    ...attempt,
    durationMs: 1000,
    reason: "target_gone",
    verdict: "gone" as const,
    status: 410,
  };
  const refused = {
    ...attempt,
    verdict: "rejected" as const,
    status: 403,
    reason: "forbidden",
    answer: "no",
  };
  const unsent = { state: "pending" as const, event: null, attempts: 0, at: null, nextAttemptAt: null };
  const deliveries: Delivery[] = [
    delivered,
    retried,
    { ...delivered, target: "slow", event: "job.slow", history: [long] },
    {
      ...delivered,
      target: "rejected",
      state: "rejected",
      lastStatus: 403,
      lastReason: "forbidden",
      history: [refused],
    },
    {
      ...delivered,
      target: "gone",
      state: "gone",
      lastStatus: 410,
      lastReason: "target_gone",
      history: [exact],
    },
    { ...retried, target: "exhausted", state: "exhausted", attempts: 9, nextAttemptAt: null },
    { ...retried, ...unsent, target: "later", lastStatus: null, lastReason: null, history: [] },
    {
      ...retried,
      ...unsent,
      target: "on-its-way",
      event: "job.failed",
      lastStatus: null,
      lastReason: null,
      history: [],
    },
    { ...retried, target: "gone-once", attempts: 0, history: [exact] },
  ];

  it.each(["watching", "stopped", "failed"] as const)("of a job with the state %s", (state) => {
    const job = { ...failedJob(), state, done: state !== "watching", deliveries };
    expectGolden(`targets-${state}`, String(renderTargetsSection(job)));
  });

  it("is missing if no target is notified", () => {
    expect(renderTargetsSection({ ...failedJob(), deliveries: [] })).toBeNull();
  });
});

describe("the section about the subjobs equals the golden file", () => {
  const subJobsOf = (count: number, part: Parameters<typeof subJob>[0] = {}) =>
    Array.from({ length: count }, (_, i) =>
      step("CreateNode", 10 * i, 10 * i + 60, { resourceName: `n-${i}`, ...part }),
    );
  const render = (subJobs: ReturnType<typeof subJobsOf>, part: Partial<StatusDocument> = {}) => {
    const job = { ...runningJob(), ...part };
    const root = step("CreateNodePool", 0, 560, { ...PENDING, subJobs });
    return String(renderSubJobsSection({ ...job, job: root }, NOW));
  };
  const PHASES = [
    { phase: "Initializing" },
    { phase: " running\n", reason: " waiting for quota\n" },
    { phase: "Paused by the operator of the cloud" },
    { phase: null },
    { phase: " ", createdAt: null, updatedAt: null },
    { phase: null, createdAt: at(-10), reason: "not yet" },
    { phase: "Running", createdAt: at(700) },
    { phase: "Running", type: null, resourceName: null },
  ].map((part) => subJob({ ...PENDING, createdAt: at(30), updatedAt: at(40), ...part }));

  it("of subjobs in all phases, in a running watch and after it", () => {
    expectGolden("subjobs-phases", render(PHASES));
    expectGolden(
      "subjobs-phases-stopped",
      render(PHASES, { state: "stopped", done: true, concludedAt: at(570) }),
    );
  });

  it.each([14, 15])("of %d subjobs with a failed one among them", (count) => {
    const subJobs = subJobsOf(count).map((part, i) =>
      i === 7 ? { ...part, ...FAILED, reason: "sold out" } : part,
    );
    expectGolden(`subjobs-${count}`, render(subJobs));
  });

  it("of groups of succeeded, failed, pending and mixed subjobs", () => {
    const withParts = (part: object) =>
      subJobsOf(6).map((one) => ({ ...one, subJobs: subJobsOf(2).map((child) => ({ ...child, ...part })) }));
    const subJobs = [
      ...subJobsOf(6),
      ...subJobsOf(6, FAILED),
      ...subJobsOf(6, PENDING),
      ...withParts(FAILED),
    ];
    expectGolden("subjobs-groups", render(subJobs));
  });

  it("of subjobs without any time", () => {
    const unknown = { createdAt: null, updatedAt: null };
    const root = subJob({ ...unknown, subJobs: [subJob(unknown), subJob({ ...unknown, ...PENDING })] });
    expectGolden("subjobs-without-times", String(renderSubJobsSection({ ...runningJob(), job: root }, NOW)));
  });

  it("of a job with sixty subjobs", () => {
    expectGolden("subjobs-big", String(renderSubJobsSection(bigJob(), NOW)));
  });
});

describe("the sections about the failures and the details equal the golden file", () => {
  const failed = failedJob();
  const [cause] = failed.causes as [StatusDocument["causes"][number]];
  const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i}`).join("\n");
  const ended = { ...runningJob(), done: true, concludedAt: at(570) };
  const JOBS_WITH_REASONS: Readonly<Record<string, StatusDocument>> = {
    "lost-with-reason": {
      ...ended,
      state: "lost",
      reason: " the polls failed\n",
      polls: 1,
      polledAt: [at(4)],
      resourceId: "resource-1",
    },
    "failed-without-causes": { ...failed, causes: [], reason: lines(13), resourceId: failed.clusterId },
    "failed-with-two-causes": {
      ...failed,
      reason: "not shown",
      causes: [
        { ...cause, type: null, reason: null, hint: null, path: ["CreateNode"], resources: [] },
        { ...cause, reason: ` ${"a".repeat(501)} ` },
      ],
      causesOmitted: 1,
    },
    "failed-with-four-causes": {
      ...failed,
      causes: [500, 501, 600, 700].map((length) => ({ ...cause, reason: "b".repeat(length) })),
      causesOmitted: 2,
      polls: 30,
    },
    "failed-with-a-long-cause": { ...failed, causes: [{ ...cause, reason: "c".repeat(1600) }] },
    "failed-with-a-longer-cause": { ...failed, causes: [{ ...cause, reason: "c".repeat(1601) }] },
    "failed-with-twelve-lines": { ...failed, causes: [{ ...cause, reason: lines(12) }] },
    "timed-out-with-reason-and-cause": { ...failed, state: "timed_out", reason: "the time is over" },
    "running-without-polls": { ...runningJob(), polls: 0, polledAt: [] },
  };

  it.each(Object.entries(JOBS_WITH_REASONS))("of a job: %s", (name, job) => {
    const { html } = renderJobPage(job, NOW, null);
    const sections = ["failures", "details"].map((id) => {
      return new RegExp(`<section id="${id}".*?</section>`, "s").exec(html)?.[0] ?? "";
    });
    expectGolden(`reasons-${name}`, sections.join("\n"));
  });
});
