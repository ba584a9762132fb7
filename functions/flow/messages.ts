import type { Outcome, WatchKey } from "../../lib/job.ts";
import type { NoticeKey } from "../../lib/ledger/notice-ledger.ts";
import type { DigestMessage, LookMessage, NoticeMessage, TargetGoneMessage } from "../../lib/message.ts";
import type { Outgoing } from "../../lib/queue/queue.ts";

/** "Look at this job", as the poll queue carries it. */
export function lookMessage(
  look: WatchKey & { look: number; deadlineAt: number },
  delaySeconds: number,
  slotAt: number | null = null,
): Outgoing {
  const { project, jobId, look: number, deadlineAt } = look;
  const turn = slotAt === null ? {} : { slotAt };
  return outgoing(
    {
      v: 1,
      kind: "look",
      project,
      jobId,
      look: number,
      deadlineAt,
      ...turn,
    } satisfies LookMessage,
    delaySeconds,
  );
}

/** "Tell this target how the job ended", as the notify queue carries it. */
export function noticeMessage(
  { project, jobId, target, life = 0 }: NoticeKey,
  outcome: Outcome,
  redelivery: number,
): Outgoing {
  const notice = { kind: "notice", project, jobId, target, outcome, redelivery } as const;
  return outgoing(life === 0 ? { v: 1, ...notice } : ({ v: 2, ...notice, life } satisfies NoticeMessage));
}

/** "Tell this chat how all the jobs of one call ended." */
export function digestMessage(digestId: string, target: string): Outgoing {
  return outgoing({ v: 1, kind: "digest", digestId, target } satisfies DigestMessage);
}

/** "Tell the fallback target that another one is gone." */
export function targetGoneMessage(gone: string, since: number, target: string): Outgoing {
  return outgoing({
    v: 1,
    kind: "target_gone",
    gone,
    since,
    target,
  } satisfies TargetGoneMessage);
}

/** The ID in a batch is only there to match results with entries, so it is the body itself. */
function outgoing(message: object, delaySeconds = 0): Outgoing {
  const body = JSON.stringify(message);
  return { id: body, body, delaySeconds };
}
