/** Lets one poll of a batch run alone, after all other polls of the batch have ended. */
export interface AlonePollLimiter {
  /**
   * Waits until all other polls of the batch are done. If another poll already waits or runs alone, the result is
   * false at once. If the result is false, the caller must not poll in this batch.
   */
  waitUntilAlone(): Promise<boolean>;
  /** Reports that one message is done. The function must be called once for each message of the batch. */
  done(): void;
}

/**
 * Creates the limiter of one batch. A poll that may crash the process runs alone, so that a crash affects no other
 * poll.
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
