import { isCallbackTargetName } from "../../lib/channels/webhook/target.ts";
import type { Config } from "../../lib/config/config.ts";
import type { Outcome, WatchKey } from "../../lib/domain/job.ts";
import type { Digest, DigestLedger } from "../../lib/ledger/ledger.ts";
import {
  createNotificationKey,
  type DeliveryRecord,
  type NotificationKey,
} from "../../lib/ledger/notification.ts";
import type { Watch, WatchDocument } from "../../lib/ledger/watch.ts";
import { createDigestMessage, createNotificationMessage } from "../../lib/queue/messages.ts";
import { type OutgoingMessage, type Queue, sendAllOrThrow } from "../../lib/queue/queue.ts";

/**
 * In a notification key, a digest (one message about several jobs) has the project `:digest`, and an alert about a
 * target has the project `:target`. Names of projects in the config contain no colon.
 */
export const DIGEST_PROJECT = ":digest";
export const TARGET_PROJECT = ":target";

/** Returns the notification key of a digest for one target. */
export function createDigestNotificationKey(digestId: string, target: string): NotificationKey {
  return { project: DIGEST_PROJECT, jobId: digestId, generation: 0, event: "digest", target };
}

/**
 * Selects those targets of a watch whose setting `on` contains the outcome. The function also selects targets that the
 * config no longer contains. Notifications to a target outside the config become dead letters.
 * @param watch.digestTargets the result of the function `listDigestTargetsOfWatch`
 * @returns `own`: the targets that get a separate notification for this watch. `byDigest`: the chats that get one
 * digest about all jobs of the API call. Targets from the config come before callbacks, so that the callbacks of one
 * caller do not delay the targets.
 */
export function splitTargetsToNotify(
  watch: { readonly targets: readonly string[]; readonly digestTargets: readonly string[] },
  outcome: Outcome,
  targets: Config["targets"],
): { readonly own: readonly string[]; readonly byDigest: readonly string[] } {
  const subscribed = watch.targets.filter((name) => targets[name]?.on.includes(outcome) ?? true);
  const selected = [
    ...subscribed.filter((name) => !isCallbackTargetName(name)),
    ...subscribed.filter((name) => isCallbackTargetName(name)),
  ];
  return {
    own: selected.filter((name) => !watch.digestTargets.includes(name)),
    byDigest: selected.filter((name) => watch.digestTargets.includes(name)),
  };
}

/**
 * Returns true if a target gets notifications about slow jobs. The result is also true for a target that the config no
 * longer contains. The notification to a target outside the config becomes a dead letter.
 */
export function isSubscribedToSlowOrRemoved(name: string, targets: Config["targets"]): boolean {
  return !Object.hasOwn(targets, name) || targets[name]?.on.includes("slow") === true;
}

/**
 * Returns those targets of a watch that get a digest (one message about several jobs). If the watch is not in the
 * digest, the returned array is empty. A digest does not contain a watch if the response of the ledger about the new
 * watch was lost.
 */
export function listDigestTargetsOfWatch(
  digest: Digest | null,
  { project, jobId, caller }: WatchKey,
): readonly string[] {
  if (digest === null || digest.caller !== caller) return [];
  const isMember = digest.members.some((member) => member.project === project && member.jobId === jobId);
  return isMember ? digest.targets : [];
}

interface SendDigestPorts {
  readonly ledger: Pick<DigestLedger, "removeRunningMemberAndCountRemaining" | "readDigest">;
  readonly notifyQueue: Pick<Queue, "send">;
}

/**
 * Removes an ended watch from the list of running watches in its digest. If the list of running watches is empty after
 * the removal, the function sends the digest (one message about several jobs). If the function is called again, it
 * sends the same messages to the queue again, but each chat gets the digest only once.
 * @returns the targets that get a digest about the watch. If there is no digest, the returned array is empty
 * @throws SendFailedError if the function could not send the digest
 */
export async function removeDigestMemberAndSendIfLast(
  watch: Pick<Watch, keyof WatchKey | "digestId" | "traceparent">,
  { ledger, notifyQueue }: SendDigestPorts,
): Promise<{ readonly digestTargets: readonly string[] }> {
  const { digestId, traceparent } = watch;
  const digest = digestId === null ? null : await ledger.readDigest(digestId);
  const digestTargets = listDigestTargetsOfWatch(digest, watch);
  if (digestId === null || digestTargets.length === 0) return { digestTargets: [] };
  const running = await ledger.removeRunningMemberAndCountRemaining(digestId, watch);
  const messages = digestTargets.map((target) => createDigestMessage(digestId, target, traceparent));
  if (running === 0) await sendAllOrThrow(notifyQueue, messages);
  return { digestTargets };
}

/** A notification that the service can send again if its message is lost. */
export interface ResendableNotification {
  /** The delivery record of the notification, or null if the ledger contains no delivery record yet. */
  readonly delivery: DeliveryRecord | null;
  /** The queue message with which the service sends the notification again. */
  readonly message: OutgoingMessage;
}

/**
 * Returns the notifications about a slow job that the service can send again. The result omits each target whose
 * setting `on` no longer contains `slow`. The result never omits a redelivery that a caller requested.
 */
export function listResendableNotificationsOfSlowJob(
  { watch, slow, deliveries }: Pick<WatchDocument, "watch" | "slow" | "deliveries">,
  targets: Config["targets"],
): readonly ResendableNotification[] {
  if (slow === null) return [];
  return deliveries
    .filter(({ event }) => event === "job.slow")
    .filter(({ target, redelivery }) => redelivery > 0 || isSubscribedToSlowOrRemoved(target, targets))
    .map((delivery) => {
      const key = createNotificationKey(watch, slow.generations, "job.slow", delivery.target);
      return { delivery, message: createNotificationMessage(watch, key, "slow", delivery.redelivery) };
    });
}
