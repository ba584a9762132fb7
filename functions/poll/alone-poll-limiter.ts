/** Lets at most one poll of a batch run alone, after all other polls of the batch. */
export interface AlonePollLimiter {
  /**
   * Waits until all other polls of the batch are done. Returns false at once if another poll of the batch already waits
   * or runs alone. If the result is false, the caller must not make the poll in this batch.
   */
  waitUntilAlone(): Promise<boolean>;
  /** Reports that one message of the batch is done. The caller must call `done` once for each message of the batch. */
  done(): void;
}

/**
 * Creates the limiter for the polls of one batch. A poll that may crash the process runs alone after all other polls of
 * the batch, so that a crash affects no other poll.
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
