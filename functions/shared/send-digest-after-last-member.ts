import type { WatchKey } from "../../lib/domain/job.ts";
import type { DigestLedger } from "../../lib/ledger/ledger.ts";
import { createDigestMessage } from "../../lib/queue/messages.ts";
import { type Queue, sendAllOrThrow } from "../../lib/queue/queue.ts";
import { findDigestTargets } from "./notification-targets.ts";

interface SendDigestPorts {
  readonly ledger: Pick<DigestLedger, "removeRunningMember" | "readDigest">;
  readonly notifyQueue: Pick<Queue, "send">;
}

/**
 * Removes an ended watch from the running watches of its digest. Sends the digest message (one message about several
 * jobs) when no watch of the digest is running. A repeated call sends the digest message again, but the second message
 * has no effect, because only one message can claim a notification.
 * @returns the targets that get a digest message about this watch, or an empty array when the watch is not in a digest
 * @throws SendFailedError when the digest message could not be sent.
 */
export async function sendDigestAfterLastMember(
  digestId: string | null,
  key: WatchKey,
  { ledger, notifyQueue }: SendDigestPorts,
): Promise<{ readonly digestTargets: readonly string[] }> {
  const digest = digestId === null ? null : await ledger.readDigest(digestId);
  const digestTargets = findDigestTargets(digest, key);
  if (digestId === null || digestTargets.length === 0) return { digestTargets: [] };
  const running = await ledger.removeRunningMember(digestId, key);
  const messages = digestTargets.map((target) => createDigestMessage(digestId, target));
  if (running === 0) await sendAllOrThrow(notifyQueue, messages);
  return { digestTargets };
}
