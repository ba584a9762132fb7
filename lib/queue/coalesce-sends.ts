import type { OutgoingMessage, Queue, SendResult } from "./queue.ts";

/**
 * The longest time for which the sender holds a message back to send it together with further messages. A poll takes
 * much longer than this time.
 */
const WINDOW_MS = 100;

/** Runs a function after `ms` milliseconds. Returns a function that cancels the timer. */
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

/** A sender of queue messages that all SQS records of one SQS batch share. */
interface CoalescedSender extends Pick<Queue, "send"> {
  /** Reports that the work on one SQS record sends no more messages. The code for each SQS record calls `done` once. */
  done(): void;
}

/**
 * Creates a sender that sends the messages of several SQS records in one request, because each request to SQS costs
 * money. The sender sends the request when the work on every SQS record is done or waits for the result of a send. The
 * sender waits at most 100 ms for this.
 * @param records the number of SQS records that share the sender.
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
