import * as z from "zod/mini";
import {
  CallerName,
  type Instant,
  JobId,
  TargetEvent,
  type WatchGeneration,
  type WatchKey,
} from "../domain/job.ts";
import { parseJsonOrUndefined } from "../domain/json.ts";
import { Name } from "../domain/names.ts";
import { Traceparent } from "../domain/traceparent.ts";
import { Count, CountFromOne, textSchema } from "../domain/zod-fields.ts";
import type { NotificationKey } from "../ledger/notification.ts";
import type { Watch } from "../ledger/watch.ts";
import type { OutgoingMessage } from "./queue.ts";

/**
 * The version of the message format that the current release writes. The current release also reads messages in earlier
 * versions.
 */
const MESSAGE_VERSION = 1;

/** Requests a poll of a watch. `poll` is the number of the requested poll. */
export const PollMessage = z.lazy(() =>
  z.strictObject({
    v: z.literal(MESSAGE_VERSION),
    kind: z.literal("poll"),
    project: Name,
    jobId: JobId,
    caller: CallerName,
    poll: CountFromOne,
    /**
     * The deadline of the watch. The deadline in the message limits the polls of the watch even if the deadline in the
     * ledger is wrong.
     */
    deadlineAt: Count,
    /** The time that the rate limit has reserved for the poll's query to CCE. */
    rateLimitedUntil: z.optional(Count),
    /** The W3C trace context of the watch. */
    traceparent: z.optional(Traceparent),
  }),
);
export type PollMessage = z.infer<typeof PollMessage>;

/** The name of a target in the config, or the name of a callback. */
const TargetName = z.lazy(() => textSchema(z.minLength(1), z.maxLength(80)));

/** Requests a notification for one target. The notification is about an outcome or about a slow job. */
export const NotificationMessage = z.lazy(() =>
  z.strictObject({
    v: z.literal(MESSAGE_VERSION),
    kind: z.literal("notification"),
    project: Name,
    jobId: JobId,
    /** The name of the caller of the watch. The notification contains the outcome and the context of this watch. */
    caller: CallerName,
    watchGeneration: Count,
    /** The generation in the notification key, which may be higher than `watchGeneration`. */
    generation: Count,
    target: TargetName,
    /** The outcome of the watch. For a notification about a slow job, `outcome` is `slow`. */
    outcome: TargetEvent,
    /** `redelivery` is 0 for the first notification, 1 for the first redelivery that a caller requested, and so on. */
    redelivery: Count,
    /** The W3C trace context of the watch. */
    traceparent: z.optional(Traceparent),
  }),
);
export type NotificationMessage = z.infer<typeof NotificationMessage>;

/** Requests the delivery of a digest (one message about several jobs) to a chat. */
const DigestMessage = z.lazy(() =>
  z.strictObject({
    v: z.literal(MESSAGE_VERSION),
    kind: z.literal("digest"),
    digestId: textSchema(z.regex(/^[A-Za-z0-9-]{1,64}$/)),
    target: TargetName,
    /** The trace context of the request that started all watches of the digest. */
    traceparent: z.optional(Traceparent),
  }),
);

/** Requests an alert to the fallback target. The alert reports that another target no longer exists. */
const TargetGoneMessage = z.lazy(() =>
  z.strictObject({
    v: z.literal(MESSAGE_VERSION),
    kind: z.literal("target_gone"),
    /** The name of the target that no longer exists. */
    gone: Name,
    since: Count,
    /** The fallback target. */
    target: Name,
  }),
);

export const NotifyMessage = z.lazy(() =>
  z.discriminatedUnion("kind", [NotificationMessage, DigestMessage, TargetGoneMessage]),
);
export type NotifyMessage = z.infer<typeof NotifyMessage>;

type ParsedMessage<T> =
  | { readonly kind: "message"; readonly message: T }
  /**
   * A newer release has written the message, so the message stays in the queue until an operator deploys that release.
   */
  | { readonly kind: "newer"; readonly version: number }
  /** A message that no release can read. */
  | { readonly kind: "malformed"; readonly reason: string };

const Version = z.lazy(() => z.object({ v: z.int() }));

/**
 * Parses the body of a queue message. If the message is malformed, the reason contains names of fields and no values.
 */
export function parseMessage<T>(schema: z.ZodMiniType<T>, body: string): ParsedMessage<T> {
  const json = parseJsonOrUndefined(body);
  if (json === undefined) return { kind: "malformed", reason: "the body is not JSON" };
  const version = Version.safeParse(json);
  if (version.success && version.data.v > MESSAGE_VERSION) return { kind: "newer", version: version.data.v };
  const parsed = schema.safeParse(json);
  if (parsed.success) return { kind: "message", message: parsed.data };
  const faults = parsed.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.code}`);
  return { kind: "malformed", reason: `not a message of version ${MESSAGE_VERSION}: ${faults.join(", ")}` };
}

/** The trace context of a watch, if the caller sent one. */
interface Traced {
  readonly traceparent?: string | null | undefined;
}

interface PollToSend extends WatchKey, Traced {
  readonly poll: number;
  readonly deadlineAt: Instant;
}

/** Returns the message for a poll. SQS delivers the message after `delaySeconds` seconds. */
export function createPollMessage(
  wanted: PollToSend,
  delaySeconds: number,
  rateLimitedUntil: Instant | null = null,
): OutgoingMessage {
  const { project, jobId, caller, poll, deadlineAt, traceparent = null } = wanted;
  const message = {
    kind: "poll",
    project,
    jobId,
    caller,
    poll,
    deadlineAt,
    ...(rateLimitedUntil !== null && { rateLimitedUntil }),
    ...(traceparent !== null && { traceparent }),
  } as const;
  return toOutgoing(message, delaySeconds);
}

/**
 * Returns a second message for the first poll of a watch, because the first message may be lost. The result is null if
 * the watch has ended, or if the first poll has already started.
 */
export function recreateFirstPollMessageIfUnclaimed(
  watch: Watch,
  delaySeconds: number,
): OutgoingMessage | null {
  const { state, poll, previousPolls } = watch;
  if (state !== "watching" || poll > previousPolls) return null;
  return createPollMessage({ ...watch, poll: poll + 1 }, delaySeconds);
}

/** Returns the message for a notification about an outcome or a slow job. */
export function createNotificationMessage(
  { caller, generation: watchGeneration, traceparent = null }: WatchGeneration & Traced,
  { project, jobId, generation, target }: NotificationKey,
  outcome: TargetEvent,
  redelivery: number,
): OutgoingMessage {
  const watch = { project, jobId, caller, watchGeneration };
  const message = { kind: "notification", ...watch, generation, target, outcome, redelivery } as const;
  return toOutgoing(traceparent === null ? message : { ...message, traceparent });
}

/** Returns the generation of the watch that the notification is about. */
export function watchGenerationOfMessage(message: NotificationMessage): WatchGeneration {
  const { project, jobId, caller, watchGeneration } = message;
  return { project, jobId, caller, generation: watchGeneration };
}

export function notificationKeyOfMessage(message: NotificationMessage): NotificationKey {
  const { project, jobId, generation, outcome, target } = message;
  return { project, jobId, generation, event: `job.${outcome}`, target };
}

/**
 * Creates the queue message that lets the service post a digest to a chat.
 * @param traceparent the trace context that all watches of the digest share
 */
export function createDigestMessage(
  digestId: string,
  target: string,
  traceparent: string | null,
): OutgoingMessage {
  const message = { kind: "digest", digestId, target } as const;
  return toOutgoing(traceparent === null ? message : { ...message, traceparent });
}

/**
 * Returns the queue message that requests a notification about a target that no longer exists. The notification goes to
 * the fallback target.
 */
export function createTargetGoneMessage(
  goneTarget: string,
  goneSince: Instant,
  fallbackTarget: string,
): OutgoingMessage {
  return toOutgoing({ kind: "target_gone", gone: goneTarget, since: goneSince, target: fallbackTarget });
}

type Unversioned<Message> = Message extends unknown ? Omit<Message, "v"> : never;

/**
 * Adds the version and an ID to a message. The ID identifies the message only inside the service, and is not sent to
 * SQS. The message group is the project of a poll, or the target of a notification.
 */
function toOutgoing(message: Unversioned<PollMessage | NotifyMessage>, delaySeconds = 0): OutgoingMessage {
  const body = JSON.stringify({ v: MESSAGE_VERSION, ...message });
  return {
    id: body,
    body,
    delaySeconds,
    groupId: message.kind === "poll" ? message.project : message.target,
  };
}
