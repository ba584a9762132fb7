import type { OutgoingMessage, Queue, SendResult } from "./queue.ts";

/** How long the first message waits for others. A poll takes much longer. */
const WINDOW_MS = 100;

/** Runs a function later. Returns a function that cancels it. */
export type Timer = (run: () => void, ms: number) => () => void;

const realTimer: Timer = (run, ms) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

interface WaitingSend {
  readonly messages: readonly OutgoingMessage[];
  readonly resolve: (results: readonly SendResult[]) => void;
  readonly reject: (error: unknown) => void;
}

/** A queue that the records of one SQS batch share. */
export interface CoalescedSender extends Pick<Queue, "send"> {
  /** Says that a record sends no more messages. Each record calls it once. */
  done(): void;
}

/**
 * Sends the messages of several records by one request, because each request to SQS costs money.
 * The request starts when every record waits for its result or is done, and at the latest after 100 ms.
 * @param records how many records share the queue.
 */
export function coalesceSends(
  queue: Pick<Queue, "send">,
  records: number,
  timer: Timer = realTimer,
): CoalescedSender {
  let running = records;
  let waiting: WaitingSend[] = [];
  let cancelTimer = (): void => {};

  function flush(): void {
    cancelTimer();
    const sends = waiting;
    waiting = [];
    queue.send(sends.flatMap(({ messages }) => messages)).then(
      (results) => {
        let from = 0;
        for (const { messages, resolve } of sends) {
          resolve(results.slice(from, from + messages.length));
          from += messages.length;
        }
      },
      (error: unknown) => {
        for (const { reject } of sends) reject(error);
      },
    );
  }

  return {
    send: (messages) =>
      new Promise((resolve, reject) => {
        waiting.push({ messages, resolve, reject });
        if (waiting.length >= running) flush();
        else if (waiting.length === 1) cancelTimer = timer(flush, WINDOW_MS);
      }),
    done() {
      running -= 1;
      if (waiting.length > 0 && waiting.length >= running) flush();
    },
  };
}
