interface Entry {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** A virtual clock with its events. Events of the same time run in the order in which they were added. */
export interface Scheduler {
  readonly now: () => number;
  /** Adds an event. The time is rounded up to milliseconds and is never in the past. */
  at(time: number, run: () => void): void;
  after(ms: number, run: () => void): void;
  /** Runs the next event and all promises that the event settled. Returns false if there is no event. */
  step(): Promise<boolean>;
}

export function createScheduler(start: number): Scheduler {
  const heap: Entry[] = [];
  let now = start;
  let order = 0;

  function at(time: number, run: () => void): void {
    order += 1;
    heap.push({ at: Math.max(now, Math.ceil(time)), order, run });
    rise(heap, heap.length - 1);
  }

  return {
    now: () => now,
    at,
    after: (ms, run) => at(now + ms, run),
    async step() {
      const next = takeFirst(heap);
      if (next === undefined) return false;
      now = next.at;
      next.run();
      await allSettled();
      return true;
    },
  };
}

/**
 * Waits until all promises that can settle have settled. Node.js runs `process.nextTick` only after the whole queue of
 * promises if a promise calls it. An immediate also waits for the event loop, which takes longer than most events.
 */
export async function allSettled(): Promise<void> {
  await null;
  await new Promise<void>((resolve) => process.nextTick(resolve));
}

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

function rise(heap: Entry[], from: number): void {
  for (let i = from; i > 0; ) {
    const parent = (i - 1) >> 1;
    if (!swapIfBefore(heap, i, parent)) return;
    i = parent;
  }
}

function takeFirst(heap: Entry[]): Entry | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || first === undefined || heap.length === 0) return first;
  heap[0] = last;
  for (let i = 0; ; ) {
    const [firstChild, secondChild] = [heap[2 * i + 1], heap[2 * i + 2]];
    if (firstChild === undefined) return first;
    const child = secondChild !== undefined && before(secondChild, firstChild) ? 2 * i + 2 : 2 * i + 1;
    if (!swapIfBefore(heap, child, i)) return first;
    i = child;
  }
}

function swapIfBefore(heap: Entry[], a: number, b: number): boolean {
  const [first, second] = [heap[a], heap[b]];
  if (first === undefined || second === undefined || !before(first, second)) return false;
  [heap[a], heap[b]] = [second, first];
  return true;
}
