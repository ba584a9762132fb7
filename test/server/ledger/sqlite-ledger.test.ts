import { createSqliteLedger } from "../../../server/ledger/sqlite-ledger.ts";
import type { Store } from "../../../server/store/store.ts";
import { describeLedger } from "../../lib/ledger/conformance.ts";
import { openTestStore } from "../open-test-store.ts";

let store: Store;
beforeAll(() => {
  store = openTestStore();
});
afterAll(() => store.close());
describeLedger("on SQLite", () => createSqliteLedger(store));
