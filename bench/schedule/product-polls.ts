import { Settings } from "../../lib/config/settings.ts";
import { decideAfterPoll } from "../../lib/schedule/decide-after-poll.ts";
import { bucketOfDuration, type DurationCount, daysSince1970 } from "../../lib/schedule/duration-counts.ts";
import { pickFirstPollDelaySeconds } from "../../lib/schedule/poll-delay.ts";
import type { NextPoll } from "./poll-costs.ts";

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 0, 1);
/**
 * The assumed time between two successive jobs of a history. A history is a list of durations without dates, oldest
 * first.
 */
const JOB_INTERVAL_MS = 12 * HOUR_MS;

/**
 * Returns what the ledger would contain after jobs with the given durations: the number of jobs in each range of
 * durations.
 */
export function countDurations(history: readonly number[]): readonly DurationCount[] {
  const counts = new Map<string, DurationCount>();
  for (const [index, seconds] of history.entries()) {
    const bucket = bucketOfDuration(seconds);
    const day = daysSince1970(NOW - (history.length - index) * JOB_INTERVAL_MS);
    const key = `${day}/${bucket}`;
    counts.set(key, { day, bucket, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}

/**
 * Returns the service's poll schedule for one pending job. `pickFirstPollDelaySeconds` plans the first poll of the job,
 * and `decideAfterPoll` plans each later poll.
 */
export function createProductSchedule(
  jobType: string,
  pollCostSeconds: number,
  durations: readonly DurationCount[],
  random: () => number,
): NextPoll {
  const settings = Settings.parse({ poll: { pollCostSeconds }, maxPolls: 100_000 });
  const deadlineAt = NOW + 365 * 24 * HOUR_MS;
  let polls = 0;
  return (age) => {
    if (polls++ === 0) return pickFirstPollDelaySeconds(settings.poll, random, durations);
    const decision = decideAfterPoll({
      watch: {
        polls,
        acceptedAt: NOW,
        deadlineAt,
        consecutiveFailures: 0,
        accessError: null,
        lastPollError: null,
        jobType,
      },
      observation: { kind: "job", job: pending(jobType), warnings: [] },
      durations,
      now: NOW + age * 1000,
      settings,
      random,
    });
    if (decision.kind === "conclude") throw new Error(`a pending job was concluded: ${decision.reason}`);
    return age + decision.delaySeconds;
  };
}

function pending(type: string) {
  return {
    jobId: "job",
    type,
    phase: "Running",
    state: "pending" as const,
    reason: null,
    clusterId: null,
    resourceId: null,
    resourceName: null,
    createdAt: NOW,
    updatedAt: null,
    subJobs: [],
  };
}
