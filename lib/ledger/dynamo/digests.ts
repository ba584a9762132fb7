import * as z from "zod/mini";
import type { Operation } from "./bind-to-table.ts";
import {
  formatGeneration,
  type ItemKey,
  parseGeneration,
  parseWatchPartition,
  watchPartition,
} from "./keys.ts";
import { createItem, parseItem, readItem, toEpochSeconds, updateItem } from "./table.ts";

const Names = z._default(z.array(z.string()), []);
const DigestItem = z.object({ members: Names, targets: Names, running: Names });

export const createDigest: Operation<"createDigest"> = async (table, digest) => {
  await createItem(table, digestKey(digest.digestId), {
    members: digest.members.map(formatGeneration),
    running: new Set(digest.members.map(watchPartition)),
    targets: digest.targets,
    expiresAt: toEpochSeconds(digest.expiresAt),
  });
};

export const removeRunningMember: Operation<"removeRunningMember"> = async (table, digestId, key) => {
  const removed = await updateItem(table, {
    key: digestKey(digestId),
    removeElements: { running: new Set([watchPartition(key)]) },
    condition: "attribute_exists(#pk)",
    returnValues: "ALL_NEW",
  });
  return removed === null ? 0 : parseItem(DigestItem, removed).running.length;
};

export const readDigest: Operation<"readDigest"> = async (table, digestId) => {
  const digest = await readItem(table, DigestItem, digestKey(digestId));
  if (digest === null) return null;
  const { members, targets, running } = digest;
  return { members: members.map(parseGeneration), targets, running: running.map(parseWatchPartition) };
};

function digestKey(digestId: string): ItemKey {
  return { pk: `G#${digestId}`, sk: "digest" };
}
