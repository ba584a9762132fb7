import type { WatchKey } from "../../lib/domain/job.ts";
import type { DigestLedger } from "../../lib/ledger/digest-ledger.ts";
import { digestMessage } from "../../lib/queue/outgoing-messages.ts";
import { type Queue, sendAll } from "../../lib/queue/queue.ts";
import { digestTargetsOf } from "./notification-targets.ts";

export interface FinishDigestMemberPorts {
  readonly ledger: Pick<DigestLedger, "removeRunningMember" | "readDigest">;
  readonly notifications: Pick<Queue, "send">;
}

/**
 * Takes a watch that is over out of its digest, and sends the digest if it was the last. Answers the chats that the
 * digest tells; none where there is none to rely on. Repeated, it sends the digest again, which the notification's own claim tells apart.
 * Throws a `SendFailedError` when the digest could not be sent.
 */
export async function finishDigestMember(
  digestId: string | null,
  key: WatchKey,
  { ledger, notifications }: FinishDigestMemberPorts,
): Promise<readonly string[]> {
  const digest = digestId === null ? null : await ledger.readDigest(digestId);
  const targets = digestTargetsOf(digest, key);
  if (digestId === null || targets.length === 0) return [];
  if ((await ledger.removeRunningMember(digestId, key)) === 0)
    await sendAll(
      notifications,
      targets.map((target) => digestMessage(digestId, target)),
    );
  return targets;
}
