import * as z from "zod/mini";
import type { WatchKey } from "../../domain/job.ts";
import type { Digest, DigestLedger } from "../digest-ledger.ts";
import { readItem, timeToLive } from "./item.ts";
import { digestKey, generationName, generationOfName, watchOfPartition, watchPartition } from "./keys.ts";
import { change, create, get, type LedgerTable } from "./table.ts";

const Names = z._default(z.array(z.string()), []);
const DigestItem = z.object({ members: Names, targets: Names });
const Running = z.object({ running: Names });

/** Opening a digest that is there changes nothing. */
export async function createDigest(
  table: LedgerTable,
  digest: Parameters<DigestLedger["createDigest"]>[0],
): Promise<void> {
  const members = digest.members.map(generationName);
  const running = new Set(digest.members.map(watchPartition));
  await create(table, digestKey(digest.digestId), {
    members,
    running,
    targets: digest.targets,
    expiresAt: timeToLive(digest.expiresAt),
  });
}

/** How many members still run once this one has left; 0 for a digest that is not there. */
export async function removeRunningMember(
  table: LedgerTable,
  digestId: string,
  key: WatchKey,
): Promise<number> {
  const left = await change(table, {
    key: digestKey(digestId),
    take: { running: new Set([watchPartition(key)]) },
    condition: "attribute_exists(#pk)",
    answer: "ALL_NEW",
  });
  return left.kind === "refused" ? 0 : readItem(Running, left.item).running.length;
}

export async function readDigest(table: LedgerTable, digestId: string): Promise<Digest | null> {
  const item = await get(table, digestKey(digestId));
  if (item === null) return null;
  const { members, targets } = readItem(DigestItem, item);
  const { running } = readItem(Running, item);
  return { members: members.map(generationOfName), targets, running: running.map(watchOfPartition) };
}
