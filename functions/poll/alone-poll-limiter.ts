/** Lets at most one poll of a batch run alone, after all other polls of the batch. */
export interface AlonePollLimiter {
  /**
   * Waits until all other polls of the batch are done. Returns false at once if another poll of the batch already waits
   * or runs alone. After the result false, the caller must not make the poll in this batch.
   */
  waitUntilAlone(): Promise<boolean>;
  /** Reports that the work on one message is done. The code for each message calls `done` once. */
  done(): void;
}

/**
 * Creates the limiter for the polls of one batch. A poll that may end the process of the function runs after all other
 * polls of the batch and alone. If the poll ends the process, no other poll of the batch is affected.
 * @param messageCount the number of messages in the batch
 */
export function createAlonePollLimiter(messageCount: number): AlonePollLimiter {
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
