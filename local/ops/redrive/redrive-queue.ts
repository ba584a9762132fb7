import type { Instant } from "../../../lib/domain/job.ts";
import type { DeadLetter, DeadLetterQueue } from "./dead-letter-queue.ts";
import type { RedriveResult } from "./redrive-message.ts";

interface RedriveQueuePorts {
  readonly queue: DeadLetterQueue;
  readonly redrive: (message: DeadLetter) => Promise<RedriveResult>;
  /** Returns a short description of a message in a dead-letter queue. */
  readonly titleOf: (message: DeadLetter) => string;
  readonly now: () => Instant;
  readonly report: (line: string) => void;
}

/** A map from each kind of result, such as `sent`, to the number of dead letters with this result. */
type RedriveCounts = Readonly<Record<RedriveResult["kind"], number>>;

/**
 * Sends each message of a dead-letter queue to its original queue once, and reports the result. The function does not
 * send messages that arrive in the dead-letter queue during the run. Otherwise a message that always fails would keep
 * the command running forever.
 */
export async function redriveQueue(ports: RedriveQueuePorts): Promise<RedriveCounts> {
  const { queue, redrive, titleOf, now, report } = ports;
  const startedAt = now();
  const handledIds = new Set<string>();
  const sentBodies = new Set<string>();
  const received = new Map<string, DeadLetter>();
  const counts = { sent: 0, obsolete: 0, kept: 0 };

  const redriveOnce = async (message: DeadLetter): Promise<RedriveResult> => {
    const kept = (text: string): RedriveResult => {
      const cause = message.cause === null ? text : `${text} (${message.cause})`;
      return { kind: "kept", title: titleOf(message), cause };
    };
    const wasSent = sentBodies.has(message.body);
    if (message.sentAt >= startedAt) return kept(wasSent ? "failed again" : "failed during this run");
    // The command sends each message body only once per run. SQS may return a message twice, or the clock of SQS may
    // differ from the clock of this machine.
    if (wasSent) return kept("this run has already sent the same message");
    return redrive(message);
  };

  try {
    for (;;) {
      const messages = await queue.receive();
      if (messages.length === 0) break;
      for (const message of messages) {
        received.set(message.id, message);
        if (handledIds.has(message.id)) continue;
        handledIds.add(message.id);
        const result = await redriveOnce(message);
        counts[result.kind] += 1;
        report(resultLine(result));
        if (result.kind === "kept") continue;
        if (result.kind === "sent") sentBodies.add(result.body);
        await queue.delete(message);
        received.delete(message.id);
      }
    }
  } finally {
    // If `release` fails, the message becomes visible again after its visibility timeout.
    for (const message of received.values()) await queue.release(message).catch(() => undefined);
  }
  return counts;
}

function resultLine(result: RedriveResult): string {
  const start = `${result.kind.padEnd(8)} ${result.title}`;
  return result.kind === "sent" ? start : `${start}: ${result.cause}`;
}
