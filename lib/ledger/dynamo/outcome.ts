import * as z from "zod/mini";
import type { Instant, Job, WatchGeneration } from "../../domain/job.ts";
import { OutcomeSummary } from "../../domain/outcome-summary.ts";
import type { StoredOutcome } from "../watch-ledger.ts";
import { readItem, timeToLive } from "./item.ts";
import { outcomeItemKey } from "./keys.ts";
import { packJson, unpackJson } from "./packed.ts";
import { change, get, type Item, type LedgerTable } from "./table.ts";
import { MAX_TREE_BYTES, packTree, unpackTree } from "./tree.ts";

const Bytes = z.instanceof(Uint8Array);
const ConclusionItem = z.object({ conclusion: Bytes, tree: z._default(z.nullable(Bytes), null) });

/** The first writer wins, and everybody is answered the conclusion that is kept. */
export async function saveOutcomeOnce(
  table: LedgerTable,
  key: WatchGeneration,
  stored: StoredOutcome,
  expiresAt: Instant,
): Promise<OutcomeSummary> {
  const conclusion = packJson(stored.summary);
  const tree = stored.tree === null ? null : packTree(stored.tree, MAX_TREE_BYTES - conclusion.length);
  const acceptedAt = stored.summary.acceptedAt;
  // An earlier one is from a release that knew no generations, of which a watch had one after the other all the same.
  const kept = await change(table, {
    key: outcomeItemKey(key),
    set: { conclusion, tree, acceptedAt, expiresAt: timeToLive(expiresAt) },
    condition: "attribute_not_exists(#pk) OR #acceptedAt < :acceptedAt",
    values: { acceptedAt },
  });
  if (kept.kind === "written") return stored.summary;
  return (await readOutcome(table, key)) ?? stored.summary;
}

/** Without its tree: a digest reads up to a hundred at once. */
export async function readOutcome(table: LedgerTable, key: WatchGeneration): Promise<OutcomeSummary | null> {
  const item = await get(table, outcomeItemKey(key), "#conclusion, #v");
  return item === null ? null : unpackConclusion(readItem(ConclusionItem, item));
}

export function readOutcomeItem(item: Item): { conclusion: OutcomeSummary; tree: Job | null } {
  const stored = readItem(ConclusionItem, item);
  return {
    conclusion: unpackConclusion(stored),
    tree: stored.tree === null ? null : unpackTree(stored.tree),
  };
}

function unpackConclusion({ conclusion }: z.infer<typeof ConclusionItem>): OutcomeSummary {
  return OutcomeSummary.parse(unpackJson(conclusion));
}
