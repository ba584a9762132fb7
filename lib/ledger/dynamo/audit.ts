import { type AttributeValue, ScanCommand } from "@aws-sdk/client-dynamodb";
import * as z from "zod/mini";
import { type Instant, OUTCOMES, type WatchKey } from "../../domain/job.ts";
import { fromAttributes } from "./attributes.ts";
import { readItem } from "./item.ts";
import { RECENT_INDEX, watchItemKey, watchOfPartition } from "./keys.ts";
import { get, type LedgerTable } from "./table.ts";

/**
 * How far behind its plan, or beyond its deadline, a watch may be and still count as followed. A last poll may wait an hour for
 * its turn.
 */
const GRACE_MS = 5_400_000;
/** Watches that are read at once. */
const ABREAST = 20;

const State = z.enum(["watching", "stopped", ...OUTCOMES]);
const Entry = z.object({ pk: z.string(), state: State });
const Plan = z.object({
  state: State,
  deadlineAt: z.number(),
  dueAt: z._default(z.nullable(z.number()), null),
});

export interface Audit {
  /** Every watch that the ledger still keeps. */
  readonly accepted: number;
  readonly concluded: number;
  readonly stopped: number;
  /** Followed: its next poll is planned, the plan is kept, and its deadline has not long passed. */
  readonly live: number;
  /** Neither over nor followed: accepted − concluded − stopped − live of them. Always none, or something is broken. */
  readonly orphaned: readonly WatchKey[];
}

/**
 * Counts what became of everything that was accepted. The index says which watches are over; of each that is not,
 * the item itself is read, consistently, so that no race with a poll is ever counted.
 * Costs half a read unit per 4 kB of the index, about 30 watches, and one per watch that runs.
 */
export async function readAudit(table: LedgerTable, now: Instant): Promise<Audit> {
  const audit = { accepted: 0, concluded: 0, stopped: 0, live: 0, orphaned: [] as WatchKey[] };
  for await (const entries of pagesOf(table)) {
    audit.accepted += entries.length;
    const running = entries.filter(({ state }) => state === "watching");
    const over = entries.filter(({ state }) => state !== "watching");
    const standings = over.map(({ state }) => (state === "stopped" ? "stopped" : "concluded"));
    for (const standing of standings) audit[standing] += 1;
    for (let i = 0; i < running.length; i += ABREAST) {
      const keys = running.slice(i, i + ABREAST).map(({ pk }) => watchOfPartition(pk));
      const found = await Promise.all(keys.map((key) => standingOf(table, key, now)));
      for (const [at, key] of keys.entries()) {
        const standing = found[at] ?? "missing";
        if (standing === "orphaned") audit.orphaned.push(key);
        else if (standing === "missing") audit.accepted -= 1;
        else audit[standing] += 1;
      }
    }
  }
  return audit;
}

async function* pagesOf({ client, table }: LedgerTable): AsyncGenerator<z.infer<typeof Entry>[]> {
  let next: Record<string, AttributeValue> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName: table, IndexName: RECENT_INDEX, ExclusiveStartKey: next }),
    );
    yield (page.Items ?? []).map((item) => Entry.parse(fromAttributes(item)));
    next = page.LastEvaluatedKey;
  } while (next !== undefined);
}

async function standingOf(
  table: LedgerTable,
  key: WatchKey,
  now: Instant,
): Promise<"concluded" | "stopped" | "live" | "orphaned" | "missing"> {
  const item = await get(table, watchItemKey(key));
  if (item === null) return "missing";
  const { state, dueAt, deadlineAt } = readItem(Plan, item);
  if (state === "stopped") return "stopped";
  if (state !== "watching") return "concluded";
  const planned = dueAt !== null && dueAt > now - GRACE_MS;
  return planned && deadlineAt > now - GRACE_MS ? "live" : "orphaned";
}
