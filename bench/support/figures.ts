/** A measured time beside that of the least code that does the same work. */
export interface Ratio {
  readonly ratio: number;
}
export interface MillisecondFigure extends Ratio {
  readonly ms: number;
  readonly floorMs: number;
}
export interface MicrosecondFigure extends Ratio {
  readonly microseconds: number;
  readonly floorMicroseconds: number;
}

export function inMilliseconds(ms: number, floorMs: number): MillisecondFigure {
  return { ms: rounded(ms), floorMs: rounded(floorMs), ratio: rounded(ms / floorMs) };
}

export function inMicroseconds(microseconds: number, floorMicroseconds: number): MicrosecondFigure {
  return {
    microseconds: rounded(microseconds),
    floorMicroseconds: rounded(floorMicroseconds),
    ratio: rounded(microseconds / floorMicroseconds),
  };
}

/** The middle of the values; the mean of the two middle ones where their number is even. Throws for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new RangeError("there is no median of nothing");
  return (low + high) / 2;
}

/** Three digits are more than the noise leaves. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
