import { createHash, randomBytes } from "node:crypto";
import { QueryCommand } from "@aws-sdk/client-dynamodb";
import { parseJob } from "../../../lib/cce/parse-job.ts";
import type { Job } from "../../../lib/domain/job.ts";
import { summarizeAndTruncateOutcome } from "../../../lib/domain/outcome-summary.ts";
import type { Ledger } from "../../../lib/ledger/ledger.ts";
import { type EmbeddedDynamo, startDynamo } from "../../support/dynamodb.ts";
import { createDynamoLedger } from "../../support/dynamodb-ledger.ts";
import { itemBytes } from "../../support/item-bytes.ts";
import fc, { anyCharacter } from "../../support/properties.ts";
import { createTable } from "../../support/table.ts";
import { firstGeneration, job, LEASE_MS, NEVER, newKey, newWatch, pollRecord, T0 } from "./samples.ts";

/** The maximum size of a DynamoDB item with all attributes. */
const MAX_ITEM_BYTES = 400_000;

let dynamo: EmbeddedDynamo;
let ledger: Ledger;
beforeAll(async () => {
  dynamo = await startDynamo();
  await createTable(dynamo.client, "ledger");
  ledger = createDynamoLedger({ client: dynamo.client, table: "ledger" });
});
afterAll(() => dynamo.stop());

/** Records a poll and an outcome with a tree of subjobs. Returns the size of each stored item. */
async function watchThrough(tree: Job): Promise<number[]> {
  const watch = newWatch(newKey());
  const key = { project: watch.project, jobId: watch.jobId, caller: watch.caller };
  const { phase, type: jobType, resourceName } = tree;
  await ledger.startOrExtendWatch(watch);
  await ledger.claimPoll({ key, poll: 1, messageId: "m-1", now: T0, leaseMs: LEASE_MS });
  const record = pollRecord({ key, phase, jobType, resourceName, tree });
  expect(await ledger.recordPoll(record)).toBe("recorded");
  const document = await ledger.readWatchDocumentOrNull(key);
  expect(document).toMatchObject({
    watch: { state: "watching", pollDone: true },
    tree: { state: tree.state },
  });
  expect(document?.watch.phase).toBe(startOf(phase, document?.watch.phase));

  const conclusion = summarizeAndTruncateOutcome({
    project: key.project,
    jobId: key.jobId,
    region: "eu-de",
    outcome: "failed",
    reason: null,
    job: tree,
    warnings: [],
    context: {},
    acceptedAt: T0,
    concludedAt: T0 + 60_000,
    polls: 2,
    jobPageUrl: null,
    listUrl: null,
  });
  expect(
    await ledger.getOrCreateOutcome(
      firstGeneration(key),
      { summary: conclusion, tree, generations: {} },
      NEVER,
    ),
  ).toEqual({ summary: conclusion, generations: {} });
  const ending = {
    key,
    acceptedAt: T0,
    outcome: "failed",
    concludedAt: T0,
    targets: watch.targets,
    polledAt: [],
  } as const;
  expect(
    await ledger.endWatchUnlessTargetsAdded({
      ...ending,
      expiresAt: NEVER,
      job: { phase, jobType, resourceName, cause: tree.reason, durationSeconds: null },
    }),
  ).toEqual({
    kind: "ended",
  });
  expect(await ledger.readWatchDocumentOrNull(key)).toMatchObject({
    summary: conclusion,
    tree: { state: tree.state },
  });
  return itemsOf(key);
}

/** Returns the text that the ledger has to store for a name. The ledger truncates a long name with `…`. */
function startOf(text: string | null, kept: string | null | undefined): string | null {
  if (text === null || kept == null) return text;
  const whole = text.toWellFormed();
  return kept.endsWith("…") && whole.startsWith(kept.slice(0, -1)) ? kept : whole;
}

async function itemsOf(key: { project: string; jobId: string }): Promise<number[]> {
  const { Items = [] } = await dynamo.client.send(
    new QueryCommand({
      TableName: "ledger",
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": { S: `W#${key.project}#${key.jobId}` } },
    }),
  );
  return Items.map(itemBytes);
}

/** Returns a text that cannot be compressed. */
const noise = (characters: number) => randomBytes(Math.ceil(characters * 0.75)).toString("base64");
const failures = (count: number, changes: (at: number) => Partial<Job>) =>
  Array.from({ length: count }, (_, at) => job({ state: "failed", phase: "Failed", ...changes(at) }));

describe("any job that CCE may return", () => {
  it.each<[string, () => Job]>([
    ["a reason of 500 kB that cannot be compressed", () => job({ reason: noise(500_000) })],
    ["a reason of 8 MB", () => job({ reason: noise(8_000_000) })],
    [
      "a type, a phase and a name of 1 MB each",
      () => job({ type: noise(1e6), phase: noise(1e6), resourceName: noise(1e6) }),
    ],
    [
      "2,000 failures with long reasons",
      () => job({ subJobs: failures(2000, () => ({ reason: noise(4000) })) }),
    ],
    ["20,000 failures with IDs", () => job({ subJobs: failures(20_000, () => ({ jobId: noise(36) })) })],
    ["256 nested failures with long reasons", () => chain(256, () => noise(2000))],
    ["1,536 nested failures without reasons", () => chain(6 * 256, () => null)],
    [
      "incomplete surrogate pairs in a phase and a reason",
      () => job({ phase: "\ud83d".repeat(900), reason: "😀".repeat(400_000).slice(1) }),
    ],
  ])("is stored and read in items that DynamoDB accepts: %s", async (_, tree) => {
    const sizes = await watchThrough(tree());
    expect(sizes.length).toBeGreaterThanOrEqual(2);
    expect(Math.max(...sizes)).toBeLessThan(MAX_ITEM_BYTES);
  });

  it("is stored and read in items that DynamoDB accepts", async () => {
    const text = fc.oneof(
      fc.constant(null),
      fc.string({ unit: anyCharacter, maxLength: 40 }),
      fc.tuple(fc.string({ unit: anyCharacter, minLength: 1, maxLength: 9 }), fc.nat(200_000)).map(repeated),
      fc.tuple(fc.nat(), fc.nat(300_000)).map(hashed),
    );
    const phase = fc.oneof(fc.constantFrom("Running", "Failed", "Success"), text);
    const node = fc.record({ type: text, phase, reason: text, resourceName: text, uid: text });
    const shape = fc.record({ wide: fc.nat(300), deep: fc.integer({ min: 0, max: 300 }) });
    const property = fc.asyncProperty(
      fc.array(node, { minLength: 1, maxLength: 5 }),
      shape,
      async (nodes, at) => {
        const read = parseJob(JSON.stringify(replyOf(nodes, at)));
        const sizes = await watchThrough(read?.job ?? job());
        expect(Math.max(...sizes)).toBeLessThan(MAX_ITEM_BYTES);
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });
});

interface Node {
  readonly type: string | null;
  readonly phase: string | null;
  readonly reason: string | null;
  readonly resourceName: string | null;
  readonly uid: string | null;
}

/** Returns a reply of CCE. The first job is the root. The remaining jobs are repeated as subjobs of the root. */
function replyOf([root, ...others]: readonly Node[], { wide, deep }: { wide: number; deep: number }): object {
  const entry = (node: Node | undefined, subJobs: readonly object[]) => ({
    kind: "Job",
    metadata: { uid: node?.uid },
    spec: { type: node?.type, resourceName: node?.resourceName, subJobs },
    status: { phase: node?.phase, reason: node?.reason },
  });
  let below = entry(others[0], []);
  for (let level = 0; level < deep; level += 1) below = entry({ ...BARE, phase: "Failed" }, [below]);
  // The client accepts a reply of at most 8 MB.
  const longest = Math.max(1, ...others.map((node) => JSON.stringify(node).length));
  const times = Math.min(wide, Math.floor(8_000_000 / longest / Math.max(1, others.length)));
  const list = Array.from({ length: times }, () => others.map((node) => entry(node, []))).flat();
  return entry(root, [...list, below]);
}

const BARE: Node = { type: null, phase: null, reason: null, resourceName: null, uid: null };

function repeated([text, length]: [string, number]): string {
  return text.repeat(Math.ceil(length / text.length)).slice(0, length);
}

function hashed([seed, length]: [number, number]): string {
  const parts = Array.from({ length: Math.ceil(length / 88) }, (_, at) =>
    createHash("sha512").update(`${seed} ${at}`).digest("base64"),
  );
  return parts.join("").slice(0, length);
}

function chain(levels: number, reason: () => string | null): Job {
  let below = job({ state: "failed", phase: "Failed", reason: "the cause" });
  for (let level = 1; level < levels; level += 1)
    below = job({ state: "failed", phase: "Failed", reason: reason(), subJobs: [below] });
  return below;
}
