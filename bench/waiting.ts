import { createClient } from "../client/client.ts";
import { followWatches } from "../client/follow-watches.ts";
import { readScriptArguments } from "../local/ops/script-arguments.ts";
import { TOKENS } from "../test/functions/http-config.ts";
import { createHarness, type Harness } from "../test/functions/http-harness.ts";
import { KEY } from "../test/functions/http-watched.ts";
import prices from "./costs/prices.json" with { type: "json" };
import { countDurations, createProductSchedule } from "./schedule/product-polls.ts";
import { createSeededRandom } from "./schedule/seeded-random.ts";
import { roundToThreeDigits, type Target } from "./support/figures.ts";

const { perMillion, perGigabyte } = prices;
/**
 * The prices of the AWS services in dollars. `request` is the price of one API request together with its Lambda
 * invocation.
 */
const PRICES = {
  request: (perMillion.apiRequests + perMillion.lambdaRequests) / 1e6,
  gigabyteSecond: perMillion.lambdaGbSeconds / 1e6,
  writeUnit: perMillion.writeUnits / 1e6,
  readUnit: perMillion.readUnits / 1e6,
  logGigabyte: perGigabyte.logs,
};
/** The assumed use of resources by one status request, without the time in which the request waits. */
const CALL = { seconds: 0.1, readUnits: 2, logGigabytes: 1.5e-6 };
const MEMORY_GIGABYTES = 0.25;
/** The DynamoDB read units of an eventually consistent read of less than 4 kB. */
const SMALL_READ_UNITS = 0.5;
const WRITES_PER_WAIT = 2;

const JOB_SECONDS = 600;
const HISTORY = [540, 570, 600, 630, 660];
const JOBS = 100;
const PRICED_JOBS = 100_000;
/** The assumed number of seconds from the planned time of a poll until the ledger contains its result. */
const POLL_SECONDS = { from: 0.3, to: 1.5 };

/** The figures of a caller who runs `cce-notifier` and waits for the end of a ten-minute job. */
export interface WaitingFigures {
  readonly callsPerJob: number;
  readonly pollsPerJob: number;
  /** The number of seconds per job in which a function instance only waits for the end of the job. */
  readonly waitedSecondsPerJob: number;
  readonly readUnitsPerWaitedSecond: number;
  readonly dollarsPer100000Jobs: number;
  /** The costs, in dollars, of another design: one Lambda invocation waits from the start to the end of each job. */
  readonly continuousDollarsPer100000Jobs: number;
  /** The longest time, in seconds, from the end of a watch until the client receives the final status. */
  readonly latestSeconds: number;
}

/**
 * Computes the costs of the status requests that `cce-notifier` sends while it waits for jobs of ten minutes. The
 * measurement uses the client, the API and the poll schedule of the service.
 */
export async function measureWaiting(): Promise<WaitingFigures> {
  const random = createSeededRandom(1);
  const jobs: Awaited<ReturnType<typeof waitForOneJob>>[] = [];
  for (let i = 0; i < JOBS; i += 1) jobs.push(await waitForOneJob(random));
  const sum = (of: (job: (typeof jobs)[number]) => number) => jobs.reduce((total, job) => total + of(job), 0);
  const perJob = (of: (job: (typeof jobs)[number]) => number) => roundToThreeDigits(sum(of) / JOBS);
  const dollars = sum(({ calls, waits, waitedSeconds, smallReads }) => {
    const executionSeconds = calls * CALL.seconds + waitedSeconds;
    return (
      calls * (PRICES.request + CALL.readUnits * PRICES.readUnit + CALL.logGigabytes * PRICES.logGigabyte) +
      executionSeconds * MEMORY_GIGABYTES * PRICES.gigabyteSecond +
      smallReads * SMALL_READ_UNITS * PRICES.readUnit +
      waits * WRITES_PER_WAIT * PRICES.writeUnit
    );
  });
  const continuous = JOB_SECONDS * MEMORY_GIGABYTES * PRICES.gigabyteSecond;
  return {
    callsPerJob: perJob(({ calls }) => calls),
    pollsPerJob: perJob(({ polls }) => polls),
    waitedSecondsPerJob: perJob(({ waitedSeconds }) => waitedSeconds),
    readUnitsPerWaitedSecond: roundToThreeDigits(
      (sum(({ smallReads }) => smallReads) * SMALL_READ_UNITS) / sum(({ waitedSeconds }) => waitedSeconds),
    ),
    dollarsPer100000Jobs: roundToThreeDigits((dollars / JOBS) * PRICED_JOBS),
    continuousDollarsPer100000Jobs: roundToThreeDigits(continuous * PRICED_JOBS),
    latestSeconds: roundToThreeDigits(Math.max(...jobs.map(({ lateSeconds }) => lateSeconds))),
  };
}

async function waitForOneJob(random: () => number) {
  const api = createHarness();
  const acceptedAt = api.clock.now;
  const schedule = createProductSchedule("CreateCluster", 1, countDurations(HISTORY), random);
  const first = acceptedAt + schedule(0) * 1000;
  await startOrExtendWatch(api, acceptedAt, first);
  let recordedAt: number | null = recordTime(first, random);
  const job = { calls: 0, polls: 0, waits: 0, waitedSeconds: 0, smallReads: 0, lateSeconds: 0 };
  let concludedAt = 0;

  /** Records the results of all polls that are due. */
  async function poll(): Promise<void> {
    while (recordedAt !== null && recordedAt <= api.clock.now) {
      job.polls += 1;
      const at: number = recordedAt;
      const isOver = at - acceptedAt >= JOB_SECONDS * 1000;
      const nextPollAt = acceptedAt + schedule((at - acceptedAt) / 1000) * 1000;
      recordedAt = isOver ? null : recordTime(nextPollAt, random);
      if (isOver) concludedAt = at;
      await recordPoll(api, job.polls, { acceptedAt, recordedAt: at, nextPollAt, isOver });
    }
  }
  api.onWait = poll;
  const client = createClient({
    url: "http://api",
    token: TOKENS.all,
    async fetch(url, init) {
      job.calls += 1;
      const { status, headers, body } = await api.ask(init?.method ?? "GET", String(url));
      return new Response(body ?? null, { status, headers: { ...headers } });
    },
  });
  const ended = await followWatches([KEY], {
    timeoutMs: 2 * JOB_SECONDS * 1000,
    client,
    isOver: ({ done }) => done,
    onStatus: ({ done }) => {
      if (done) job.lateSeconds = (api.clock.now - concludedAt) / 1000;
    },
    onRefused: (_, error) => {
      throw error;
    },
    now: () => api.clock.now,
    wait: async (ms) => {
      api.clock.now += ms;
      await poll();
    },
  });
  if (!ended) throw new Error("The command did not see the end of the job.");
  const count = (name: string) => api.calls.filter((call) => call === `ledger.${name}`).length;
  job.waits = count("addWaitingCallUnlessTooMany");
  job.smallReads = count("readProgressEventuallyConsistent");
  job.waitedSeconds = api.waits.reduce((total, ms) => total + ms, 0) / 1000;
  return job;
}

/** Returns the time at which the ledger contains the result of a poll. `plannedAt` is the planned time of the poll. */
function recordTime(plannedAt: number, random: () => number): number {
  const { from, to } = POLL_SECONDS;
  return plannedAt + (from + (to - from) * random()) * 1000;
}

async function startOrExtendWatch(
  { ledger }: Harness,
  acceptedAt: number,
  nextPollAt: number,
): Promise<void> {
  const deadlineAt = acceptedAt + 7_200_000;
  const empty = { targets: [], context: {}, callbacks: {}, digestId: null, traceparent: null };
  await ledger.startOrExtendWatch({
    ...KEY,
    ...empty,
    acceptedAt,
    deadlineAt,
    nextPollAt,
    expiresAt: 2 * deadlineAt,
  });
}

async function recordPoll(
  { ledger }: Harness,
  poll: number,
  {
    acceptedAt,
    recordedAt,
    nextPollAt,
    isOver,
  }: Record<"acceptedAt" | "recordedAt" | "nextPollAt", number> & {
    readonly isOver: boolean;
  },
): Promise<void> {
  const claimed = { key: KEY, poll, messageId: `${poll}` };
  await ledger.claimPoll({ ...claimed, now: recordedAt, leaseMs: 35_000 });
  const ending = {
    key: KEY,
    acceptedAt,
    outcome: "succeeded",
    concludedAt: recordedAt,
    targets: [],
  } as const;
  if (isOver) await ledger.endWatchUnlessTargetsAdded({ ...ending, polledAt: [], expiresAt: 2 * recordedAt });
  else
    await ledger.recordPoll({
      ...claimed,
      nextPollAt,
      consecutiveFailures: 0,
      rateLimited: false,
      accessError: null,
      lastPollError: null,
      polledAt: [recordedAt],
      phase: "Running",
      jobType: "CreateCluster",
      resourceName: null,
      tree: null,
    });
}

export function createWaitingTargets(figures: WaitingFigures): readonly Target[] {
  const target = (what: string, value: number, limit: number, unit: string): Target => {
    return { what, value, target: limit, unit, isRatio: false };
  };
  return [
    target("status calls for 100,000 waited jobs", figures.dollarsPer100000Jobs, 4, "dollars"),
    target("end of a watch to the response of a waiting caller", figures.latestSeconds, 3, "s"),
    target("reads of a waiting call", figures.readUnitsPerWaitedSecond, 1, "read units per second"),
  ];
}

if (import.meta.main) {
  readScriptArguments(
    `Computes what callers who wait for ten-minute jobs cost. Prints one JSON object.

  npm run bench:waiting
`,
    {},
  );
  process.stdout.write(`${JSON.stringify(await measureWaiting())}\n`);
}
