import * as z from "zod/mini";
import {
  createItem,
  type Operation,
  parseItem,
  readItem,
  toEpochSeconds,
  updateItem,
} from "./item-operations.ts";
import {
  formatDigestMember,
  type ItemKey,
  jobPartition,
  parseDigestMember,
  parseJobPartition,
} from "./keys.ts";

const Names = z._default(z.array(z.string()), []);
const DigestItem = z.object({ caller: z.string(), members: Names, targets: Names, running: Names });

export const createDigest: Operation<"createDigest"> = async (table, digest) => {
  await createItem(table, digestKey(digest.digestId), {
    caller: digest.caller,
    members: digest.members.map(formatDigestMember),
    running: new Set(digest.members.map(jobPartition)),
    targets: digest.targets,
    expiresAt: toEpochSeconds(digest.expiresAt),
  });
};

export const removeRunningMember: Operation<"removeRunningMember"> = async (table, digestId, job) => {
  const removed = await updateItem(table, {
    key: digestKey(digestId),
    removeElements: { running: new Set([jobPartition(job)]) },
    condition: "attribute_exists(#pk)",
    returnValues: "ALL_NEW",
  });
  return removed === null ? 0 : parseItem(DigestItem, removed).running.length;
};

export const readDigest: Operation<"readDigest"> = async (table, digestId) => {
  const digest = await readItem(table, DigestItem, digestKey(digestId));
  if (digest === null) return null;
  const { caller, members, targets, running } = digest;
  return {
    caller,
    members: members.map(parseDigestMember),
    targets,
    running: running.map(parseJobPartition),
  };
};

function digestKey(digestId: string): ItemKey {
  return { pk: `G#${digestId}`, sk: "digest" };
}
