import { existsSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { DATABASE_FILE, DataUnusableError } from "../../../server/store/database-file.ts";
import { Store } from "../../../server/store/store.ts";
import { type Finding, faultFinding, okFinding } from "./finding.ts";

const DEAD_LETTER_QUEUES = { pollDead: "poll", notifyDead: "notify" } as const;
const CountRow = z.object({ count: z.number() });

/** Checks the data directory of the one-node edition: the database, its version and the dead letters. */
export async function checkData(directory: string): Promise<readonly Finding[]> {
  const item = `data ${directory}`;
  // `Store.open` would create a missing database, so the database file is checked first.
  if (!existsSync(join(directory, DATABASE_FILE)))
    return [
      faultFinding(item, `contains no ${DATABASE_FILE}`, "Name the directory of the option --data of serve."),
    ];
  let store: Store;
  try {
    store = Store.open(directory, { exclusive: false });
  } catch (error) {
    if (!(error instanceof DataUnusableError)) throw error;
    return [
      faultFinding(
        item,
        error.message,
        "docs/one-node.md#backup-and-restore explains how to restore a backup.",
      ),
    ];
  }
  try {
    const count = (queue: string) =>
      CountRow.parse(store.get("SELECT count(*) AS count FROM message WHERE queue = ?", queue)).count;
    const queues = Object.entries(DEAD_LETTER_QUEUES).map(([queue, name]) => {
      const deadLetters = count(queue);
      return deadLetters === 0
        ? okFinding(`dead letters of ${name}`, "none")
        : faultFinding(
            `dead letters of ${name}`,
            String(deadLetters),
            `Fix the cause, then run: cce-notifier redrive --queue ${name} --data ${directory}`,
          );
    });
    return [okFinding(item, "intact"), ...queues];
  } finally {
    store.close();
  }
}
