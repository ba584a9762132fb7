import type { Store } from "./store.ts";

/**
 * Shifts all planned times and leases in the database by the same amount of time. Without this shift, the planned times
 * would be too late after the clock of the machine was set back. Times of past events, such as the acceptance of a
 * watch, do not change.
 * @param byMs the time by which the clock was changed. `byMs` is negative if the clock was set back.
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

/** Shifts the times in the JSON of the column `body`. A time that is null or 0 is not changed. */
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
