export type Mutex = <T>(work: () => Promise<T>) => Promise<T>;

/** Does one piece of work at a time, in the order in which they came. */
export function createMutex(): Mutex {
  let before: Promise<void> = Promise.resolve();
  return (work) => {
    const mine = before.then(work);
    // Without its result: that may be large, and nobody waits for more than the end.
    before = mine.then(
      () => undefined,
      () => undefined,
    );
    return mine;
  };
}
