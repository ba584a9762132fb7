import { createNotifyHandler, type NotifyPorts } from "../../functions/notify/create-notify-handler.ts";
import { createPollHandler, type PollPorts } from "../../functions/poll/create-poll-handler.ts";
import type { PollReport } from "../../functions/poll/poll-log.ts";
import type { UnreadableReason } from "../../functions/shared/handle-message-or-dead-letter.ts";
import {
  createSweepHandler,
  type SweepItem,
  type SweepResult,
} from "../../functions/sweep/create-sweep-handler.ts";
import type { AttemptResult } from "../../lib/channels/attempt-delivery.ts";
import type { Job, Observation } from "../../lib/domain/job.ts";
import type { OutcomeSummary } from "../../lib/domain/outcome-summary.ts";
import type { SlowSummary } from "../../lib/domain/slow-summary.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { NewWatch } from "../../lib/ledger/watch-ledger.ts";
import type { Queue, Timer } from "../../lib/queue/queue.ts";
import type { Act } from "../../lib/runtime/log-act.ts";
import type { Disposition, ReceivedMessage } from "../../lib/runtime/sqs-handler.ts";
import { CALLER, configWith, PROJECT, T0 } from "../simulation/draw-inputs.ts";
import { createMemoryLedger } from "../simulation/memory-ledger.ts";
import { createMemoryQueue, type MemoryQueue } from "../simulation/memory-queue.ts";

export const KEY = { project: PROJECT, jobId: "job-1", caller: CALLER };
export const DELIVERED: AttemptResult = {
  verdict: "delivered",
  status: 200,
  reason: "ok",
  afterSeconds: null,
  spent: true,
  durationMs: 5,
  answer: "",
};

/** Returns the response of CCE for a job in this state. */
export function jobIn(state: Job["state"]): Observation {
  const ids = { jobId: KEY.jobId, clusterId: null, resourceId: null, resourceName: "blue" };
  const job: Job = {
    ...ids,
    type: "CreateCluster",
    phase: state,
    state,
    reason: null,
    subJobs: [],
    createdAt: T0,
    updatedAt: T0 + 60_000,
  };
  return { kind: "job", job, warnings: [] };
}

/**
 * Creates all functions with a ledger, queues, a cloud and a receiver in memory. The clock moves only when a test sets
 * the time.
 */
export function createFlow(
  options: { settings?: Record<string, unknown>; ledger?: Partial<Ledger>; timer?: Timer } = {},
) {
  const clock = { now: T0 };
  const now = () => clock.now;
  const memory = createMemoryLedger();
  const ledger: Ledger = { ...memory, ...options.ledger };
  const queueNamed = (name: string) => createMemoryQueue({ name, now, visibilitySeconds: 180 });
  const [pollQueue, notifyQueue, deadLetterQueue] = [
    queueNamed("poll"),
    queueNamed("notify"),
    queueNamed("dead"),
  ];
  const config = configWith(options.settings ?? {});
  const recorded = {
    polls: [] as PollReport[],
    concluded: [] as OutcomeSummary[],
    slow: [] as SlowSummary[],
    slowSentAgain: [] as number[],
    /** For each time that a poll sent notifications of a slow job again, the number of stuck notifications. */
    slowStuck: [] as number[],
    unreadable: [] as UnreadableReason[],
    failures: [] as SweepItem[],
    sentAgain: [] as object[],
    lateness: [] as (number | null)[],
    /** For each delivery attempt, the number of attempts that used a step of the retry schedule. */
    attempts: [] as number[],
    posts: [] as string[],
    requests: [] as Parameters<NotifyPorts["deliver"]>[0][],
    acts: [] as Act[],
    /** The number of CCE clients that the poll functions have created. */
    clients: 0,
    /** The IDs of the jobs whose state the poll function has queried. */
    queriedJobs: [] as string[],
    /** The time limits of the queries of jobs and of their subjobs. */
    timeLimitsMs: [] as number[],
    /** The time limits of the queries of resources. */
    resourceTimeLimitsMs: [] as number[],
  };
  const notifyPorts: NotifyPorts = {
    ledger,
    notifyQueue,
    deadLetterQueue,
    configs: {
      current: async () => config,
      currentWith: async (section, name) => (name in config[section] ? config : flow.refreshedConfig),
      refreshed: async () => flow.refreshedConfig,
    },
    wait: async (ms) => {
      clock.now += ms;
    },
    deliver: async (request) => {
      recorded.posts.push(request.webhookId);
      recorded.requests.push(request);
      flow.mask = request.mask;
      flow.whileDelivering();
      return flow.attempted;
    },
    now,
    random: () => 0.5,
    onAttempt: (_notification, _result, { attempts, latenessSeconds }) => {
      recorded.attempts.push(attempts);
      recorded.lateness.push(latenessSeconds);
    },
    onUnreadable: (reason) => recorded.unreadable.push(reason),
    onAct: (act) => recorded.acts.push(act),
  };
  const handleNotification = createNotifyHandler(notifyPorts);
  const handleNotificationWhileStopping = createNotifyHandler({
    ...notifyPorts,
    limitAttempts: async () => null,
  });
  const flow = {
    clock,
    isStopping: false,
    memory,
    pollQueue,
    notifyQueue,
    deadLetterQueue,
    recorded,
    config,
    observation: jobIn("pending"),
    /** The observations of the next queries of resources. */
    resources: [] as Observation[],
    attempted: DELIVERED,
    /** The mask of the latest delivery attempt. */
    mask: (text: string) => text,
    remainingMs: 28_000,
    /** The time for which the CCE client sends no query, because CCE did not answer. */
    unansweredWaitMs: 0,
    /** How often SQS has delivered the next poll message. */
    receiveCount: 1,
    random: 0.5,
    /** Runs during each query of the state of a job. */
    whileQuerying: () => {},
    /** Runs during each delivery attempt. */
    whileDelivering: () => {},
    /** Runs during the queries of failed subjobs. */
    whileDeepening: () => {},
    /** The config that a new read returns. */
    refreshedConfig: config,
    open: (changes: Partial<NewWatch> = {}) =>
      memory.startOrExtendWatch({
        ...KEY,
        acceptedAt: T0,
        deadlineAt: T0 + 3_600_000,
        nextPollAt: T0,
        targets: ["audit"],
        context: {},
        callbacks: {},
        digestId: null,
        traceparent: null,
        expiresAt: T0 * 2,
        ...changes,
      }),

    poll: (
      number: number,
      messageId = "m-1",
      queue: Pick<Queue, "send"> = pollQueue,
      jobId = KEY.jobId,
      notify: Pick<Queue, "send"> = notifyQueue,
    ): Promise<Disposition> => flow.createPoll(queue, notify)(number, messageId, jobId),

    /**
     * Creates one instance of the poll function, which remembers what CCE answered. With a batch size, all its messages
     * are in one batch, else each message is a batch. The fields `more` are added to the poll message.
     */
    createPoll(
      queue: Partial<Queue> = pollQueue,
      notify: Pick<Queue, "send"> = notifyQueue,
      batchSize: number | null = null,
    ) {
      const client: ReturnType<PollPorts["createCce"]> = {
        unansweredWaitMs: () => flow.unansweredWaitMs,
        async queryJob({ jobId }, { timeLimitMs }) {
          recorded.queriedJobs.push(jobId);
          recorded.timeLimitsMs.push(timeLimitMs);
          flow.whileQuerying();
          return flow.observation;
        },
        async queryResource(_project, _resource, { timeLimitMs }) {
          recorded.resourceTimeLimitsMs.push(timeLimitMs);
          const resource = flow.resources.shift();
          if (resource === undefined) throw new Error("the test expects no query of a resource");
          return resource;
        },
        async queryMissingFailureReasons(_, job, { timeLimitMs }) {
          recorded.timeLimitsMs.push(timeLimitMs);
          flow.whileDeepening();
          return job;
        },
      };
      const createBatch = createPollHandler({
        ledger,
        pollQueue: { ...pollQueue, ...queue },
        deadLetterQueue,
        notifyQueue: notify,
        configs: {
          currentWith: async (section, name) => (name in config[section] ? config : flow.refreshedConfig),
        },
        ...(options.timer && { timer: options.timer }),
        createCce: () => {
          recorded.clients += 1;
          return client;
        },
        defaultUrl: "https://default.example",
        now,
        random: () => flow.random,
        onPoll: (report) => recorded.polls.push(report),
        onSlow: (summary) => recorded.slow.push(summary),
        onSlowSentAgain: (_watch, { notifications, stuck }) => {
          recorded.slowSentAgain.push(notifications);
          recorded.slowStuck.push(stuck);
        },
        onConcluded: (summary) => recorded.concluded.push(summary),
        onUnreadable: (reason) => recorded.unreadable.push(reason),
        onDurationsUnread: () => {},
      });
      const batch = batchSize === null ? null : createBatch(batchSize);
      return (number: number, messageId = "m-1", jobId = KEY.jobId, more = {}): Promise<Disposition> => {
        const body = { v: 1, kind: "poll", ...KEY, jobId, poll: number, deadlineAt: T0 + 3_600_000, ...more };
        return (batch ?? createBatch(1))({
          messageId,
          receiptHandle: `handle of ${messageId}`,
          body: JSON.stringify(body),
          receiveCount: flow.receiveCount,
          remainingMs: () => flow.remainingMs,
        });
      };
    },

    /** Handles the next visible message of the notify queue. An acknowledged message is removed from the queue. */
    async notify(): Promise<Disposition | "nothing"> {
      const [message] = notifyQueue.receive(1);
      if (message === undefined) return "nothing";
      const disposition = await flow.handle(message);
      if (disposition === "acknowledged") notifyQueue.remove(message.receiptHandle);
      return disposition;
    },

    handle: (message: Omit<ReceivedMessage, "remainingMs">): Promise<Disposition> =>
      (flow.isStopping ? handleNotificationWhileStopping : handleNotification)({
        ...message,
        remainingMs: () => flow.remainingMs,
      }),

    async sweep(remainingMs = () => 50_000): Promise<SweepResult> {
      const results: SweepResult[] = [];
      const run = createSweepHandler({
        ledger,
        pollQueue,
        notifyQueue,
        configs: { current: async () => config },
        now,
        onFailure: (failed) => recorded.failures.push(failed),
        onSentAgain: (key, sent) => recorded.sentAgain.push({ ...key, ...sent }),
        onSwept: (result) => results.push(result),
      });
      await run({ remainingMs });
      const [result] = results;
      if (result === undefined) throw new Error("the sweep reported no result");
      return result;
    },
  };
  return flow;
}

/** Returns the parsed bodies of all messages in a queue. */
export function bodiesOf(queue: MemoryQueue): unknown[] {
  return queue.state.messages.map(({ body }) => JSON.parse(body));
}
