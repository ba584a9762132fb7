import { createHash } from "node:crypto";
import { type AttributeValue, type DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { createCachedDurationsReaderOrEmpty } from "../../functions/shared/learned-durations.ts";
import type { Instant, Job } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import {
  ANY_TYPE,
  bucketOfDuration,
  daysSince1970,
  durationCountExpiry,
} from "../../lib/schedule/duration-counts.ts";
import { createFlow, jobIn, KEY } from "../../test/functions/steps-harness.ts";
import { T0 } from "../../test/simulation/draw-inputs.ts";
import { createDynamoLedger } from "../../test/support/dynamodb-ledger.ts";
import { createTable } from "../../test/support/table.ts";

const JOB_SECONDS = 600;
const TARGET = "deploys";
const SUBJOBS = 20;
/** The times at which the tree of subjobs changes. For example, 0.2 means after 20 % of the job's polls. */
const TREE_CHANGES = [0, 0.2, 0.4, 0.6, 0.8];
/** The time between two runs of the sweep function (`SWEEP_INTERVAL_SECONDS` in serverless.yml). */
const SWEEP_INTERVAL_MS = 300_000;
/**
 * The sweep function runs every 300 s. The ten measured jobs start 30 s apart, so that their starts cover these 300 s
 * evenly.
 */
const STARTS = { count: 10, distanceMs: 30_000 };

type ItemKey = Readonly<Record<string, { readonly S?: string }>>;

/** The DynamoDB capacity and storage that one job needs. */
export interface LedgerUse {
  /** For each step of a job, the mean number of DynamoDB write units that the step consumes. */
  readonly writeUnits: Readonly<Record<string, number>>;
  readonly readUnits: number;
  /**
   * The mean number of bytes that DynamoDB bills for one job in the month after the end of the job. DynamoDB also bills
   * the job's entries in the indexes of the table.
   */
  readonly storedBytes: number;
}

/**
 * Measures the DynamoDB capacity that one job consumes. Each measured job takes ten minutes and has one target. The
 * measurement uses a real DynamoDB server and a simulated clock.
 * @param client the client of a server that reports the consumed capacity of the indexes, such as DynamoDB Local
 * @param polls the number of polls of each job, at equal intervals
 */
export async function measureLedger(client: DynamoDBClient, polls: number): Promise<LedgerUse> {
  const capacity = recordCapacity(client);
  const jobs: LedgerUse[] = [];
  for (let start = 0; start < STARTS.count; start += 1)
    jobs.push(await measureJob(client, capacity, polls, start));
  const mean = (of: (job: (typeof jobs)[number]) => number) =>
    Number((jobs.reduce((sum, job) => sum + of(job), 0) / jobs.length).toFixed(2));
  const steps = Object.keys(jobs[0]?.writeUnits ?? {});
  return {
    writeUnits: Object.fromEntries(steps.map((step) => [step, mean((job) => job.writeUnits[step] ?? 0)])),
    readUnits: mean((job) => job.readUnits),
    storedBytes: Math.round(mean((job) => job.storedBytes)),
  };
}

async function measureJob(
  client: DynamoDBClient,
  capacity: ReturnType<typeof recordCapacity>,
  polls: number,
  start: number,
): Promise<LedgerUse> {
  const table = `costs-${polls}-${start}`;
  await createTable(client, table);
  const ledger = createDynamoLedger({ client, table, sweepIntervalMs: SWEEP_INTERVAL_MS });
  // The measurement assumes that one instance of the function `poll` makes all polls. This instance reads the durations
  // of earlier jobs only once.
  const durations = createCachedDurationsReaderOrEmpty(ledger, () => flow.clock.now);
  const readDurationCounts: Ledger["readDurationCounts"] = (project, jobType) => durations(project, jobType);
  const flow = createFlow({ ledger: { ...ledger, readDurationCounts } });
  const acceptedAt = T0 + start * STARTS.distanceMs;
  const secondsPerPoll = JOB_SECONDS / polls;
  const poll = async (number: number) => {
    flow.clock.now = acceptedAt + number * secondsPerPoll * 1000;
    if ((await flow.poll(number)) !== "acknowledged") throw new Error(`Poll ${number} was not acknowledged.`);
  };
  await addEarlierJob(ledger, acceptedAt + JOB_SECONDS * 1000);
  capacity.take();
  flow.clock.now = acceptedAt;
  // The function `enqueue` plans the first poll of a job.
  await ledger.readDurationCounts(KEY.project, ANY_TYPE);
  await ledger.startOrExtendWatch({
    ...KEY,
    acceptedAt,
    deadlineAt: T0 + 3_600_000,
    nextPollAt: acceptedAt + secondsPerPoll * 1000,
    targets: [TARGET],
    context: { actor: "ci" },
    callbacks: {},
    digestId: null,
    traceparent: null,
    expiresAt: T0 * 2,
  });
  const acceptance = capacity.take();
  for (let number = 1; number < polls; number += 1) {
    const changes = TREE_CHANGES.filter((from) => from <= (number - 1) / polls).length;
    flow.observation = { kind: "job", job: treeAfter(changes), warnings: [] };
    await poll(number);
  }
  const pending = capacity.take();
  const ended = { ...treeAfter(6), state: "succeeded", phase: "Success" } as const;
  flow.observation = { kind: "job", job: ended, warnings: [] };
  await poll(polls);
  const last = capacity.take();
  if ((await flow.notify()) !== "acknowledged") throw new Error("The notification was not acknowledged.");
  const notification = capacity.take();
  flow.clock.now += 3_600_000;
  if ((await flow.sweep()).failed !== 0) throw new Error("The sweep failed.");
  const sweep = capacity.take();
  const isTree = ({ key }: CapacityUse) => key.includes(" tree#");
  const [claim = 0, end = 0] = last.writes
    .filter(({ key }) => key.includes(" watch#"))
    .map(({ units }) => units);
  return {
    writeUnits: {
      acceptance: sum(acceptance.writes),
      polls: sum(pending.writes.filter((write) => !isTree(write))) + claim,
      "trees of subjobs": sum(pending.writes.filter(isTree)),
      outcome: sum(last.writes.filter(({ key }) => key.includes(" outcome#"))),
      "end of the watch": end,
      duration: sum(last.writes.filter(({ key }) => key.startsWith("D#"))),
      notification: sum(notification.writes),
      sweep: sum(sweep.writes),
    },
    readUnits: [acceptance, pending, last, notification, sweep].reduce(
      (units, { reads }) => units + reads,
      0,
    ),
    storedBytes: await countStoredBytes(client, table, acceptedAt + JOB_SECONDS * 1000),
  };
}

/**
 * Adds the duration of an earlier job of the same type to the ledger. The first job of a week needs additional write
 * units, so the measured job must not be the first.
 */
async function addEarlierJob(ledger: Ledger, endedAt: Instant): Promise<void> {
  const day = daysSince1970(endedAt);
  const bucket = bucketOfDuration(JOB_SECONDS);
  const { project } = KEY;
  const expiresAt = durationCountExpiry(day);
  await ledger.addDuration({ project, jobType: jobTree().type ?? "", day, bucket, expiresAt });
}

/** The overhead in bytes that DynamoDB bills for each item and each index entry. */
const ENTRY_OVERHEAD_BYTES = 100;
const MONTH_MS = 30 * 86_400_000;
const RECENT_INDEX_ATTRIBUTES = ["pk", "sk", "project", "acceptedAt", "state"];

/**
 * Returns the number of bytes that DynamoDB stores for an ended job. An ended job has an entry in the index `recent`,
 * and has no entry in the index `overdue`.
 */
async function countStoredBytes(client: DynamoDBClient, table: string, endedAt: Instant): Promise<number> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: table }));
  const ofJob = Items.filter(({ pk }) => pk?.S?.startsWith("W#"));
  const bytes = ofJob.flatMap((item) => {
    const entries = Object.entries(item);
    const isWatch = item.sk?.S?.startsWith("watch#") ?? false;
    const indexed = entries.filter(([name]) => isWatch && RECENT_INDEX_ATTRIBUTES.includes(name));
    const storedMs = Number(item.expiresAt?.N) * 1000 - endedAt;
    return [entries, indexed]
      .filter((attributes) => attributes.length > 0)
      .map((attributes) =>
        attributes.reduce((size, [name, value]) => size + name.length + sizeOf(value), ENTRY_OVERHEAD_BYTES),
      )
      .map((size) => size * Math.min(1, storedMs / MONTH_MS));
  });
  return bytes.reduce((total, size) => total + size, 0);
}

/**
 * Returns the size of an attribute value in bytes.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
function sizeOf({ S, N, B, SS, L }: AttributeValue): number {
  if (S !== undefined) return Buffer.byteLength(S);
  if (N !== undefined) return Math.ceil(N.length / 2) + 1;
  if (B !== undefined) return B.length;
  if (SS !== undefined) return SS.reduce((size, text) => size + Buffer.byteLength(text), 0);
  return L === undefined ? 1 : L.reduce((size, entry) => size + 1 + sizeOf(entry), 3);
}

interface CapacityUse {
  readonly key: string;
  readonly units: number;
}

const sum = (uses: readonly CapacityUse[]) => uses.reduce((total, { units }) => total + units, 0);

/**
 * Adds up the capacity that the requests of a DynamoDB client consume. The function `take` returns the capacity
 * consumed since the previous call of `take`.
 */
function recordCapacity(client: DynamoDBClient) {
  let writes: CapacityUse[] = [];
  let reads = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      Object.assign(args.input, { ReturnConsumedCapacity: "TOTAL" });
      const result = await next(args);
      const { Key, Item } = args.input as { Key?: ItemKey; Item?: ItemKey };
      const { ConsumedCapacity } = result.output as { ConsumedCapacity?: { CapacityUnits?: number } };
      const units = ConsumedCapacity?.CapacityUnits ?? 0;
      const key = Key ?? Item;
      const isWrite = "UpdateExpression" in args.input || Item !== undefined;
      if (isWrite) writes.push({ key: `${key?.pk?.S} ${key?.sk?.S}`, units });
      else reads += units;
      return result;
    },
    { step: "initialize" },
  );
  return {
    take() {
      const taken = { writes, reads };
      writes = [];
      reads = 0;
      return taken;
    },
  };
}

function treeAfter(changes: number): Job {
  const subJobs = Array.from({ length: SUBJOBS }, (_, i) => ({
    ...jobTree(),
    jobId: createHash("sha256").update(String(i)).digest("hex").slice(0, 36),
    type: `Install${i}`,
    phase: i < 2 * changes ? "Success" : "Running",
  }));
  return { ...jobTree(), subJobs };
}

function jobTree(): Job {
  const observation = jobIn("pending");
  if (observation.kind !== "job") throw new Error("The observation is no job.");
  return observation.job;
}
