import type { WatchKey } from "../../../lib/domain/job.ts";
import type { Ledger } from "../../../lib/ledger/ledger.ts";
import { NO_LIMITS } from "../../../lib/ledger/watch.ts";
import { ANY_TYPE } from "../../../lib/schedule/duration-counts.ts";
import fc from "../../support/properties.ts";
import { AWAKE, attempt, conclusion, job, LEASE_MS, NEVER, T0, UPGRADE } from "./samples.ts";

const PROJECT = "prod";
const JOB_IDS = ["job-a", "job-b"];
const CALLERS = ["token:ci", "oidc:https://ci.example.com:repo#1"];
const TARGETS = ["audit", "chat", "ops"];
const KEYS: readonly WatchKey[] = JOB_IDS.flatMap((id) =>
  CALLERS.map((caller) => ({ project: PROJECT, jobId: id, caller })),
);
const STEP_MS = 20_000;
const MAX_GENERATION = 2;

/** One call of a ledger: the name of an operation and its parameters. */
export interface LedgerCall {
  readonly name: keyof Ledger;
  readonly parameters: readonly unknown[];
}

/** Calls an operation of a ledger. Returns the result, or the name of the error that the operation throws. */
export async function callLedger(ledger: Ledger, { name, parameters }: LedgerCall): Promise<unknown> {
  const operation = ledger[name] as (...parameters: readonly unknown[]) => Promise<unknown>;
  return operation(...parameters).catch((error: unknown) => ({ thrown: (error as Error).name }));
}

function call<Name extends keyof Ledger, Drawn extends Parameters<Ledger[Name]>>(
  name: Name,
  ...parameters: { [I in keyof Drawn]: fc.Arbitrary<Drawn[I]> }
): fc.Arbitrary<LedgerCall> {
  return fc.tuple(...(parameters as fc.Arbitrary<unknown>[])).map((drawn) => ({ name, parameters: drawn }));
}

// The values come from small sets, so that the calls of a sequence often concern the same item.
const project = fc.constant(PROJECT);
const jobId = fc.constantFrom(...JOB_IDS);
const key = fc.constantFrom(...KEYS);
const generation = fc.tuple(key, fc.nat(MAX_GENERATION)).map(([found, n]) => ({ ...found, generation: n }));
const target = fc.constantFrom(...TARGETS);
const targets = fc.subarray(TARGETS);
const event = fc.constantFrom("job.failed", "job.lost");
const notification = fc.record({ project, jobId, generation: fc.constantFrom(0, 0, 1), event, target });
const now = fc.nat(6).map((steps) => T0 + steps * STEP_MS);
/** Two watches never have the same time, because an index may return items with equal sort keys in any order. */
const accepted = fc.tuple(fc.nat(KEYS.length - 1), fc.nat(3)).map(([i, steps]) => ({
  key: KEYS[i] as WatchKey,
  acceptedAt: T0 + steps * STEP_MS + i,
}));
const messageId = fc.constantFrom("m-1", "m-2");
const poll = fc.integer({ min: 1, max: 4 });
const expiresAt = fc.constant(NEVER);
/** Some texts are longer than the watch item allows. */
const text = fc.constantFrom(null, "Running", "x".repeat(300), "雪".repeat(100));
const pollError = fc.option(fc.record({ text: text.map((found) => found ?? "down"), since: now }));
const tree = fc.constantFrom(
  null,
  job(),
  job({ subJobs: Array.from({ length: 20 }, (_, i) => job({ jobId: `sub-${i}-${"ab".repeat(i)}` })) }),
);
const observedJob = fc.record({ phase: text, jobType: text, resourceName: text });
const polledAt = fc.array(now, { maxLength: 3 });
const redelivery = fc.constantFrom(0, 0, 1);
const owner = { key: notification, redelivery, messageId };
const rateLimit = fc.constantFrom("chat", "cce:prod");
const intervalMs = fc.constantFrom(1000, STEP_MS);
const digestId = fc.constantFrom("digest-a", "digest-b");

const waitingCall = fc.record({ caller: fc.constantFrom(...CALLERS), until: now });

/** A random call of a ledger. */
export const ledgerCall: fc.Arbitrary<LedgerCall> = fc.oneof(
  {
    weight: 6,
    arbitrary: accepted.chain(({ key: { jobId: id, caller }, acceptedAt }) =>
      call(
        "startOrExtendWatch",
        fc.record({
          project,
          jobId: fc.constant(id),
          caller: fc.constant(caller),
          acceptedAt: fc.constant(acceptedAt),
          deadlineAt: now.map((at) => at + 7_200_000),
          readyMinutes: fc.constantFrom(null, null, 5, 15),
          operation: fc.constantFrom(null, null, AWAKE, UPGRADE),
          nextPollAt: now,
          targets,
          limits: fc.constantFrom(NO_LIMITS, { callbacksPerWatch: 1, targetsPerWatch: 2 }),
          context: fc.constantFrom({}, { actor: "a" }, { actor: "b", pipeline: "long ".repeat(39) }),
          callbacks: fc.constantFrom({}, { "callback:1": "x" }, { "callback:2": "y".repeat(300) }),
          digestId: fc.constantFrom(null, "digest-a"),
          traceparent: fc.constantFrom(null, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
          expiresAt,
        }),
      ),
    ),
  },
  {
    weight: 6,
    arbitrary: call("claimPoll", fc.record({ key, poll, messageId, now, leaseMs: fc.constant(LEASE_MS) })),
  },
  call("undoPollClaim", fc.record({ key, poll, messageId })),
  {
    weight: 6,
    arbitrary: fc.tuple(observedJob, fc.record({ key, poll, messageId })).chain(([observed, owned]) =>
      call(
        "recordPoll",
        fc
          .record({
            nextPollAt: now,
            accessError: fc.option(
              fc.record({ kind: fc.constantFrom("forbidden", "unauthorized"), since: now }),
            ),
            lastPollError: pollError,
            consecutiveFailures: fc.nat(2),
            rateLimited: fc.boolean(),
            ready: fc.option(
              fc.record({
                succeededAt: now,
                readyPolls: fc.nat(2),
                wasNotReady: fc.boolean(),
                reason: text,
                message: text,
              }),
              { nil: undefined },
            ),
            slowAt: fc.option(fc.option(now), { nil: undefined }),
            polledAt,
            tree,
          })
          .map((rest) => ({ ...rest, ...observed, ...owned })),
      ),
    ),
  },
  call("readCallerData", generation),
  call(
    "getOrCreateOutcome",
    generation,
    fc.record({
      summary: fc
        .constantFrom("a", "b")
        .map((reason) => conclusion({ project: PROJECT, jobId: "any" }, { reason })),
      tree,
      generations: fc.constantFrom({}, { chat: 1 }),
    }),
    expiresAt,
  ),
  call("readOutcomeWithoutTree", generation),
  {
    weight: 4,
    arbitrary: accepted.chain((ended) =>
      call(
        "endWatchUnlessTargetsAdded",
        fc
          .record({
            outcome: fc.constantFrom("succeeded", "failed", "timed_out", "lost"),
            concludedAt: now,
            targets,
            polledAt,
            expiresAt,
            job: fc.option(observedJob, { nil: undefined }),
          })
          .map(({ job: observed, ...end }) => ({
            ...ended,
            ...end,
            ...(observed && { job: { ...observed, cause: observed.phase, durationSeconds: 7.5 } }),
          })),
      ),
    ),
  },
  { weight: 3, arbitrary: call("stopWatch", key, now, expiresAt) },
  call("readWatchDocumentOrNull", key),
  call(
    "rescheduleSweepIfUnchanged",
    key.chain((found) => now.map((dueAt) => ({ ...found, dueAt: dueAt + 300_000 }))),
    fc.option(now),
  ),
  call("scheduleSweepByAndExtendExpiry", generation, now, fc.option(expiresAt)),
  {
    weight: 5,
    arbitrary: call(
      "claimNotification",
      fc.record({ ...owner, now, leaseMs: fc.constant(LEASE_MS), expiresAt }),
    ),
  },
  {
    weight: 6,
    arbitrary: call(
      "recordAttemptIfClaimed",
      fc.record({
        ...owner,
        state: fc.constantFrom("pending", "delivered", "rejected", "gone", "exhausted"),
        spent: fc.boolean(),
        attempt: fc
          .tuple(now, fc.constantFrom("retry", "gone", "delivered"))
          .map(([at, verdict]) => attempt({ at, verdict })),
        nextAttemptAt: fc.option(now),
      }),
    ),
  },
  call("postponeNotificationAndEndLease", fc.record({ ...owner, until: now, requestAt: fc.option(now) })),
  call("readDeliveryOrPendingRecord", notification),
  { weight: 2, arbitrary: call("markDeadLettered", notification, redelivery) },
  { weight: 2, arbitrary: call("startRedeliveryIfLatestIs", notification, redelivery, expiresAt) },
  call("readTargetState", target),
  call("throttleTargetUntilAtLeast", target, now),
  call("getOrSetTargetGoneSince", target, now),
  call("clearTargetGone", target),
  call("switchTargetOff", target, now),
  call("switchTargetOn", target),
  call("reserveRequestTime", rateLimit, now, intervalMs),
  call(
    "addDuration",
    fc.record({
      project,
      jobType: fc.constantFrom("A", "B", "awake"),
      bucket: fc.nat(2),
      day: fc.nat(8),
      expiresAt,
    }),
  ),
  call(
    "createDigestIfAbsent",
    fc.record({
      digestId,
      caller: fc.constantFrom(...CALLERS),
      members: fc.uniqueArray(fc.record({ project, jobId, generation: fc.nat(MAX_GENERATION) }), {
        selector: ({ jobId: id }) => id,
        maxLength: 2,
      }),
      targets,
      expiresAt,
    }),
  ),
  call("removeRunningMemberAndCountRemaining", digestId, fc.record({ project, jobId })),
  {
    weight: 2,
    arbitrary: call("claimDiscoveryIfDueOrRequested", project, now, fc.constantFrom(15_000, 60_000)),
  },
  call("requestDiscoverySoon", project),
  call(
    "saveDiscoveryIfUnchanged",
    project,
    fc.option(now),
    fc.record({ switchedOnAt: now, succeededAt: now, skippedJobIds: fc.subarray(JOB_IDS) }),
  ),
  call("saveSmnMessageIdOnce", messageId, expiresAt),
  call("hasSmnMessageId", messageId),
  call("readProgressEventuallyConsistent", key),
  call("countUnfinishedWatchesApproximately", fc.constantFrom(...CALLERS)),
  {
    weight: 3,
    arbitrary: call("addWaitingCallUnlessTooMany", waitingCall, now, fc.constant({ total: 3, perCaller: 2 })),
  },
  call("removeWaitingCall", fc.nat(2), waitingCall),
);

/** Returns everything that a ledger returns about the items that `ledgerCall` can create. */
export async function readLedgerState(ledger: Ledger): Promise<unknown> {
  const generations = KEYS.flatMap((found) =>
    Array.from({ length: MAX_GENERATION + 1 }, (_, i) => ({ ...found, generation: i })),
  );
  const overdue = await ledger.listOverdueWatches(NEVER, 100);
  const pages: unknown[] = [];
  let before: string | null = null;
  do {
    const page = await ledger.listRecentWatches(PROJECT, { limit: 1, before });
    pages.push(page);
    before = page.next;
  } while (before !== null);
  return {
    watches: await Promise.all(KEYS.map((found) => ledger.readWatchDocumentOrNull(found))),
    jobs: await Promise.all(
      JOB_IDS.map((id) => ledger.listJobWatchesNewestFirst({ project: PROJECT, jobId: id })),
    ),
    callerData: await Promise.all(generations.map((one) => ledger.readCallerData(one))),
    outcomes: await Promise.all(generations.map((one) => ledger.readOutcomeWithoutTree(one))),
    deliveries: await Promise.all(
      generations.flatMap((one) =>
        TARGETS.map((name) =>
          ledger.readDeliveryOrPendingRecord({ ...one, event: "job.failed", target: name }),
        ),
      ),
    ),
    targets: await Promise.all(TARGETS.map((name) => ledger.readTargetState(name))),
    durations: await Promise.all(
      ["A", "B", "awake", ANY_TYPE].map((type) => ledger.readDurationCounts(PROJECT, type)),
    ),
    digests: await Promise.all(["digest-a", "digest-b"].map((id) => readDigest(ledger, id))),
    // An index may return items with equal sort keys in any order.
    overdue: overdue.toSorted(
      (a, b) => a.dueAt - b.dueAt || `${a.jobId} ${a.caller}`.localeCompare(`${b.jobId} ${b.caller}`),
    ),
    pages,
  };
}

/** Reads a digest. The ledger stores the running jobs as a set, which has no order. */
async function readDigest(ledger: Ledger, digestId: string): Promise<unknown> {
  const digest = await ledger.readDigest(digestId);
  return digest && { ...digest, running: new Set(digest.running) };
}
