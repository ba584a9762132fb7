import type { Instant } from "../../../lib/domain/job.ts";
import type { DeadLetters, Letter } from "./letters.ts";
import type { Redriven } from "./message.ts";

export interface RedriveQueuePorts {
  readonly letters: DeadLetters;
  readonly redrive: (letter: Letter) => Promise<Redriven>;
  /** A letter that is not sent again, by what it is about. */
  readonly name: (letter: Letter) => string;
  readonly now: () => Instant;
  readonly tell: (line: string) => void;
}

/** How many letters came to what. */
export type Tally = Readonly<Record<Redriven["kind"], number>>;

/**
 * Reads each letter that lies in a dead-letter queue once, and tells what became of it. What dies while this runs is left:
 * a message that dies again at once would otherwise be sent again for ever.
 */
export async function redriveQueue(ports: RedriveQueuePorts): Promise<Tally> {
  const { letters, redrive, name, now, tell } = ports;
  const beganAt = now();
  const seen = new Set<string>();
  const sent = new Set<string>();
  const held = new Map<string, Letter>();
  const total = { sent: 0, settled: 0, left: 0 };

  const left = (letter: Letter, why: string): Redriven => ({ kind: "left", what: name(letter), why });
  const judge = async (letter: Letter): Promise<Redriven> => {
    const cause = letter.cause === null ? "" : ` (${letter.cause})`;
    if (letter.sentAt >= beganAt)
      return left(letter, sent.has(letter.body) ? `died again${cause}` : `died while this ran${cause}`);
    // Known by its body: a poll lay here twice, or this machine's clock is ahead of the queue's.
    if (sent.has(letter.body)) return left(letter, `this run has sent the same already${cause}`);
    return redrive(letter);
  };

  try {
    for (;;) {
      const received = await letters.receive();
      if (received.length === 0) break;
      for (const letter of received) {
        held.set(letter.id, letter);
        if (seen.has(letter.id)) continue;
        seen.add(letter.id);
        const redriven = await judge(letter);
        total[redriven.kind] += 1;
        tell(lineOf(redriven));
        if (redriven.kind === "left") continue;
        if (redriven.kind === "sent") sent.add(redriven.body);
        await letters.remove(letter);
        held.delete(letter.id);
      }
    }
  } finally {
    // One that cannot be released shows again by itself.
    for (const letter of held.values()) await letters.release(letter).catch(() => undefined);
  }
  return total;
}

function lineOf(redriven: Redriven): string {
  const start = `${redriven.kind.padEnd(8)} ${redriven.what}`;
  return redriven.kind === "sent" ? start : `${start}: ${redriven.why}`;
}
