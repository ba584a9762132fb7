import { type AttributeValue, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { NewerItemError } from "../../../lib/ledger/dynamo/item.ts";
import { createLedger } from "../../../lib/ledger/dynamo/ledger.ts";
import type { Ledger } from "../../../lib/ledger/ledger.ts";
import { type EmbeddedDynamo, startDynamo } from "../../support/dynamodb.ts";
import { createTable } from "../../support/table.ts";
import { ITEMS_V1 } from "./items-v1.ts";

const KEY = { project: "recorded", jobId: "job-v1" };

let dynamo: EmbeddedDynamo;
let ledger: Ledger;
beforeAll(async () => {
  dynamo = await startDynamo();
  await createTable(dynamo.client, "ledger");
  ledger = createLedger({ client: dynamo.client, table: "ledger" });
  for (const item of ITEMS_V1) await put(item);
});
afterAll(() => dynamo.stop());

async function put(item: Record<string, AttributeValue>): Promise<void> {
  await dynamo.client.send(new PutItemCommand({ TableName: "ledger", Item: item }));
}

describe("items of version 1, as recorded", () => {
  it("are read as what they were", async () => {
    expect(await ledger.read(KEY)).toMatchObject({
      watch: {
        ...{ state: "failed", look: 3, done: true, targets: ["audit", "deploys"], jobType: "CreateCluster" },
        lookedAt: [1800000020000, 1800000050000, 1800000090000],
      },
      context: { actor: "release-bot" },
      callbacks: { "callback:ci": "sealed" },
      conclusion: { outcome: "failed", failures: [{ reason: "no quota" }] },
      tree: { type: "CreateCluster", subJobs: [{ type: "CreateVM", reason: "no quota" }] },
      deliveries: [
        { target: "audit", state: "pending", attempts: 0 },
        { target: "deploys", state: "exhausted", attempts: 1, history: [{ status: 503, answer: "busy" }] },
      ],
    });
  });

  it("are gone on with", async () => {
    const claim = {
      redelivery: 0,
      messageId: "n-9",
      now: 1800000900000,
      leaseMs: 1000,
      expiresAt: 1900000000000,
    };
    const key = { ...KEY, target: "deploys" };
    expect(await ledger.claimNotice({ ...claim, key })).toMatchObject({
      kind: "unburied",
      state: "exhausted",
    });
    expect(await ledger.readDurations("recorded", "CreateCluster")).toEqual([
      { day: 84, bucket: 34, count: 5 },
    ]);
    expect(await ledger.leaveDigest("digest-v1", KEY)).toBe(1);
    expect(await ledger.readTarget("deploys")).toEqual({ offSince: 1800000100000, holdUntil: 1800000200000 });
  });
});

describe("an item of a later version", () => {
  const later = { project: "recorded", jobId: "job-v2" };

  it("is refused by name instead of being guessed at", async () => {
    const [hot] = ITEMS_V1;
    await put({ ...hot, pk: { S: "W#recorded#job-v2" }, state: { S: "watching" }, v: { N: "2" } });
    await expect(ledger.read(later)).rejects.toThrow(NewerItemError);
    await expect(ledger.readAcceptance(later)).rejects.toThrow("version 2");
    const claim = { key: later, look: 4, messageId: "m-1", now: 0, leaseMs: 1 };
    await expect(ledger.claimLook(claim)).rejects.toThrow(NewerItemError);
    await expect(ledger.read(later)).rejects.toThrow(NewerItemError);
  });
});
