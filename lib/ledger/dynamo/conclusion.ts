import * as z from "zod/mini";
import { Conclusion } from "../../conclusion.ts";
import type { Instant, Job, LifeKey } from "../../job.ts";
import type { StoredConclusion } from "../watch-ledger.ts";
import { readItem, timeToLive } from "./item.ts";
import { conclusionItemKey } from "./keys.ts";
import { packJson, unpackJson } from "./packed.ts";
import { change, get, type Item, type LedgerTable } from "./table.ts";
import { MAX_TREE_BYTES, packTree, unpackTree } from "./tree.ts";

const Bytes = z.instanceof(Uint8Array);
const ConclusionItem = z.object({ conclusion: Bytes, tree: z._default(z.nullable(Bytes), null) });

/** The first writer wins, and everybody is answered the conclusion that is kept. */
export async function keepConclusion(
  table: LedgerTable,
  key: LifeKey,
  stored: StoredConclusion,
  expiresAt: Instant,
): Promise<Conclusion> {
  const conclusion = packJson(stored.conclusion);
  const tree = stored.tree === null ? null : packTree(stored.tree, MAX_TREE_BYTES - conclusion.length);
  const acceptedAt = Date.parse(stored.conclusion.watch.acceptedAt);
  // An earlier one is from a release that knew no lives, of which a watch had one after the other all the same.
  const kept = await change(table, {
    key: conclusionItemKey(key),
    set: { conclusion, tree, acceptedAt, expiresAt: timeToLive(expiresAt) },
    condition: "attribute_not_exists(#pk) OR #acceptedAt < :acceptedAt",
    values: { acceptedAt },
  });
  if (kept.kind === "written") return stored.conclusion;
  return (await readConclusion(table, key)) ?? stored.conclusion;
}

/** Without its tree: a digest reads up to a hundred at once. */
export async function readConclusion(table: LedgerTable, key: LifeKey): Promise<Conclusion | null> {
  const item = await get(table, conclusionItemKey(key), "#conclusion, #v");
  return item === null ? null : unpackConclusion(readItem(ConclusionItem, item));
}

export function readConclusionItem(item: Item): { conclusion: Conclusion; tree: Job | null } {
  const stored = readItem(ConclusionItem, item);
  return {
    conclusion: unpackConclusion(stored),
    tree: stored.tree === null ? null : unpackTree(stored.tree),
  };
}

function unpackConclusion({ conclusion }: z.infer<typeof ConclusionItem>): Conclusion {
  return Conclusion.parse(unpackJson(conclusion));
}
