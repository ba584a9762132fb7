import * as z from "zod/mini";
import { JobId, Name, Outcome } from "../domain/job.ts";
import { Count, CountFromOne } from "../domain/zod-fields.ts";

/**
 * The latest version this code writes of any kind. A reader accepts its own and all earlier ones; a newer one waits in the
 * queue. The next version of any kind is therefore 3: a 2 of another kind than a notification is malformed here.
 */
const MESSAGE_VERSION = 2;

/** Poll queue: "look at this job". The loop carries its own bounds, so that no lost setting can make it endless. */
export const PollMessage = z.strictObject({
  v: z.literal(1),
  kind: z.literal("poll"),
  project: Name,
  jobId: JobId,
  poll: CountFromOne,
  deadlineAt: Count,
  /** The turn in its project's quota that this poll has taken and waits for. */
  rateLimitedUntil: z.optional(Count),
});
export type PollMessage = z.infer<typeof PollMessage>;

/** A configured target's name, or that of a caller's own. */
const TargetName = z.string().check(z.minLength(1), z.maxLength(80));

/**
 * Notify queue: "tell this target". `redelivery` counts deliberate repeats; 0 is the notification of the outcome itself. `generation`
 * counts how often the watch was taken up again, which readers of version 1 know nothing of.
 */
export const NotificationMessage = z.strictObject({
  v: z.union([z.literal(1), z.literal(2)]),
  kind: z.literal("notification"),
  project: Name,
  jobId: JobId,
  target: TargetName,
  outcome: Outcome,
  redelivery: z._default(Count, 0),
  generation: z.optional(CountFromOne),
});
export type NotificationMessage = z.infer<typeof NotificationMessage>;

/** Notify queue: "tell this chat target how all the jobs of one call ended". */
export const DigestMessage = z.strictObject({
  v: z.literal(1),
  kind: z.literal("digest"),
  digestId: z.string().check(z.regex(/^[A-Za-z0-9-]{1,64}$/)),
  target: TargetName,
});
export type DigestMessage = z.infer<typeof DigestMessage>;

/** Notify queue: "tell the fallback target that another one is gone, since `since`". */
export const TargetGoneMessage = z.strictObject({
  v: z.literal(1),
  kind: z.literal("target_gone"),
  gone: Name,
  since: Count,
  target: Name,
});
export type TargetGoneMessage = z.infer<typeof TargetGoneMessage>;

export const NotifyMessage = z.discriminatedUnion("kind", [
  NotificationMessage,
  DigestMessage,
  TargetGoneMessage,
]);
export type NotifyMessage = z.infer<typeof NotifyMessage>;

/** Reading a queue's body: a `newer` one must wait for its reader; a `malformed` one is permanent. */
export type ParsedMessage<T> =
  | { readonly kind: "message"; readonly message: T }
  | { readonly kind: "newer"; readonly version: number }
  | { readonly kind: "malformed"; readonly reason: string };

const Version = z.object({ v: z.int() });

/** Reads a queue body with `schema`. The reason names fields, never their values: a body may hold anything. */
export function parseMessage<T>(schema: z.ZodMiniType<T>, body: string): ParsedMessage<T> {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { kind: "malformed", reason: "the body is not JSON" };
  }
  const version = Version.safeParse(json);
  if (version.success && version.data.v > MESSAGE_VERSION) return { kind: "newer", version: version.data.v };
  const parsed = schema.safeParse(json);
  if (parsed.success) return { kind: "message", message: parsed.data };
  const faults = parsed.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.code}`);
  return { kind: "malformed", reason: `not a message of version ${MESSAGE_VERSION}: ${faults.join(", ")}` };
}
