import { createHash } from "node:crypto";
import type { NotificationContent } from "../../lib/channels/notification-content.ts";
import { isCallback, type Target } from "../../lib/channels/targets.ts";
import type { Config } from "../../lib/config/config.ts";
import { keptUntil } from "../../lib/config/retention.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { OutcomeSummary } from "../../lib/domain/outcome-summary.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { NotificationKey } from "../../lib/ledger/notification-ledger.ts";
import type {
  DigestMessage,
  NotificationMessage,
  NotifyMessage,
  TargetGoneMessage,
} from "../../lib/queue/messages.ts";
import { DIGEST_PROJECT, isUnasked, TARGET_PROJECT } from "../shared/notification-targets.ts";
import { callbackTarget } from "./callback-target.ts";

/** A notification, ready to be claimed and delivered. */
export interface Notification {
  readonly key: NotificationKey;
  readonly redelivery: number;
  /** What the receiver knows a repeated delivery by: the same for every attempt and redelivery. */
  readonly webhookId: string;
  /** Null when the config has no such target. */
  readonly target: Target | null;
  readonly content: NotificationContent;
  readonly expiresAt: Instant;
}

export interface NotificationSubjectPorts {
  readonly ledger: Pick<Ledger, "readOutcome" | "readCallerData" | "readDigest" | "readDelivery">;
  readonly config: Config;
  /** The config as it is now, or was a moment ago. */
  readonly freshConfig: () => Promise<Config>;
  readonly now: () => Instant;
}

export type NotificationSubject =
  | { readonly kind: "notification"; readonly notification: Notification }
  /** The target does not want to hear of any of it. */
  | { readonly kind: "silent" }
  /** The ledger knows nothing of it (any more). */
  | { readonly kind: "unknown" };

/** Reads what a message is about. Nobody is passed over by a config that is older than the one the message was sent by. */
export async function notificationSubject(
  message: NotifyMessage,
  ports: NotificationSubjectPorts,
): Promise<NotificationSubject> {
  const subject = await subjectBy(message, ports);
  if (subject.kind !== "silent") return subject;
  const config = await ports.freshConfig();
  return config === ports.config ? subject : subjectBy(message, { ...ports, config });
}

async function subjectBy(
  message: NotifyMessage,
  ports: NotificationSubjectPorts,
): Promise<NotificationSubject> {
  const expiresAt = keptUntil(ports.now(), ports.config.settings);
  switch (message.kind) {
    case "notification":
      return ofOutcome(message, expiresAt, ports);
    case "digest":
      return ofDigest(message, expiresAt, ports);
    case "target_gone":
      return ofTargetGone(message, expiresAt, ports);
    default:
      return message satisfies never;
  }
}

async function ofOutcome(
  message: NotificationMessage,
  expiresAt: Instant,
  ports: NotificationSubjectPorts,
): Promise<NotificationSubject> {
  const { project, jobId, target: name, generation } = message;
  const key = { project, jobId, target: name, generation };
  const conclusion = await ports.ledger.readOutcome(key);
  if (conclusion === null) return { kind: "unknown" };
  if (await isUnasked(message, conclusion.outcome, ports)) return { kind: "silent" };
  const notification: Notification = {
    key,
    redelivery: message.redelivery,
    webhookId: webhookId(key, conclusion.outcome),
    target: isCallback(message.target)
      ? await callbackTarget(key, ports)
      : (ports.config.targets[message.target] ?? null),
    content: { kind: "outcome", summary: conclusion },
    expiresAt,
  };
  return { kind: "notification", notification };
}

/**
 * One ID per watch, outcome and target, and for each time the watch was taken up again: a hash of them, since names may
 * hold what a header may not.
 */
function webhookId({ project, jobId, target, generation = 0 }: NotificationKey, what: string): string {
  const told = [project, jobId, what, target, ...(generation === 0 ? [] : [generation])];
  const hash = createHash("sha256").update(JSON.stringify(told));
  return `msg_${hash.digest("base64url").slice(0, 27)}`;
}

async function ofDigest(
  message: DigestMessage,
  expiresAt: Instant,
  { ledger, config }: NotificationSubjectPorts,
): Promise<NotificationSubject> {
  const digest = await ledger.readDigest(message.digestId);
  if (digest === null) return { kind: "unknown" };
  const target = config.targets[message.target] ?? null;
  const conclusions = (await Promise.all(digest.members.map((key) => ledger.readOutcome(key)))).filter(
    (conclusion): conclusion is OutcomeSummary => conclusion !== null,
  );
  if (!conclusions.some(({ outcome }) => target === null || target.on.includes(outcome)))
    return { kind: "silent" };
  const key = { project: DIGEST_PROJECT, jobId: message.digestId, target: message.target };
  const notification: Notification = {
    key,
    redelivery: 0,
    webhookId: webhookId(key, "digest"),
    target,
    content: { kind: "digest", summaries: conclusions },
    expiresAt,
  };
  return { kind: "notification", notification };
}

function ofTargetGone(
  message: TargetGoneMessage,
  expiresAt: Instant,
  ports: NotificationSubjectPorts,
): NotificationSubject {
  const key = {
    project: TARGET_PROJECT,
    jobId: `${message.gone}.${message.since}`,
    target: message.target,
  };
  const notification: Notification = {
    key,
    redelivery: 0,
    webhookId: webhookId(key, "gone"),
    target: ports.config.targets[message.target] ?? null,
    content: { kind: "target_gone", target: message.gone, since: message.since },
    expiresAt,
  };
  return { kind: "notification", notification };
}
