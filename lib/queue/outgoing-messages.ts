import type { Outcome, WatchKey } from "../domain/job.ts";
import type { NotificationKey } from "../ledger/notification-ledger.ts";
import type { DigestMessage, NotificationMessage, PollMessage, TargetGoneMessage } from "./messages.ts";
import type { OutgoingMessage } from "./queue.ts";

/** "Look at this job", as the poll queue carries it. */
export function pollMessage(
  poll: WatchKey & { poll: number; deadlineAt: number },
  delaySeconds: number,
  rateLimitedUntil: number | null = null,
): OutgoingMessage {
  const { project, jobId, poll: number, deadlineAt } = poll;
  const turn = rateLimitedUntil === null ? {} : { rateLimitedUntil };
  return outgoing(
    {
      v: 1,
      kind: "poll",
      project,
      jobId,
      poll: number,
      deadlineAt,
      ...turn,
    } satisfies PollMessage,
    delaySeconds,
  );
}

/** "Tell this target how the job ended", as the notify queue carries it. */
export function notificationMessage(
  { project, jobId, target, generation = 0 }: NotificationKey,
  outcome: Outcome,
  redelivery: number,
): OutgoingMessage {
  const notification = { kind: "notification", project, jobId, target, outcome, redelivery } as const;
  return outgoing(
    generation === 0
      ? { v: 1, ...notification }
      : ({ v: 2, ...notification, generation } satisfies NotificationMessage),
  );
}

/** "Tell this chat how all the jobs of one call ended." */
export function digestMessage(digestId: string, target: string): OutgoingMessage {
  return outgoing({ v: 1, kind: "digest", digestId, target } satisfies DigestMessage);
}

/** "Tell the fallback target that another one is gone." */
export function targetGoneMessage(gone: string, since: number, target: string): OutgoingMessage {
  return outgoing({
    v: 1,
    kind: "target_gone",
    gone,
    since,
    target,
  } satisfies TargetGoneMessage);
}

/** The ID in a batch is only there to match results with entries, so it is the body itself. */
function outgoing(message: object, delaySeconds = 0): OutgoingMessage {
  const body = JSON.stringify(message);
  return { id: body, body, delaySeconds };
}
