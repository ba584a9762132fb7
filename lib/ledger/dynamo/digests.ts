import * as z from "zod/mini";
import type { JobKey } from "../../domain/job.ts";
import type { DigestLedger } from "../ledger.ts";
import {
  ceilToEpochSeconds,
  createItemIfAbsent,
  type LedgerOperation,
  type LedgerTable,
  parseItemOrThrow,
  readItemAndParseOrThrow,
  upsertItem,
} from "./item-operations.ts";
import {
  type ItemKey,
  jobPartitionKey,
  parseDigestMemberOrThrow,
  parseJobPartitionKeyOrThrow,
  serializeDigestMember,
} from "./keys.ts";

const Names = z.lazy(() => z._default(z.array(z.string()), []));
const DigestItem = z.lazy(() =>
  z.object({ caller: z.string(), members: Names, targets: Names, running: Names }),
);

export const createDigestIfAbsent: LedgerOperation<"createDigestIfAbsent"> = async (table, digest) => {
  await createDigestItem(table, digest, digest.members);
};

/** Creates the item of a digest and returns true. If the item exists, returns false. */
export function createDigestItem(
  table: LedgerTable,
  { digestId, caller, members, targets, expiresAt }: Parameters<DigestLedger["createDigestIfAbsent"]>[0],
  running: readonly JobKey[],
): Promise<boolean> {
  return createItemIfAbsent(table, digestKey(digestId), {
    caller,
    members: members.map(serializeDigestMember),
    running: new Set(running.map(jobPartitionKey)),
    targets,
    expiresAt: ceilToEpochSeconds(expiresAt),
  });
}

export const removeRunningMemberAndCountRemaining: LedgerOperation<
  "removeRunningMemberAndCountRemaining"
> = async (table, digestId, job) => {
  const removed = await upsertItem(table, {
    key: digestKey(digestId),
    removeElements: { running: new Set([jobPartitionKey(job)]) },
    condition: "attribute_exists(#pk)",
    returnValues: "ALL_NEW",
  });
  return removed === null ? 0 : parseItemOrThrow(DigestItem, removed).running.length;
};

export const readDigest: LedgerOperation<"readDigest"> = async (table, digestId) => {
  const digest = await readItemAndParseOrThrow(table, DigestItem, digestKey(digestId));
  if (digest === null) return null;
  const { caller, members, targets, running } = digest;
  return {
    caller,
    members: members.map(parseDigestMemberOrThrow),
    targets,
    running: running.map(parseJobPartitionKeyOrThrow),
  };
};

function digestKey(digestId: string): ItemKey {
  return { pk: `G#${digestId}`, sk: "digest" };
}
