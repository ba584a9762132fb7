import { logAndCountConcluded, logAndCountPollMessage } from "../../../functions/poll/poll-log.ts";
import type { OutcomeSummary } from "../../../lib/domain/outcome-summary.ts";
import { capturedLog } from "../captured-log.ts";
import { createFlow, jobIn } from "../steps-harness.ts";

const KEY = { project: "prod", jobId: "job-1", caller: "token:ci" };

test.each([
  ["job", 0],
  ["gone", 0],
  ["throttled", 1],
  ["unavailable", 1],
  ["unauthorized", 1],
  ["rate_limited", undefined],
] as const)(
  "a poll with the observation %s adds %s to the polls without a job",
  async (observation, count) => {
    const polled = {
      key: KEY,
      poll: 1,
      resource: null,
      next: "poll_again",
      delaySeconds: 30,
      latenessSeconds: null,
    } as const;
    const { metrics } = await capturedLog(() => logAndCountPollMessage({ ...polled, observation }));
    expect(metrics.PollsWithoutJob).toEqual(count);
  },
);

test.each([
  ["given_up", "concluded", { PollsGivenUp: 1 }],
  ["must_run_alone", "retry", {}],
  ["resumed", "concluded", {}],
  ["rate_limited", "poll_again", {}],
  ["project_not_answering", "retry", {}],
] as const)(
  "a poll with the observation %s is %s and counts as no poll",
  async (observation, next, expected) => {
    const report = {
      key: KEY,
      poll: 1,
      resource: null,
      next,
      delaySeconds: null,
      latenessSeconds: null,
    } as const;
    const { metrics } = await capturedLog(() => logAndCountPollMessage({ ...report, observation }));
    const { PollsGivenUp } = metrics;
    expect(PollsGivenUp === undefined ? {} : { PollsGivenUp }).toEqual(expected);
    expect(metrics).not.toHaveProperty("Polls");
  },
);

test.each([
  ["forbidden", 1],
  ["unauthorized", 1],
  ["misconfigured", 1],
  ["job", undefined],
  ["gone", undefined],
  [null, undefined],
] as const)("a resource with the observation %s adds %s to the refused queries", async (resource, count) => {
  const report = {
    key: KEY,
    poll: 1,
    observation: "job",
    resource,
    next: "poll_again",
    delaySeconds: 30,
    latenessSeconds: null,
  } as const;
  const { logged, metrics } = await capturedLog(() => logAndCountPollMessage(report));
  expect(logged[0]?.resource).toEqual(resource ?? undefined);
  expect(metrics.ResourceQueriesRefused).toEqual(count);
});

test.each(["stale", "own_lease", "other_owner"] as const)(
  "a message whose claim is refused as %s counts as a conflict and not as a poll",
  async (observation) => {
    const refused = {
      key: KEY,
      poll: 1,
      resource: null,
      next: "acknowledged",
      delaySeconds: null,
      latenessSeconds: null,
    } as const;
    const { metrics } = await capturedLog(() => logAndCountPollMessage({ ...refused, observation }));
    expect(metrics).toMatchObject({ LedgerConflicts: 1 });
    expect(metrics).not.toHaveProperty("Polls");
  },
);

test("a poll counts for its observation, with its lateness", async () => {
  const { metrics, logged, dimensionsOf } = await capturedLog(() =>
    logAndCountPollMessage({
      key: KEY,
      poll: 2,
      observation: "gone",
      resource: null,
      next: "poll_again",
      delaySeconds: 30,
      latenessSeconds: 1.5,
    }),
  );
  expect(metrics).toMatchObject({ Polls: 1, observation: "gone", PollLatenessSeconds: 1.5 });
  expect(dimensionsOf("Polls")).toEqual([["observation"]]);
  expect(logged[0]).not.toHaveProperty("resource");
});

test.each([
  ["poll_again", 0, { lateness_seconds: 0 }],
  ["poll_again", 0.9, { lateness_seconds: 0.9 }],
  ["concluded", null, { next: "concluded" }],
  ["retry", null, { next: "retry" }],
] as const)(
  "the log line of a poll with the next step %s and the lateness %s names %j",
  async (next, latenessSeconds, expected) => {
    const { logged } = await capturedLog(() =>
      logAndCountPollMessage({
        key: KEY,
        poll: 2,
        observation: "job",
        resource: null,
        next,
        delaySeconds: 30,
        latenessSeconds,
      }),
    );
    const polled = { message: "poll", project: "prod", job_id: "job-1", caller: "token:ci", poll: 2 };
    expect(logged).toEqual([{ ...polled, observation: "job", delay_seconds: 30, ...expected }]);
  },
);

describe("an ended watch", () => {
  /** Returns the outcome summary of a failed job. */
  async function concluded(changes: Partial<OutcomeSummary>): Promise<OutcomeSummary> {
    const flow = createFlow();
    await flow.open();
    flow.observation = jobIn("failed");
    await flow.poll(1);
    const [summary] = flow.recorded.concluded;
    if (summary === undefined) throw new Error("nothing was concluded");
    return { ...summary, ...changes };
  }

  it("of a job counts for its outcome, with the time after the end of the job", async () => {
    const summary = await concluded({ lagSeconds: 4.5, durationSeconds: 60 });
    const { logged, metrics, dimensionsOf } = await capturedLog(() => logAndCountConcluded(summary));
    expect(logged).toEqual([
      {
        message: "concluded",
        project: "prod",
        job_id: "job-1",
        job_type: "CreateCluster",
        outcome: "failed",
        polls: 1,
        lag_seconds: 4.5,
        duration_seconds: 60,
      },
    ]);
    expect(metrics).toMatchObject({ Concluded: 1, outcome: "failed", LagSeconds: 4.5 });
    expect(dimensionsOf("Concluded")).toEqual([["outcome"]]);
    expect(metrics).not.toHaveProperty("OperationsConcluded");
  });

  it("of an operation also counts for its kind, and without a known end it has no lag", async () => {
    const summary = await concluded({ jobType: "awake", lagSeconds: null });
    const { metrics, dimensionsOf } = await capturedLog(() => logAndCountConcluded(summary));
    expect(metrics).toMatchObject({ OperationsConcluded: 1, kind: "awake" });
    expect(dimensionsOf("OperationsConcluded")).toEqual([["kind"]]);
    expect(metrics).not.toHaveProperty("LagSeconds");
  });
});
