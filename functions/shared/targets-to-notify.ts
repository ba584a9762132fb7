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
 * Digests (messages about several jobs) and alerts about targets have `:digest` or `:target` in place of a project.
 * The name of a project in the config contains no colon.
 */
export const DIGEST_PROJECT = ":digest";
export const TARGET_PROJECT = ":target";

/** Returns the notification key of a digest message to one target. */
export function createDigestNotificationKey(digestId: string, target: string): NotificationKey {
  return { project: DIGEST_PROJECT, jobId: digestId, generation: 0, event: "digest", target };
}

/**
 * Selects the targets of a watch whose setting `on` contains the outcome. A target that is no longer in the config is
 * also selected, so that its notification becomes a dead letter.
 * @param watch.digestTargets the result of `listDigestTargetsOfWatch`
 * @returns `own`: targets that get a notification about this watch. `byDigest`: chats that get one digest about all
 * jobs of the call. Configured targets come before callbacks, so that one caller's callbacks do not delay the targets
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
 * Returns true if a target is notified of slow jobs. A target that is no longer in the config also returns true, so
 * that its notification becomes a dead letter.
 */
export function isSubscribedToSlowOrRemoved(name: string, targets: Config["targets"]): boolean {
  return !Object.hasOwn(targets, name) || targets[name]?.on.includes("slow") === true;
}

/**
 * Returns the targets of a watch that get a digest message (one message about several jobs). If the digest does not
 * contain the watch, the array is empty. A digest lacks a watch if the ledger stored the watch, but the response of
 * the ledger was lost. The service then created the digest without this watch.
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
 * Removes an ended watch from the running watches of its digest. When no watch of the digest is running, the function
 * sends the digest message (one message about several jobs). If the function is called again, it queues the digest
 * message again. Only one message can claim the notification.
 * @returns the targets with a digest message about this watch, or an empty array without a digest
 * @throws SendFailedError if the digest message could not be sent
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

/** A sent notification that may be overdue. */
export interface ResendableNotification {
  /** The delivery record, or null if no message has claimed the notification. */
  readonly delivery: DeliveryRecord | null;
  /** The message that sends the notification again. */
  readonly message: OutgoingMessage;
}

/**
 * Returns the notifications of a watch about a slow job. A target whose `on` no longer contains `slow` is included only
 * after a redelivery.
 */
export function listResendableSlowNotifications(
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
