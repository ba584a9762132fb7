import { createHash } from "node:crypto";
import { decrypt } from "../../lib/auth/encryption.ts";
import type { NotificationContent } from "../../lib/channels/channel.ts";
import type { Target } from "../../lib/channels/registry.ts";
import { createCallbackTarget, isCallbackName } from "../../lib/channels/webhook/target.ts";
import type { Config } from "../../lib/config/config.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import { computeLedgerExpiryTime } from "../../lib/config/retention.ts";
import type { Instant, Outcome } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { NotificationKey } from "../../lib/ledger/notification.ts";
import type { NotificationMessage, NotifyMessage } from "../../lib/queue/messages.ts";
import { digestNotificationKey, TARGET_PROJECT } from "../shared/notification-targets.ts";

/** The data of a notification that a delivery attempt needs. */
export interface Notification {
  readonly key: NotificationKey;
  readonly redelivery: number;
  /**
   * The ID of the notification is the same for every delivery attempt and every redelivery. The receiver recognizes a
   * repeated notification by this ID.
   */
  readonly webhookId: string;
  /** The target is null when the config does not contain the target. */
  readonly target: Target | null;
  readonly content: NotificationContent;
  readonly expiresAt: Instant;
}

export type ResolvedNotification =
  | ({ readonly kind: "notification" } & Notification)
  /** The setting `on` of the target excludes the outcome of the job, so no notification is sent. */
  | { readonly kind: "filtered" }
  /** The ledger does not contain the outcome or the digest that the message refers to. */
  | { readonly kind: "unknown" };

export interface ResolveNotificationPorts {
  readonly ledger: Pick<Ledger, "readOutcome" | "readCallerData" | "readDigest" | "readDelivery">;
  readonly configs: Pick<ConfigSource, "refreshed">;
  readonly now: () => Instant;
}

/**
 * Reads the outcome, the digest (the data for one message about several jobs) or the alert that a message of the notify
 * queue refers to. The config in memory may be older than the config of the function that sent the message. If the
 * config in memory excludes the notification, the function therefore checks again with the newest config.
 */
export async function resolveNotification(
  message: NotifyMessage,
  config: Config,
  ports: ResolveNotificationPorts,
): Promise<ResolvedNotification> {
  const resolved = await resolveWith(config, message, ports);
  if (resolved.kind !== "filtered") return resolved;
  const newest = await ports.configs.refreshed();
  return newest === config ? resolved : resolveWith(newest, message, ports);
}

async function resolveWith(
  config: Config,
  message: NotifyMessage,
  { ledger, now }: ResolveNotificationPorts,
): Promise<ResolvedNotification> {
  const name = message.target;
  const target = config.targets[name] ?? null;
  const expiresAt = computeLedgerExpiryTime(now(), config.settings);
  const notificationOf = (
    key: NotificationKey,
    event: string,
    content: NotificationContent,
    redelivery = 0,
  ) =>
    ({
      kind: "notification",
      key,
      redelivery,
      webhookId: webhookId(key, event),
      target,
      content,
      expiresAt,
    }) as const;
  switch (message.kind) {
    case "notification": {
      const { project, jobId, generation, redelivery } = message;
      const key = { project, jobId, target: name, generation };
      const summary = await ledger.readOutcome(key);
      if (summary === null) return { kind: "unknown" };
      if (await isFiltered(message, summary.outcome, target, ledger)) return { kind: "filtered" };
      const resolved = notificationOf(key, summary.outcome, { kind: "outcome", summary }, redelivery);
      return isCallbackName(name)
        ? { ...resolved, target: await readCallback(key, config, ledger) }
        : resolved;
    }
    case "digest": {
      const { digestId } = message;
      const digest = await ledger.readDigest(digestId);
      if (digest === null) return { kind: "unknown" };
      const read = await Promise.all(digest.members.map((member) => ledger.readOutcome(member)));
      const summaries = read.filter((summary) => summary !== null);
      if (!summaries.some(({ outcome }) => target === null || target.on.includes(outcome)))
        return { kind: "filtered" };
      return notificationOf(digestNotificationKey(digestId, name), "digest", { kind: "digest", summaries });
    }
    case "target_gone": {
      const { gone, since } = message;
      const key = { project: TARGET_PROJECT, jobId: `${gone}.${since}`, generation: 0, target: name };
      return notificationOf(key, "gone", { kind: "target_gone", target: gone, since });
    }
    default:
      return message satisfies never;
  }
}

/**
 * Returns whether the setting `on` of the target excludes the outcome of the job. The result for a redelivery is always
 * false. The result is also false after the first delivery attempt, because the state of the notification would stay
 * `pending`.
 */
async function isFiltered(
  message: NotificationMessage,
  outcome: Outcome,
  target: Target | null,
  ledger: Pick<Ledger, "readDelivery">,
): Promise<boolean> {
  if (message.redelivery > 0 || target === null || target.on.includes(outcome)) return false;
  return (await ledger.readDelivery(message)).history.length === 0;
}

/** Returns the webhook target for the `callbackUrl` of the caller, or null when this URL cannot be decrypted. */
async function readCallback(
  key: NotificationKey,
  { settings: { linkKey, callbackSecrets } }: Config,
  ledger: Pick<Ledger, "readCallerData">,
): Promise<Target | null> {
  const encrypted = (await ledger.readCallerData(key)).callbacks[key.target];
  if (encrypted === undefined || linkKey === undefined) return null;
  const url = decrypt(encrypted, { key: linkKey, purpose: key.target });
  return url === null ? null : createCallbackTarget(url, callbackSecrets);
}

/**
 * Returns one webhook ID for each notification key and event. The webhook ID is a hash, because the name of a target
 * may contain characters that are not allowed in an HTTP header.
 */
function webhookId({ project, jobId, target, generation }: NotificationKey, event: string): string {
  const parts = [project, jobId, event, target, generation];
  const hash = createHash("sha256").update(JSON.stringify(parts));
  return `msg_${hash.digest("base64url").slice(0, 27)}`;
}
