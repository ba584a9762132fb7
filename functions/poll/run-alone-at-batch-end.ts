/** Lets one poll of a batch run alone after all other polls of the batch. */
export interface RunAloneAtBatchEnd {
  /**
   * Waits until the other polls of the batch are done. If another poll is waiting or running alone, the result is false
   * at once. If the result is false, the calling function must not poll.
   */
  waitUntilAlone(): Promise<boolean>;
  /**
   * Reports that the processing of one message has ended. For each message of the batch, the function must be called
   * once.
   */
  done(): void;
}

/**
 * Creates the object that lets polls of one batch run alone. A poll that may crash the process runs alone, so that no
 * other poll crashes with it.
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
