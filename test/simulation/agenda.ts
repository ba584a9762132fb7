interface Entry {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** The virtual clock, and what is to happen when: by time, and among equals in the order it was put down. */
export interface Agenda {
  readonly now: () => number;
  /** In whole milliseconds, and never in the past. */
  at(time: number, run: () => void): void;
  after(ms: number, run: () => void): void;
  /** Does the next thing, then lets every promise it settled run on; false when nothing is left. */
  step(): Promise<boolean>;
}

export function createAgenda(start: number): Agenda {
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

/** An immediate comes only after every promise that could run on has done so; how many turns that took is no matter. */
function allSettled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
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
    const [left, right] = [heap[2 * i + 1], heap[2 * i + 2]];
    if (left === undefined) return first;
    const child = right !== undefined && before(right, left) ? 2 * i + 2 : 2 * i + 1;
    if (!swapIfBefore(heap, child, i)) return first;
    i = child;
  }
}

function swapIfBefore(heap: Entry[], a: number, b: number): boolean {
  const [left, right] = [heap[a], heap[b]];
  if (left === undefined || right === undefined || !before(left, right)) return false;
  [heap[a], heap[b]] = [right, left];
  return true;
}
