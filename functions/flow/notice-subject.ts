import { createHash } from "node:crypto";
import type { Conclusion } from "../../lib/conclusion.ts";
import type { Config } from "../../lib/config.ts";
import type { Instant } from "../../lib/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { NoticeKey } from "../../lib/ledger/notice-ledger.ts";
import type { DigestMessage, NoticeMessage, NotifyMessage, TargetGoneMessage } from "../../lib/message.ts";
import { formatDigest, formatNotice, formatTargetGone, type Message } from "../../lib/report/format.ts";
import { keptUntil } from "../../lib/retention.ts";
import { isCallback, type Target } from "../../lib/targets.ts";
import { callbackTarget } from "./notice-callback.ts";
import { isUnasked } from "./notice-targets.ts";

/** Digests and alerts about targets are kept in the ledger like notices of a watch; no project has such a name. */
export const DIGEST_PROJECT = ":digest";
export const TARGET_PROJECT = ":target";

/** A notice, ready to be claimed and delivered. */
export interface Notice {
  readonly key: NoticeKey;
  readonly redelivery: number;
  /** What the receiver knows a repeated delivery by: the same for every attempt and redelivery. */
  readonly webhookId: string;
  /** Null when the config has no such target. */
  readonly target: Target | null;
  /** Made when it is needed, and anew for each attempt. */
  readonly format: (target: Target) => Message;
  readonly expiresAt: Instant;
}

export interface NoticeSubjectPorts {
  readonly ledger: Pick<Ledger, "readConclusion" | "readAcceptance" | "readDigest" | "readDelivery">;
  readonly config: Config;
  /** The config as it is now, or was a moment ago. */
  readonly freshConfig: () => Promise<Config>;
  readonly now: () => Instant;
}

export type NoticeSubject =
  | { readonly kind: "notice"; readonly notice: Notice }
  /** The target does not want to hear of any of it. */
  | { readonly kind: "silent" }
  /** The ledger knows nothing of it (any more). */
  | { readonly kind: "unknown" };

/** Reads what a message is about. Nobody is passed over by a config that is older than the one the message was sent by. */
export async function noticeSubject(
  message: NotifyMessage,
  ports: NoticeSubjectPorts,
): Promise<NoticeSubject> {
  const subject = await subjectBy(message, ports);
  if (subject.kind !== "silent") return subject;
  const config = await ports.freshConfig();
  return config === ports.config ? subject : subjectBy(message, { ...ports, config });
}

async function subjectBy(message: NotifyMessage, ports: NoticeSubjectPorts): Promise<NoticeSubject> {
  const expiresAt = keptUntil(ports.now(), ports.config.settings);
  switch (message.kind) {
    case "notice":
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
  message: NoticeMessage,
  expiresAt: Instant,
  ports: NoticeSubjectPorts,
): Promise<NoticeSubject> {
  const { project, jobId, target: name, life } = message;
  const key = { project, jobId, target: name, life };
  const conclusion = await ports.ledger.readConclusion(key);
  if (conclusion === null) return { kind: "unknown" };
  if (await isUnasked(message, conclusion.outcome, ports)) return { kind: "silent" };
  const notice: Notice = {
    key,
    redelivery: message.redelivery,
    webhookId: webhookId(key, conclusion.outcome),
    target: isCallback(message.target)
      ? await callbackTarget(key, ports)
      : (ports.config.targets[message.target] ?? null),
    format: (target) => formatNotice(target, conclusion),
    expiresAt,
  };
  return { kind: "notice", notice };
}

/**
 * One ID per watch, outcome and target, and for each time the watch was taken up again: a hash of them, since names may
 * hold what a header may not.
 */
function webhookId({ project, jobId, target, life = 0 }: NoticeKey, what: string): string {
  const told = [project, jobId, what, target, ...(life === 0 ? [] : [life])];
  const hash = createHash("sha256").update(JSON.stringify(told));
  return `msg_${hash.digest("base64url").slice(0, 27)}`;
}

async function ofDigest(
  message: DigestMessage,
  expiresAt: Instant,
  { ledger, config }: NoticeSubjectPorts,
): Promise<NoticeSubject> {
  const digest = await ledger.readDigest(message.digestId);
  if (digest === null) return { kind: "unknown" };
  const target = config.targets[message.target] ?? null;
  const conclusions = (await Promise.all(digest.members.map((key) => ledger.readConclusion(key)))).filter(
    (conclusion): conclusion is Conclusion => conclusion !== null,
  );
  if (!conclusions.some(({ outcome }) => target === null || target.on.includes(outcome)))
    return { kind: "silent" };
  const key = { project: DIGEST_PROJECT, jobId: message.digestId, target: message.target };
  const notice: Notice = {
    key,
    redelivery: 0,
    webhookId: webhookId(key, "digest"),
    target,
    format: (to) => formatDigest(to, conclusions),
    expiresAt,
  };
  return { kind: "notice", notice };
}

function ofTargetGone(
  message: TargetGoneMessage,
  expiresAt: Instant,
  ports: NoticeSubjectPorts,
): NoticeSubject {
  const key = {
    project: TARGET_PROJECT,
    jobId: `${message.gone}.${message.since}`,
    target: message.target,
  };
  const notice: Notice = {
    key,
    redelivery: 0,
    webhookId: webhookId(key, "gone"),
    target: ports.config.targets[message.target] ?? null,
    format: (to) => formatTargetGone(to, message.gone, message.since),
    expiresAt,
  };
  return { kind: "notice", notice };
}
