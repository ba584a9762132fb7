import { createHash } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Job } from "../../lib/domain/job.ts";
import { CREDENTIALS } from "../../local/servers/sqs.ts";
import { createFlow, jobIn, KEY } from "../functions/steps-harness.ts";
import { T0 } from "../simulation/draw-inputs.ts";
import { readWriteUnits } from "../support/costs-table.ts";
import { createDynamoLedger } from "../support/dynamodb-ledger.ts";
import { createTable } from "../support/table.ts";

const TABLE = "write-units";
/** The job of docs/costs.md: a cluster creation with 12 polls and one target, which is a chat. */
const POLLS = 12;
const SECONDS_PER_POLL = 50;
const TARGET = "deploys";
const SUBJOBS = 20;
/** Five polls find a tree of subjobs that has changed. */
const TREE_CHANGES = [1, 3, 5, 7, 9];

const client = new DynamoDBClient({
  endpoint: process.env.DYNAMODB_ENDPOINT ?? "",
  region: "eu-central-1",
  credentials: CREDENTIALS,
});
afterAll(() => client.destroy());

let requests: { readonly key: string; readonly units: number }[] = [];
client.middlewareStack.add(
  (next) => async (args) => {
    Object.assign(args.input, { ReturnConsumedCapacity: "TOTAL" });
    const result = await next(args);
    const { Key, Item } = args.input as { Key?: ItemKey; Item?: ItemKey };
    const key = Key ?? Item;
    const { ConsumedCapacity } = result.output as { ConsumedCapacity?: { CapacityUnits?: number } };
    const isWrite = "UpdateExpression" in args.input || Item !== undefined;
    if (isWrite && key !== undefined)
      requests.push({
        key: `${key.pk?.S} ${key.sk?.S}`,
        units: ConsumedCapacity?.CapacityUnits ?? Number.NaN,
      });
    return result;
  },
  { step: "initialize" },
);

type ItemKey = Readonly<Record<string, { readonly S?: string }>>;

/** Returns the write units since the last call, for items whose key matches and for all other items. */
function takeUnits(pattern = /^$/): { matching: number; others: number } {
  const sum = (wanted: boolean) =>
    requests
      .filter(({ key }) => pattern.test(key) === wanted)
      .reduce((units, request) => units + request.units, 0);
  const taken = { matching: sum(true), others: sum(false) };
  requests = [];
  return taken;
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
  if (observation.kind !== "job") throw new Error("the observation is a job");
  return observation.job;
}

async function measureJob(): Promise<Readonly<Record<string, number>>> {
  await createTable(client, TABLE);
  const ledger = createDynamoLedger({ client, table: TABLE });
  const flow = createFlow({ ledger });
  await ledger.openWatch({
    ...KEY,
    acceptedAt: T0,
    deadlineAt: T0 + 3_600_000,
    nextPollAt: T0,
    targets: [TARGET],
    context: { actor: "ci" },
    callbacks: {},
    digestId: null,
    traceparent: null,
    expiresAt: T0 * 2,
  });
  const acceptance = takeUnits().others;
  const polls = { matching: 0, others: 0 };
  for (let poll = 1; poll < POLLS; poll += 1) {
    flow.clock.now += SECONDS_PER_POLL * 1000;
    const changes = TREE_CHANGES.filter((at) => at <= poll).length;
    flow.observation = { kind: "job", job: treeAfter(changes), warnings: [] };
    expect(await flow.poll(poll)).toBe("acknowledged");
    const { matching, others } = takeUnits(/ tree#/);
    polls.matching += matching;
    polls.others += others;
  }
  flow.clock.now += SECONDS_PER_POLL * 1000;
  const ended = { ...treeAfter(6), state: "succeeded", phase: "Success" } as const;
  flow.observation = { kind: "job", job: ended, warnings: [] };
  expect(await flow.poll(POLLS)).toBe("acknowledged");
  const last = [...requests];
  const unitsOf = (pattern: RegExp) => last.filter(({ key }) => pattern.test(key)).map(({ units }) => units);
  const [claim = Number.NaN, end = Number.NaN] = unitsOf(/ watch#/);
  const total = (units: readonly number[]) => units.reduce((sum, one) => sum + one, 0);
  const counted = {
    acceptance,
    polls: polls.others + claim,
    "trees of subjobs": polls.matching,
    outcome: total(unitsOf(/ outcome#/)),
    "end of the watch": end,
    duration: total(unitsOf(/^D#/)),
  };
  expect(total(last.map(({ units }) => units))).toBe(claim + end + counted.outcome + counted.duration);
  takeUnits();
  expect(await flow.notify()).toBe("acknowledged");
  const notification = takeUnits().others;
  flow.clock.now += 3_600_000;
  expect(await flow.sweep()).toMatchObject({ failed: 0 });
  return { ...counted, notification, sweep: takeUnits().others };
}

test("the write units of a job in docs/costs.md are the consumed capacity of DynamoDB", async () => {
  const measured = await measureJob();
  expect(measured).toEqual(readWriteUnits().steps);
}, 60_000);
