import { COSTS, type CostsData } from "./costs-data.ts";

export type Polls = 8 | 12;

/** One part of the costs of a job, such as its SQS requests. */
interface JobCost {
  readonly name: string;
  readonly perJob: number;
  readonly dollarsPerMillionJobs: number;
}

/**
 * Computes the costs of a job that takes ten minutes and has one target. The computation assumes that each Lambda
 * invocation makes only one poll.
 * @param polls the number of polls
 */
export function computeJobCosts(polls: Polls, data: CostsData = COSTS): readonly JobCost[] {
  const { prices, assumed, measured } = data;
  const { accept, poll, lastPoll, notification } = measured.invocations;
  const perMillion = prices.perMillion;
  const gigabytes = prices.perGigabyte;
  const ledger = measured.ledger[polls];
  const messages = polls + 1;
  const perJob = (of: "sends" | "logBytes") =>
    accept[of] + (polls - 1) * poll[of] + lastPoll[of] + notification[of];
  const kilobytes = (perJob("logBytes") + assumed.accessLogBytes) / 1000;
  const storedKilobytes = ledger.storedBytes / 1000;
  const line = (name: string, quantity: number, price: number): JobCost => {
    return { name, perJob: quantity, dollarsPerMillionJobs: quantity * price };
  };
  return [
    // SQS bills each message three times: for the send, for the receive and for the delete.
    line("SQS requests", perJob("sends") + 2 * messages, perMillion.sqsRequests),
    line("DynamoDB write units", sumOf(ledger.writeUnits), perMillion.writeUnits),
    line("DynamoDB read units", ledger.readUnits, perMillion.readUnits),
    line("kB in DynamoDB for a month", storedKilobytes, gigabytes.tableStorage + gigabytes.tableBackup),
    line("Lambda invocations", 1 + messages, perMillion.lambdaRequests),
    line(
      "Lambda GB-s",
      findGigabyteSeconds("enqueue", data) +
        polls * findGigabyteSeconds("poll", data) +
        findGigabyteSeconds("notify", data),
      perMillion.lambdaGbSeconds,
    ),
    line("kB of log data", kilobytes, gigabytes.logs),
    line("API requests", 1, perMillion.apiRequests),
  ];
}

function findGigabyteSeconds(name: string, { gigabyteSeconds }: Pick<CostsData, "gigabyteSeconds">): number {
  const found = gigabyteSeconds[name];
  if (found === undefined) throw new Error(`The power bench has no figures of ${name}.`);
  return found;
}

interface MonthlyCosts {
  readonly jobs: number;
  readonly dollars: Readonly<Record<string, number>>;
}

/**
 * Computes the costs of the service in one month. `jobs` is the number of jobs in the month. The computation assumes
 * that each job has 12 polls.
 */
export function computeMonthlyCosts(jobs: 0 | 1000 | 100_000, data: CostsData = COSTS): MonthlyCosts {
  const { prices, assumed, measured } = data;
  const perMillion = prices.perMillion;
  const job = new Map(
    computeJobCosts(12, data).map(({ name, dollarsPerMillionJobs }) => [name, dollarsPerMillionJobs]),
  );
  const ofJobs = (...names: readonly string[]) =>
    (names.reduce((sum, name) => sum + (job.get(name) ?? Number.NaN), 0) * jobs) / 1e6;
  const runs = Object.entries(assumed.runsPerMonth).map(([name, count]) => {
    const key = name as "sweep" | "discover" | "audit";
    const { logBytes } = measured.invocations[key];
    const gbSeconds = findGigabyteSeconds(key, data);
    return {
      lambda: (count * (perMillion.lambdaRequests + gbSeconds * perMillion.lambdaGbSeconds)) / 1e6,
      logs: (count * logBytes * prices.perGigabyte.logs) / 1e9,
    };
  });
  const sweepReadUnits = assumed.overdueIndexShards * 0.5 * assumed.runsPerMonth.sweep;
  const auditReadUnits = Math.max(0.5, jobs / assumed.auditedEntriesPerReadUnit) * assumed.runsPerMonth.audit;
  const { always, whileJobsRun } = assumed.metrics;
  const dollars = {
    SQS: (assumed.longPollingRequestsPerMonth * perMillion.sqsRequests) / 1e6 + ofJobs("SQS requests"),
    DynamoDB:
      ((sweepReadUnits + auditReadUnits) * perMillion.readUnits) / 1e6 +
      ofJobs("DynamoDB write units", "DynamoDB read units", "kB in DynamoDB for a month"),
    Lambda: runs.reduce((sum, { lambda }) => sum + lambda, 0) + ofJobs("Lambda invocations", "Lambda GB-s"),
    "API Gateway": ofJobs("API requests"),
    logs: runs.reduce((sum, { logs }) => sum + logs, 0) + ofJobs("kB of log data"),
    KMS: (countDecryptions(jobs, data) * perMillion.kmsRequests) / 1e6,
    metrics: prices.perMonth.metric * (always + whileJobsRun * assumed.fractionOfHoursWithJobs[`${jobs}`]),
    alarms: prices.perMonth.alarmMetric * assumed.alarmMetrics,
  };
  return { jobs, dollars };
}

/**
 * Returns the number of requests to KMS in one month. An instance of a Lambda function decrypts the config when the
 * instance starts. The computation assumes that Lambda replaces each instance after one hour. The computation ignores
 * changes of the config. While no jobs run, Lambda runs only the scheduled functions.
 */
function countDecryptions(jobs: number, { assumed, measured }: CostsData): number {
  const { instanceStartsPerMonth, instanceStartsPerJob } = assumed;
  const scheduled = ["sweep", "discover"].map(
    (name) => instanceStartsPerMonth * (measured.decryptions[name] ?? 0),
  );
  const started = Object.entries(instanceStartsPerJob).map(
    ([name, starts]) => Math.min(instanceStartsPerMonth, jobs * starts) * (measured.decryptions[name] ?? 0),
  );
  return [...scheduled, ...started].reduce((sum, requests) => sum + requests, 0);
}

export function sumOf(values: Readonly<Record<string, number>>): number {
  return Object.values(values).reduce((sum, value) => sum + value, 0);
}
