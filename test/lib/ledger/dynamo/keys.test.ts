import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createItemIfAbsent, parseItemOrThrow } from "../../../../lib/ledger/dynamo/item-operations.ts";
import {
  callerDataItemKey,
  notificationItemKey,
  outcomeItemKey,
  parseDigestMemberOrThrow,
  parseJobPartitionKeyOrThrow,
  parseWatchItemKeyOrThrow,
  serializeDigestMember,
  treeItemKey,
  watchItemKey,
} from "../../../../lib/ledger/dynamo/keys.ts";
import { OVERDUE_SHARDS, overdueShard } from "../../../../lib/ledger/dynamo/overdue-index.ts";
import { WatchItem } from "../../../../lib/ledger/dynamo/watch-item.ts";
import { CALLER } from "../samples.ts";

const job = { project: "prod", jobId: "job-1" };
const key = { ...job, caller: CALLER };
const pk = "W#prod#job-1";

it("the items of a watch have the keys that a stored ledger has", () => {
  expect(watchItemKey(key)).toEqual({ pk, sk: `watch#${CALLER}` });
  expect(treeItemKey(key)).toEqual({ pk, sk: `tree#${CALLER}` });
  expect(callerDataItemKey({ ...key, generation: 2 })).toEqual({ pk, sk: `caller#2#${CALLER}` });
  expect(outcomeItemKey({ ...key, generation: 2 })).toEqual({ pk, sk: `outcome#2#${CALLER}` });
  expect(notificationItemKey({ ...job, generation: 2, event: "job.failed", target: "chat" })).toEqual({
    pk,
    sk: "notification#2#job.failed#chat",
  });
});

it("the key of a watch is read back from its item, also if the name of the caller contains '#'", () => {
  expect(parseWatchItemKeyOrThrow(watchItemKey(key))).toEqual(key);
});

it.each(["T#prod#job-1", "W#prod", "W", ""])("the partition %j belongs to no job", (partition) => {
  expect(() => parseJobPartitionKeyOrThrow(partition)).toThrow("The partition key belongs to no job.");
});

it("a member of a digest is read back", () => {
  const member = { ...job, generation: 12 };
  expect(serializeDigestMember(member)).toBe(`${pk}#12`);
  expect(parseDigestMemberOrThrow(serializeDigestMember(member))).toEqual(member);
});

it("the watches of a job and of many jobs are in all shards of the overdue index", () => {
  const counts = (keys: readonly (typeof key)[]) => {
    const shards = keys.map(overdueShard);
    return Array.from({ length: OVERDUE_SHARDS }, (_, shard) => shards.filter((one) => one === shard).length);
  };
  const jobs = Array.from({ length: 4000 }, (_, i) => ({ ...key, jobId: `job-${i}` }));
  const callers = Array.from({ length: 4000 }, (_, i) => ({ ...key, caller: `token:${i}` }));
  for (const keys of [jobs, callers])
    for (const count of counts(keys)) {
      expect(count).toBeGreaterThan(350);
      expect(count).toBeLessThan(650);
    }
});

it("an item of a kind without a version is neither written nor read", async () => {
  const send = async () => ({});
  const table = { client: { send } as unknown as DynamoDBClient, table: "ledger" };
  const unknown = "unknown first letter";
  await expect(createItemIfAbsent(table, { pk: "X#a", sk: "b" }, {})).rejects.toThrow(unknown);
  expect(() => parseItemOrThrow(WatchItem, { pk: { S: "X#a" }, sk: { S: "b" }, v: { N: "1" } })).toThrow(
    unknown,
  );
});
