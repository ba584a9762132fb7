import { createHash } from "node:crypto";
import { decrypt } from "../../lib/auth/encryption.ts";
import type { NotificationContent } from "../../lib/channels/channel.ts";
import type { Target } from "../../lib/channels/registry.ts";
import { createCallbackTarget, isCallbackTargetName } from "../../lib/channels/webhook/target.ts";
import type { ConfigWithTargets } from "../../lib/config/config.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import { computeExpiryAsLaterOfRetentionAndRetries } from "../../lib/config/retention.ts";
import type { Clock, Instant, TargetEvent, WatchGeneration } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { NotificationKey } from "../../lib/ledger/notification.ts";
import {
  type NotificationMessage,
  type NotifyMessage,
  notificationKeyOfMessage,
  watchGenerationOfMessage,
} from "../../lib/queue/messages.ts";
import { createDigestNotificationKey, TARGET_PROJECT } from "../shared/targets-to-notify-and-digests.ts";

/** The data about a notification that a delivery attempt needs. */
export interface Notification {
  readonly key: NotificationKey;
  readonly redelivery: number;
  /**
   * The ID by which the target recognizes a notification that it has already received. All attempts and redeliveries of
   * the notification have the same `webhookId`.
   */
  readonly webhookId: string;
  /** The trace context of the watch, or null. If the notification is about several watches, `traceparent` is null. */
  readonly traceparent: string | null;
  /** If the config does not contain the target, `target` is null. */
  readonly target: Target | null;
  readonly content: NotificationContent;
  readonly expiresAt: Instant;
}

type ResolvedNotification =
  | ({ readonly kind: "notification" } & Notification)
  /** The setting `on` of the target does not contain the outcome, so the service sends nothing. */
  | { readonly kind: "filtered" }
  /** The ledger does not contain the outcome or the digest of the notification. */
  | { readonly kind: "unknown" };

export interface ResolveNotificationPorts {
  readonly ledger: Pick<
    Ledger,
    | "readOutcomeWithoutTree"
    | "readSlowRecord"
    | "readCallerData"
    | "readDigest"
    | "readDeliveryOrPendingRecord"
  >;
  readonly configs: Pick<ConfigSource<ConfigWithTargets>, "refreshed">;
  readonly now: Clock;
}

/**
 * Reads the content of the notification that a queue message requests: an outcome, a digest (data for one message about
 * several jobs), or an alert. If the target's setting `on` does not contain the event, the function reads the config
 * again.
 */
export async function resolveNotification(
  message: NotifyMessage,
  config: ConfigWithTargets,
  ports: ResolveNotificationPorts,
): Promise<ResolvedNotification> {
  const resolved = await resolveWith(config, message, ports);
  if (resolved.kind !== "filtered") return resolved;
  const newest = await ports.configs.refreshed();
  return newest === config ? resolved : resolveWith(newest, message, ports);
}

async function resolveWith(
  config: ConfigWithTargets,
  message: NotifyMessage,
  { ledger, now }: ResolveNotificationPorts,
): Promise<ResolvedNotification> {
  const name = message.target;
  const target = config.targets[name] ?? null;
  const expiresAt = computeExpiryAsLaterOfRetentionAndRetries(now(), config.settings);
  const notificationOf = (key: NotificationKey, content: NotificationContent, redelivery = 0) =>
    ({
      kind: "notification",
      key,
      redelivery,
      webhookId: webhookId(key),
      traceparent: message.kind === "notification" ? (message.traceparent ?? null) : null,
      target,
      content,
      expiresAt,
    }) as const;
  switch (message.kind) {
    case "notification": {
      const { redelivery } = message;
      const watch = watchGenerationOfMessage(message);
      if (message.outcome === "slow") {
        const slow = await ledger.readSlowRecord(watch);
        if (slow === null) return { kind: "unknown" };
        if (await isFiltered(message, "slow", target, ledger)) return { kind: "filtered" };
        return notificationOf(
          notificationKeyOfMessage(message),
          { kind: "slow", summary: slow.summary },
          redelivery,
        );
      }
      const summary = (await ledger.readOutcomeWithoutTree(watch))?.summary ?? null;
      if (summary === null) return { kind: "unknown" };
      if (await isFiltered(message, summary.outcome, target, ledger)) return { kind: "filtered" };
      const resolved = notificationOf(
        notificationKeyOfMessage(message),
        { kind: "outcome", summary },
        redelivery,
      );
      return isCallbackTargetName(name)
        ? { ...resolved, target: await readCallback(watch, name, config, ledger) }
        : resolved;
    }
    case "digest": {
      const { digestId } = message;
      const digest = await ledger.readDigest(digestId);
      if (digest === null) return { kind: "unknown" };
      const { caller, members } = digest;
      const read = await Promise.all(
        members.map((member) => ledger.readOutcomeWithoutTree({ ...member, caller })),
      );
      const summaries = read.flatMap((outcome) => outcome?.summary ?? []);
      if (!summaries.some(({ outcome }) => target === null || target.on.includes(outcome)))
        return { kind: "filtered" };
      return notificationOf(createDigestNotificationKey(digestId, name), {
        kind: "digest",
        summaries,
      });
    }
    case "target_gone": {
      const { gone, since } = message;
      const alert = { project: TARGET_PROJECT, jobId: `${gone}.${since}` };
      const key = { ...alert, generation: 0, event: "target_gone", target: name };
      return notificationOf(key, { kind: "target_gone", target: gone, at: since });
    }
    default:
      return message satisfies never;
  }
}

/**
 * Returns true if the service must not send the notification, because the target's setting `on` does not contain the
 * event. For a redelivery that a caller requested, returns false. After the first delivery attempt, returns false too,
 * because the notification would otherwise stay `pending` for ever.
 */
async function isFiltered(
  message: NotificationMessage,
  event: TargetEvent,
  target: Target | null,
  ledger: Pick<Ledger, "readDeliveryOrPendingRecord">,
): Promise<boolean> {
  if (message.redelivery > 0 || target === null || target.on.includes(event)) return false;
  return (await ledger.readDeliveryOrPendingRecord(notificationKeyOfMessage(message))).history.length === 0;
}

/** Returns the target of the caller's `callbackUrl`, or null if the URL cannot be decrypted. */
async function readCallback(
  watch: WatchGeneration,
  name: string,
  { settings: { linkKeys, callbackSecrets } }: ConfigWithTargets,
  ledger: Pick<Ledger, "readCallerData">,
): Promise<Target | null> {
  const encrypted = (await ledger.readCallerData(watch)).callbacks[name];
  if (encrypted === undefined) return null;
  const url = decrypt(encrypted, linkKeys, name);
  return url === null ? null : createCallbackTarget(url, callbackSecrets);
}

/**
 * Returns the webhook ID of a notification. The ID is a hash, because a target's name may contain characters that HTTP
 * headers do not allow.
 */
function webhookId({ project, jobId, generation, event, target }: NotificationKey): string {
  const parts = [project, jobId, event, target, generation];
  const hash = createHash("sha256").update(JSON.stringify(parts));
  return `msg_${hash.digest("base64url").slice(0, 27)}`;
}
