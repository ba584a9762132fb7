/** Lets one poll of a batch run alone after all other polls of the batch. */
export interface RunAloneAtBatchEnd {
  /**
   * Waits until the other polls of the batch are done. If another poll is waiting or running alone, the result is false
   * at once. If the result is false, the calling function must not poll.
   */
  waitUntilAlone(): Promise<boolean>;
  /** Must be called once for each message of the batch, after the processing of the message. */
  done(): void;
}

/**
 * Creates an object that lets a poll wait until all other polls of the batch have ended. A poll that crashes the
 * process would also end the other polls.
 * @param messageCount the number of queue messages in the batch
 */
export function createRunAloneAtBatchEnd(messageCount: number): RunAloneAtBatchEnd {
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
