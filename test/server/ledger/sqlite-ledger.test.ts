import { generationId } from "../../../server/ledger/rows.ts";
import { createSqliteLedger } from "../../../server/ledger/sqlite-ledger.ts";
import type { Store } from "../../../server/store/store.ts";
import { describeLedger } from "../../lib/ledger/conformance.ts";
import { firstGeneration, NEVER, newKey, newWatch, T0 } from "../../lib/ledger/samples.ts";
import { openTestStore } from "../open-test-store.ts";

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
