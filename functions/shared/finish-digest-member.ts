import type { WatchKey } from "../../lib/domain/job.ts";
import type { DigestLedger } from "../../lib/ledger/ledger.ts";
import { digestMessage } from "../../lib/queue/messages.ts";
import { type Queue, sendAll } from "../../lib/queue/queue.ts";
import { digestTargetsOf } from "./notification-targets.ts";

export interface FinishDigestMemberPorts {
  readonly ledger: Pick<DigestLedger, "removeRunningMember" | "readDigest">;
  readonly notifyQueue: Pick<Queue, "send">;
}

/**
 * Removes an ended watch from the running members of its digest. Sends the digest when no member is running any more. A
 * repeated call sends the digest again. The claim of the notification makes this harmless.
 * @returns the targets that the digest notifies of this watch; none when the watch belongs to no digest
 * @throws SendFailedError when the digest could not be sent.
 */
export async function finishDigestMember(
  digestId: string | null,
  key: WatchKey,
  { ledger, notifyQueue }: FinishDigestMemberPorts,
): Promise<readonly string[]> {
  const digest = digestId === null ? null : await ledger.readDigest(digestId);
  const targets = digestTargetsOf(digest, key);
  if (digestId === null || targets.length === 0) return [];
  const running = await ledger.removeRunningMember(digestId, key);
  const messages = targets.map((target) => digestMessage(digestId, target));
  if (running === 0) await sendAll(notifyQueue, messages);
  return targets;
}
