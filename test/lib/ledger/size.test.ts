import { createHash } from "node:crypto";
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { notificationItemKey } from "../../../lib/ledger/dynamo/keys.ts";
import type { Ledger } from "../../../lib/ledger/ledger.ts";
import { ATTEMPT_HISTORY } from "../../../lib/ledger/notification.ts";
import type { NewWatch } from "../../../lib/ledger/watch-ledger.ts";
import { type EmbeddedDynamo, startDynamo } from "../../support/dynamodb.ts";
import { createDynamoLedger } from "../../support/dynamodb-ledger.ts";
import { itemBytes } from "../../support/item-bytes.ts";
import { createTable } from "../../support/table.ts";
import { attempt, firstGeneration, job, LEASE_MS, NEVER, newWatch, pollRecord, T0 } from "./samples.ts";

let dynamo: EmbeddedDynamo;
let client: DynamoDBClient;
let ledger: Ledger;
let requests: string[] = [];

beforeAll(async () => {
  dynamo = await startDynamo();
  await createTable(dynamo.client, "ledger");
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  client = new DynamoDBClient({ endpoint: dynamo.endpoint, region: "eu-central-1", credentials });
  client.middlewareStack.add(
    (next, { commandName }) => {
      requests.push(String(commandName));
      return (args) => next(args);
    },
    { step: "initialize" },
  );
  ledger = createDynamoLedger({ client, table: "ledger" });
});
beforeEach(async () => {
  watch = openableWatch();
  await ledger.startOrExtendWatch(watch);
  requests = [];
});
afterAll(async () => {
  client.destroy();
  await dynamo.stop();
});

/** Each test has a watch of its own, which is open. */
let watch: NewWatch;
const openableWatch = () =>
  newWatch({
    jobId: "6f1c2c34-8f1d-11ec-9a6b-0255ac101d4f",
    targets: ["deploys", "audit"],
    context: {
      actor: "release-bot",
      pipeline: "platform/clusters",
      runUrl: "https://ci.example.com/runs/4711",
    },
  });
const messageId = "0f8c4a4e-7c0b-4b8e-9d3e-2f6a1b5c9d10";
/** Times of 60 polls at different intervals, as in production. */
const polledAt = Array.from({ length: 60 }, (_, i) => T0 + i * 31_007 + ((i * 7919) % 20_011));
const parts = ["CreateVpc", "CreateEip", "InstallMaster", "InstallNetwork", "InstallAddons"];
/** Too many subjobs for the watch item. */
const largeParts = [...parts, ...parts.map((type) => `Check${type}`), ...parts.map((type) => `Undo${type}`)];
const jobIdOf = (type: string) => createHash("sha256").update(type).digest("hex").slice(0, 36);
const treeOf = (types: readonly string[]) =>
  job({ subJobs: types.map((type) => job({ type, jobId: jobIdOf(type), state: "succeeded" })) });
const claim = (poll: number) => ledger.claimPoll({ key: watch, poll, messageId, now: T0, leaseMs: LEASE_MS });
const record = (poll: number, phase: string, types = parts) =>
  ledger.recordPoll(pollRecord({ key: watch, poll, messageId, polledAt, tree: { ...treeOf(types), phase } }));

async function hotItemBytes(): Promise<number> {
  const Key = { pk: { S: `W#${watch.project}#${watch.jobId}` }, sk: { S: `watch#${watch.caller}` } };
  const { Item } = await dynamo.client.send(new GetItemCommand({ TableName: "ledger", Key }));
  return itemBytes(Item ?? {});
}

describe("the cost of a watch", () => {
  it("is one request to open the watch", async () => {
    await ledger.startOrExtendWatch(openableWatch());
    expect(requests).toEqual(["PutItemCommand"]);
  });

  it("is two writes of one unit per poll, and a third write for a changed tree of fifteen subjobs", async () => {
    await claim(1);
    await record(1, "Running", largeParts);
    expect(requests).toEqual(["UpdateItemCommand", "UpdateItemCommand", "UpdateItemCommand"]);
    requests = [];
    await claim(2);
    await record(2, "Running", largeParts);
    expect(requests).toEqual(["UpdateItemCommand", "UpdateItemCommand"]);
    expect(await hotItemBytes()).toBeLessThan(1024);
  });

  it("is two writes of one unit for a poll that finds a change in a tree of fifteen subjobs", async () => {
    await claim(1);
    await record(1, "Running", largeParts);
    requests = [];
    await claim(2);
    await record(2, "Success", largeParts);
    expect(requests).toEqual(["UpdateItemCommand", "UpdateItemCommand"]);
    expect(await hotItemBytes()).toBeLessThan(1024);
  });

  it("is one additional read for a refused claim", async () => {
    await claim(1);
    await record(1, "Running");
    requests = [];
    await claim(1);
    expect(requests).toEqual(["UpdateItemCommand", "GetItemCommand"]);
  });

  it("is one request for the status page", async () => {
    await claim(1);
    await record(1, "Running");
    requests = [];
    expect((await ledger.readWatchDocumentOrNull(watch))?.tree?.subJobs).toHaveLength(5);
    expect(requests).toEqual(["QueryCommand"]);
  });

  it("is a write of one unit for the claim of a poll", async () => {
    await claim(1);
    await record(1, "Running", parts);
    await claim(2);
    expect(await hotItemBytes()).toBeLessThan(1024);
    await record(2, "Running", largeParts);
    await claim(3);
    await record(3, "Success", largeParts);
    await claim(4);
    expect(await hotItemBytes()).toBeLessThan(1024);
  });

  it("is one write per redelivery", async () => {
    const key = { ...firstGeneration(watch), event: "job.failed", target: "audit" };
    await ledger.startRedeliveryIfLatestIs(key, 0, NEVER);
    expect(requests).toEqual(["UpdateItemCommand"]);
  });

  it("is two writes per attempt", async () => {
    const notification = {
      key: { ...firstGeneration(watch), event: "job.failed", target: "audit" },
      redelivery: 0,
      messageId,
    };
    await ledger.claimNotification({ ...notification, now: T0, leaseMs: LEASE_MS, expiresAt: NEVER });
    const done = { state: "delivered", spent: true, nextAttemptAt: null } as const;
    await ledger.recordAttemptIfClaimed({ ...notification, ...done, attempt: attempt() });
    expect(requests).toEqual(["UpdateItemCommand", "UpdateItemCommand"]);
  });

  it("is one write of one unit for a poll that stores a tree of five subjobs in the watch item", async () => {
    await claim(1);
    requests = [];
    await record(1, "Running");
    expect(requests).toEqual(["UpdateItemCommand"]);
    expect(await hotItemBytes()).toBeLessThan(1024);
  });
});

it("a notification that waits for its target for a day does not grow with each attempt", async () => {
  const key = { ...firstGeneration(watch), event: "job.failed", target: "deploys" };
  const notification = { key, redelivery: 0, messageId };
  const { pk, sk } = notificationItemKey(key);
  const lengths: number[] = [];
  for (let i = 0; i < 3 * ATTEMPT_HISTORY; i += 1) {
    await ledger.claimNotification({ ...notification, now: T0 + i, leaseMs: LEASE_MS, expiresAt: NEVER });
    const record = { state: "pending", spent: false, nextAttemptAt: T0 + i, attempt: attempt() } as const;
    await ledger.recordAttemptIfClaimed({ ...notification, ...record });
    const command = new GetItemCommand({ TableName: "ledger", Key: { pk: { S: pk }, sk: { S: sk } } });
    lengths.push((await dynamo.client.send(command)).Item?.history?.L?.length ?? 0);
  }
  expect(Math.max(...lengths)).toBeLessThan(2 * ATTEMPT_HISTORY);
  expect(Math.min(...lengths.slice(ATTEMPT_HISTORY))).toBeGreaterThanOrEqual(ATTEMPT_HISTORY);
});
