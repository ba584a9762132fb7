import type { OutgoingMessage, Queue, SendResult } from "./queue.ts";

/** How long the first message waits for company: short beside a poll, long beside ten of them answering at once. */
const WINDOW_MS = 100;

/** Runs something later, and answers how to call it off. */
export type Timer = (run: () => void, ms: number) => () => void;

const realTimer: Timer = (run, ms) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

interface Waiting {
  readonly messages: readonly OutgoingMessage[];
  readonly resolve: (results: readonly SendResult[]) => void;
  readonly reject: (error: unknown) => void;
}

/** A queue for one batch of records whose sends go out together; `leave` says that a record will send no more. */
export interface CoalescedSender extends Pick<Queue, "send"> {
  leave(): void;
}

/**
 * Ten records that each send one message would ask SQS ten times; gathered they ask once. A send goes out when all
 * records still at work are waiting for theirs, or after 100 ms: no poll waits for a slow neighbour.
 * @param records how many records share it; each calls `leave` exactly once.
 */
export function coalesceSends(
  queue: Pick<Queue, "send">,
  records: number,
  timer: Timer = realTimer,
): CoalescedSender {
  let atWork = records;
  let waiting: Waiting[] = [];
  let cancelTimer = (): void => {};

  function flush(): void {
    cancelTimer();
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    queue.send(batch.flatMap(({ messages }) => messages)).then(
      (results) => {
        let from = 0;
        for (const { messages, resolve } of batch) {
          resolve(results.slice(from, from + messages.length));
          from += messages.length;
        }
      },
      (error: unknown) => {
        for (const { reject } of batch) reject(error);
      },
    );
  }

  return {
    send: (messages) =>
      new Promise((resolve, reject) => {
        waiting.push({ messages, resolve, reject });
        if (waiting.length >= atWork) flush();
        else if (waiting.length === 1) cancelTimer = timer(flush, WINDOW_MS);
      }),
    leave() {
      atWork -= 1;
      if (waiting.length > 0 && waiting.length >= atWork) flush();
    },
  };
}
