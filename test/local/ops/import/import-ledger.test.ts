import { join } from "node:path";
import {
  hasWatchesOutsideExport,
  planImport,
  writeLedgerItems,
} from "../../../../local/ops/import/import-ledger.ts";
import { runDataCommand } from "../../../../server/data-commands.ts";
import { createSqliteLedger } from "../../../../server/ledger/sqlite-ledger.ts";
import { readExportFile } from "../../../../server/store/export-file.ts";
import { Store } from "../../../../server/store/store.ts";
import {
  callLedger,
  type LedgerCall,
  ledgerCall,
  readLedgerState,
} from "../../../lib/ledger/random-operations.ts";
import { attempt, conclusion, LEASE_MS, NEVER, newWatch, SLOW, T0 } from "../../../lib/ledger/samples.ts";
import { createDataDirectory } from "../../../server/open-test-store.ts";
import { type EmbeddedDynamo, startDynamo } from "../../../support/dynamodb.ts";
import { createDynamoLedger } from "../../../support/dynamodb-ledger.ts";
import fc from "../../../support/properties.ts";
import { createTable } from "../../../support/table.ts";

/** `npm run servers:test` makes more runs on a faster server. */
const RUNS = Number(process.env.LEDGER_RUNS ?? 15);
const MAX_CALLS = 60;
const SLOW_KEY = { project: "prod", jobId: "job-a", caller: "token:ci", generation: 1 };

let dynamo: EmbeddedDynamo;
let tables = 0;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

async function createLedgerTable() {
  tables += 1;
  const table = `import-${tables}`;
  await createTable(dynamo.client, table);
  return { client: dynamo.client, table };
}

/** Runs the service's ledger on a new data directory, and exports the ledger after the service has stopped. */
async function exportAfter(run: (ledger: ReturnType<typeof createSqliteLedger>) => Promise<unknown>) {
  const directory = createDataDirectory();
  const file = join(createDataDirectory(), "export.jsonl");
  const store = Store.open(directory, { exclusive: true });
  const result = await run(createSqliteLedger(store));
  store.close();
  expect(await runDataCommand("export", [file, "--data", directory])).toBe(0);
  const exported = await readExportFile(file);
  expect(exported.whileRunning).toBe(false);
  return { result, plan: planImport(exported.rows, T0) };
}

/** Returns what a ledger returns about the items that `readLedgerState` does not read. */
async function readRest(ledger: ReturnType<typeof createSqliteLedger>): Promise<unknown> {
  return {
    messages: await Promise.all(["m-1", "m-2"].map((id) => ledger.hasSmnMessageId(id))),
    latest: await ledger.readLatestDurations("prod", "A"),
    slow: await ledger.readSlowRecord(SLOW_KEY),
  };
}

test("an imported ledger returns the same as the exported ledger after random calls", async () => {
  const compare = async (calls: readonly LedgerCall[]): Promise<void> => {
    const { result, plan } = await exportAfter(async (ledger) => {
      for (const call of calls) await callLedger(ledger, call);
      await ledger.getOrCreateSlowRecord(SLOW_KEY, SLOW, NEVER);
      await ledger.addLatestDurations(
        "prod",
        "A",
        { job: { endedAt: 5000, seconds: 3.5 }, subJobs: { InstallMaster: 12 } },
        NEVER,
      );
      return [await readLedgerState(ledger), await readRest(ledger)];
    });
    const table = await createLedgerTable();
    await writeLedgerItems(plan.recordWrites, table);
    await writeLedgerItems(plan.watchWrites, table);
    const imported = createDynamoLedger(table);
    expect([await readLedgerState(imported), await readRest(imported)]).toEqual(result);
  };
  const calls = fc.array(ledgerCall, { minLength: 1, maxLength: MAX_CALLS, size: "max" });
  await fc.assert(fc.asyncProperty(calls, compare), { numRuns: RUNS });
});

test("an imported ledger returns the same as the exported ledger for the next random calls", async () => {
  const compare = async (before: readonly LedgerCall[], after: readonly LedgerCall[]): Promise<void> => {
    const callAll = async (ledger: ReturnType<typeof createSqliteLedger>) => {
      const results: unknown[] = [];
      for (const call of after) results.push({ ...call, result: await callLedger(ledger, call) });
      return [results, await readLedgerState(ledger)];
    };
    const copies = await exportAfter(async (ledger) => {
      for (const call of before) await callLedger(ledger, call);
    });
    const { result } = await exportAfter(async (ledger) => {
      for (const call of before) await callLedger(ledger, call);
      return callAll(ledger);
    });
    const table = await createLedgerTable();
    await writeLedgerItems(copies.plan.recordWrites, table);
    await writeLedgerItems(copies.plan.watchWrites, table);
    expect(await callAll(createDynamoLedger(table))).toEqual(result);
  };
  // The import omits the waiting calls and the reserved request times. Both are over after some seconds.
  const lasting = ledgerCall.filter(
    ({ name }) => !["addWaitingCallUnlessTooMany", "removeWaitingCall", "reserveRequestTime"].includes(name),
  );
  const calls = fc.array(lasting, { minLength: 1, maxLength: MAX_CALLS, size: "max" });
  await fc.assert(fc.asyncProperty(calls, calls, compare), { numRuns: RUNS });
});

describe("an import into a stage", () => {
  const watch = newWatch({ targets: ["audit"], expiresAt: NEVER });
  const key = { ...watch, generation: 0, event: "job.failed", target: "audit" };
  const exportDelivered = () =>
    exportAfter(async (ledger) => {
      await ledger.startOrExtendWatch(watch);
      await ledger.getOrCreateOutcome(
        { ...watch, generation: 0 },
        { summary: conclusion(watch), tree: null, generations: {} },
        NEVER,
      );
      const { acceptedAt, targets, expiresAt } = watch;
      const ended = { concludedAt: T0, outcome: "failed", polledAt: [T0] } as const;
      await ledger.endWatchUnlessTargetsAdded({ key: watch, acceptedAt, targets, expiresAt, ...ended });
      const owner = { key, redelivery: 0, messageId: "m-1" };
      await ledger.claimNotification({ ...owner, now: T0, leaseMs: LEASE_MS, expiresAt: NEVER });
      await ledger.recordAttemptIfClaimed({
        ...owner,
        state: "delivered",
        spent: true,
        attempt: attempt({ verdict: "delivered" }),
        nextAttemptAt: null,
      });
    });

  it("changes nothing the second time", async () => {
    const { plan } = await exportDelivered();
    const table = await createLedgerTable();
    expect(await writeLedgerItems(plan.recordWrites, table)).toEqual({ written: 3, present: 0 });
    expect(await writeLedgerItems(plan.watchWrites, table)).toEqual({ written: 1, present: 0 });
    const imported = createDynamoLedger(table);
    await imported.scheduleSweepByAndExtendExpiry({ ...watch, generation: 0 }, T0 + 1, null);
    const before = await imported.readWatchDocumentOrNull(watch);
    expect(await writeLedgerItems(plan.recordWrites, table)).toEqual({ written: 0, present: 3 });
    expect(await writeLedgerItems(plan.watchWrites, table)).toEqual({ written: 0, present: 1 });
    expect(await imported.readWatchDocumentOrNull(watch)).toEqual(before);
    expect(await imported.listOverdueWatches(NEVER, 10)).toMatchObject([{ dueAt: T0 + 1 }]);
  });

  it("shows no watch before the records of all watches are written", async () => {
    const { plan } = await exportDelivered();
    const table = await createLedgerTable();
    await writeLedgerItems(plan.recordWrites, table);
    const imported = createDynamoLedger(table);
    expect(await imported.listOverdueWatches(NEVER, 10)).toEqual([]);
    await writeLedgerItems(plan.watchWrites, table);
    expect((await imported.readWatchDocumentOrNull(watch))?.deliveries).toMatchObject([
      { state: "delivered" },
    ]);
    const again = { key, redelivery: 0, messageId: "m-2", now: NEVER, leaseMs: LEASE_MS, expiresAt: NEVER };
    expect(await imported.claimNotification(again)).toEqual({ kind: "stale" });
  });

  it("finds that the stage is in use by a watch that the export does not have", async () => {
    const { plan } = await exportDelivered();
    const table = await createLedgerTable();
    await writeLedgerItems(plan.recordWrites, table);
    expect(await hasWatchesOutsideExport(table, plan)).toBe(false);
    await writeLedgerItems(plan.watchWrites, table);
    expect(await hasWatchesOutsideExport(table, plan)).toBe(false);
    await createDynamoLedger(table).startOrExtendWatch(newWatch({ jobId: "own" }));
    expect(await hasWatchesOutsideExport(table, plan)).toBe(true);
  });

  it("keeps the time from which the first list of jobs counts, also if no list has succeeded", async () => {
    const { plan } = await exportAfter(async (ledger) => {
      await ledger.claimDiscoveryIfDueOrRequested("prod", T0, 15_000);
      await ledger.claimDiscoveryIfDueOrRequested("prod", T0 + 20_000, 15_000);
    });
    const table = await createLedgerTable();
    await writeLedgerItems(plan.recordWrites, table);
    expect(
      await createDynamoLedger(table).claimDiscoveryIfDueOrRequested("prod", T0 + 40_000, 15_000),
    ).toEqual({
      switchedOnAt: null,
      succeededAt: T0,
      skippedJobIds: [],
      previousTryAt: T0 + 20_000,
    });
  });

  it("omits what has expired", async () => {
    const { plan } = await exportAfter((ledger) => ledger.startOrExtendWatch({ ...watch, expiresAt: T0 }));
    expect(plan).toMatchObject({ watches: [], recordWrites: [], watchWrites: [] });
  });

  it("fails if the ledger refuses a write", async () => {
    const { plan } = await exportDelivered();
    const missing = { client: dynamo.client, table: "missing" };
    await expect(writeLedgerItems(plan.recordWrites, missing)).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});
