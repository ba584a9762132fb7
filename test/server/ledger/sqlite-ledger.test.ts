import type { NewWatch } from "../../../lib/ledger/watch-ledger.ts";
import { generationId } from "../../../server/ledger/rows.ts";
import { countWatchesAndFindOrphaned, createSqliteLedger } from "../../../server/ledger/sqlite-ledger.ts";
import type { Store } from "../../../server/store/store.ts";
import { describeLedger } from "../../lib/ledger/conformance.ts";
import { endOf, firstGeneration, NEVER, newKey, newWatch, T0 } from "../../lib/ledger/samples.ts";
import { explainQueries } from "../explain-queries.ts";
import { openTestStore } from "../open-test-store.ts";

const HOUR_MS = 3_600_000;

let store: Store;
beforeAll(() => {
  store = openTestStore();
});
afterAll(() => store.close());
describeLedger("on SQLite", () => createSqliteLedger(store));

test.each(["endWatchUnlessTargetsAdded", "stopWatch"] as const)(
  "%s makes the record with the context and the labels expire together with the watch",
  async (operation) => {
    const ledger = createSqliteLedger(store);
    const wanted = newWatch({ ...newKey(), context: { labels: { team: "checkout" } }, expiresAt: NEVER });
    await ledger.startOrExtendWatch(wanted);
    const expiresAt = T0 + 1_000_000;
    if (operation === "stopWatch") await ledger.stopWatch(wanted, T0, expiresAt);
    else {
      const { acceptedAt, targets } = wanted;
      const end = { key: wanted, acceptedAt, concludedAt: T0, targets, polledAt: [], expiresAt };
      await ledger.endWatchUnlessTargetsAdded({ ...end, outcome: "succeeded" });
    }
    const sql = "SELECT expires_at FROM record WHERE kind = 'caller' AND id = ?";
    expect(store.all(sql, generationId(firstGeneration(wanted)))).toEqual([{ expires_at: expiresAt }]);
  },
);

test("the audit counts the watches of each state and of discovery, and names the orphaned watches", async () => {
  const own = openTestStore();
  const ledger = createSqliteLedger(own);
  const open = async (changes: Partial<NewWatch> = {}) => {
    const watch = newWatch({ nextPollAt: T0, deadlineAt: T0 + HOUR_MS, ...changes });
    await ledger.startOrExtendWatch(watch);
    return watch;
  };
  await open();
  await open({ caller: "discover:prod" });
  await ledger.endWatchUnlessTargetsAdded(endOf(await open()));
  await ledger.stopWatch(await open(), T0, NEVER);
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const unplanned = await open({ nextPollAt: T0 - 2 * HOUR_MS, traceparent });
  const late = await open({ deadlineAt: T0 - 2 * HOUR_MS });
  const audit = await countWatchesAndFindOrphaned(own, T0);
  expect(audit).toMatchObject({ accepted: 6, live: 2, concluded: 1, stopped: 1, discovered: 1 });
  const projects = [late, unplanned].map(({ project }) => project).sort();
  expect(audit.orphaned.map(({ project }) => project).sort()).toEqual(projects);
  const { project, jobId, caller } = unplanned;
  expect(audit.orphaned).toContainEqual({ project, jobId, caller, traceparent });
  own.close();
});

test("the calls for one job and the lists of a project and of the sweep read no other watches and sort nothing", async () => {
  const own = openTestStore();
  const ledger = createSqliteLedger(own);
  const watch = newWatch();
  const plans = await explainQueries(own, async () => {
    await ledger.startOrExtendWatch(watch);
    await ledger.startOrExtendWatch({ ...watch, targets: ["audit"] });
    await ledger.readWatchDocumentOrNull(watch);
    await ledger.listJobWatchesNewestFirst(watch);
    await ledger.listRecentWatches(watch.project, { limit: 10, before: null });
    await ledger.listOverdueWatches(T0, 10);
    await ledger.scheduleSweepByAndExtendExpiry(firstGeneration(watch), T0, NEVER);
    await ledger.endWatchUnlessTargetsAdded(endOf(watch));
  });
  expect(plans.length).toBeGreaterThan(12);
  for (const plan of plans) expect(plan).toMatch(/^(SEARCH .*)?$/);
  own.close();
});
