import type { Store } from "./store.ts";

/**
 * Adds `byMs` to all planned times and leases in the database. The service calls `shiftTimes` after the machine's clock
 * was set back, because all polls would be late otherwise. The function does not change the times of past events, such
 * as the start of a watch.
 * @param byMs the number of milliseconds by which the clock was set forward. If the clock was set back, `byMs` is
 * negative.
 */
export function shiftTimes(store: Store, byMs: number): Promise<void> {
  return store.write(() => {
    store.run("UPDATE message SET visible_at = visible_at + ?", byMs);
    store.run("UPDATE watch SET due_at = due_at + ? WHERE due_at IS NOT NULL", byMs);
    shiftFields(
      store,
      "watch",
      "body ->> '$.watch.state' = 'watching'",
      ["leaseUntil", "watch.nextPollAt"],
      byMs,
    );
    const delivery = ["leaseUntil", "delivery.nextAttemptAt", "delivery.requestAt"];
    shiftFields(store, "record", "kind = 'notification'", delivery, byMs);
    shiftFields(store, "record", "kind = 'target'", ["throttledUntil", "nextFreeAt"], byMs);
  });
}

/**
 * Adds `byMs` to the times in the JSON of the column `body`. If a time in the JSON is null or 0, the function does not
 * change it.
 */
function shiftFields(
  store: Store,
  table: string,
  rows: string,
  fields: readonly string[],
  byMs: number,
): void {
  for (const field of fields)
    store.run(
      `UPDATE ${table} SET body = json_set(body, '$.${field}', (body ->> '$.${field}') + ?)
       WHERE ${rows} AND body ->> '$.${field}' > 0`,
      byMs,
    );
}
