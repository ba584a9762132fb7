import type { WatchKey } from "../../lib/job.ts";
import type { DigestLedger } from "../../lib/ledger/digest-ledger.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import { digestMessage } from "./messages.ts";
import { digestTargetsOf } from "./notice-targets.ts";
import { sendAll } from "./send-all.ts";

export interface LeaveDigestPorts {
  readonly ledger: Pick<DigestLedger, "leaveDigest" | "readDigest">;
  readonly notices: Pick<Queue, "send">;
}

/**
 * Takes a watch that is over out of its digest, and sends the digest if it was the last. Answers the chats that the
 * digest tells; none where there is none to rely on. Repeated, it sends the digest again, which the notice's own claim tells apart.
 * Throws a `SendFailedError` when the digest could not be sent.
 */
export async function leaveDigest(
  digestId: string | null,
  key: WatchKey,
  { ledger, notices }: LeaveDigestPorts,
): Promise<readonly string[]> {
  const digest = digestId === null ? null : await ledger.readDigest(digestId);
  const targets = digestTargetsOf(digest, key);
  if (digestId === null || targets.length === 0) return [];
  if ((await ledger.leaveDigest(digestId, key)) === 0)
    await sendAll(
      notices,
      targets.map((target) => digestMessage(digestId, target)),
    );
  return targets;
}
