export interface BatchEndWaiter {
  /**
   * Waits until all other polls of the batch are done, and returns true. Only one poll of a batch can run alone. For
   * every further poll that wants to run alone, returns false at once. If the function returns false, the caller must
   * not run the poll.
   */
  waitUntilAlone(): Promise<boolean>;
  /** Must be called once for each message of the batch, after the processing of the message. */
  done(): void;
}

/**
 * Creates an object with which a poll can wait until all other polls of the batch have ended. A poll that crashes the
 * process would also end the other polls.
 * @param messageCount the number of queue messages in the batch
 */
export function createBatchEndWaiter(messageCount: number): BatchEndWaiter {
  let unfinished = messageCount;
  let isTaken = false;
  let start = (): void => {};
  return {
    waitUntilAlone: () =>
      new Promise((resolve) => {
        if (isTaken) return resolve(false);
        isTaken = true;
        start = () => unfinished === 1 && resolve(true);
        start();
      }),
    done() {
      unfinished -= 1;
      start();
    },
  };
}
