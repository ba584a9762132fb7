import { logAndCountPollMessage } from "../../../functions/poll/poll-log.ts";
import { capturedLog } from "../captured-log.ts";

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
    expect(metrics).toMatchObject(expected);
    expect(metrics).not.toHaveProperty("Polls");
  },
);

test.each([
  ["forbidden", 1],
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

test("a message whose claim is refused counts as a conflict and not as a poll", async () => {
  const refused = {
    key: KEY,
    poll: 1,
    resource: null,
    next: "acknowledged",
    delaySeconds: null,
    latenessSeconds: null,
  } as const;
  const { metrics } = await capturedLog(() => logAndCountPollMessage({ ...refused, observation: "stale" }));
  expect(metrics).toMatchObject({ LedgerConflicts: 1 });
  expect(metrics).not.toHaveProperty("Polls");
});
