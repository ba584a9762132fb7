import { poll } from "../../../functions/poll/poll-job.ts";
import { createPace } from "../../../functions/poll/project-rate-limit.ts";
import type { Observation } from "../../../lib/domain/job.ts";
import { PollMessage } from "../../../lib/queue/messages.ts";
import { pollMessage } from "../../../lib/queue/outgoing-messages.ts";
import { createMemoryLedger } from "../../simulation/memory-ledger.ts";
import { createMemoryQueue } from "../../simulation/memory-queue.ts";
import { configWith, PROJECT, T0 } from "../../simulation/setup.ts";
import { jobIn } from "../steps-harness.ts";

const WINDOW_MS = 300_000;
const QUOTA = 200;
const INSTANCES = 5;

/** Jobs of ten minutes, all handed over in one minute, looked at by several instances of one function. */
async function run(jobs: number, settings: Record<string, unknown>, deadlineMinutes = 12 * 60) {
  const clock = { at: T0 };
  const now = () => clock.at;
  const random = () => ((clock.at / 7919) % 97) / 97;
  const ledger = createMemoryLedger();
  const queue = createMemoryQueue({ name: "poll", now, visibilitySeconds: 180 });
  const config = configWith(settings);
  const asked: number[] = [];
  const [refused, ended] = [[] as number[], new Map<string, number>()];
  const cce = {
    async queryJob({ jobId }: { jobId: string }): Promise<Observation> {
      asked.push(clock.at);
      if (asked.filter((at) => at > clock.at - WINDOW_MS).length > QUOTA) {
        refused.push(clock.at);
        return { kind: "throttled", text: "fewer", retryAfterSeconds: null };
      }
      const seen = jobIn(clock.at - T0 >= 600_000 ? "succeeded" : "pending");
      return seen.kind === "job" ? { ...seen, job: { ...seen.job, jobId } } : seen;
    },
  };
  const paces = Array.from({ length: INSTANCES }, () =>
    createPace(ledger, now)(config.settings.poll.queriesPerFiveMinutes),
  );
  const deadlineAt = T0 + deadlineMinutes * 60_000;
  for (let job = 0; job < jobs; job++) {
    const key = { project: PROJECT, jobId: `job-${job}` };
    const times = { acceptedAt: T0, deadlineAt, nextPollAt: T0, expiresAt: T0 * 2 };
    await ledger.openWatch({ ...key, ...times, targets: [], context: {}, callbacks: {}, digestId: null });
    await queue.send([pollMessage({ ...key, poll: 1, deadlineAt }, 10 + (job % 50))]);
  }
  for (let turn = 0; ended.size < jobs && clock.at < deadlineAt + 2 * 3_600_000; clock.at += 1000, turn++) {
    for (const { messageId, receiptHandle, body } of queue.receive(50)) {
      const pace = paces[turn % INSTANCES];
      const disposition = await poll(
        PollMessage.parse(JSON.parse(body)),
        { messageId, remainingMs: () => 28_000 },
        {
          ledger,
          pollQueue: queue,
          cce,
          settings: config.settings,
          now,
          random,
          onPoll: () => {},
          ...(pace === undefined ? {} : { pace }),
          durations: async () => [],
          resume: async () => false,
          conclude: async ({ watch, poll: number, at, polledAt }, { outcome }) => {
            ended.set(`${watch.jobId} ${outcome}`, at);
            const key = { project: watch.project, jobId: watch.jobId };
            const seen = { phase: null, jobType: null, resourceName: null };
            await ledger.endWatch({
              key,
              acceptedAt: watch.acceptedAt,
              outcome,
              concludedAt: at,
              targets: [],
              polledAt,
              expiresAt: at + number,
              lastSeen: seen,
            });
          },
        },
      );
      expect(disposition).toBe("acknowledged");
      queue.remove(receiptHandle);
    }
  }
  const busiest = Math.max(
    ...asked.map((from) => asked.filter((at) => at >= from && at < from + WINDOW_MS).length),
  );
  const outcomes = new Set([...ended.keys()].map((entry) => entry.split(" ")[1]));
  return { asked, refused, busiest, ended: ended.size, outcomes, lastAt: Math.max(...ended.values()) - T0 };
}

describe("a project's pace", () => {
  it("never exceeds the quota that is set, loses no job, and grows late instead", async () => {
    const few = await run(10, { poll: { queriesPerFiveMinutes: QUOTA } });
    expect(few).toMatchObject({ refused: [], ended: 10 });
    expect(few.lastAt).toBeLessThan(720_000);
    const many = await run(300, { poll: { queriesPerFiveMinutes: QUOTA } });
    expect(many).toMatchObject({ refused: [], ended: 300, outcomes: new Set(["succeeded"]) });
    expect(many.busiest).toBeLessThanOrEqual(QUOTA);
    expect(many.busiest).toBeGreaterThan(QUOTA / 2);
    expect(many.lastAt).toBeGreaterThan(720_000);
    expect(many.lastAt).toBeLessThan(3_600_000);
  });

  it("times no job out that ended before its deadline and only waited for its turn to be seen", async () => {
    const polls = await run(150, { poll: { queriesPerFiveMinutes: 20 } }, 20);
    expect(polls).toMatchObject({ ended: 150, outcomes: new Set(["succeeded"]) });
    expect(polls.lastAt).toBeGreaterThan(20 * 60_000);
    expect(polls.lastAt).toBeLessThan(80 * 60_000);
  });

  it("is kept without a setting once CCE has asked for fewer", async () => {
    const free = await run(10, {});
    expect(free).toMatchObject({ refused: [], ended: 10 });
    const many = await run(300, {});
    expect(many).toMatchObject({ ended: 300, outcomes: new Set(["succeeded"]) });
    const first = many.refused[0] ?? 0;
    expect(many.refused.length).toBeGreaterThan(0);
    expect(many.refused.filter((at) => at > first + 2 * WINDOW_MS)).toEqual([]);
  });
});
