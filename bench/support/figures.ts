/** The ratio of the product's time to the time of its baseline. */
interface Ratio {
  readonly ratio: number;
}
export interface MillisecondFigure extends Ratio {
  readonly ms: number;
  readonly baselineMs: number;
}
export interface MicrosecondFigure extends Ratio {
  readonly microseconds: number;
  readonly baselineMicroseconds: number;
}

/** The times of all rounds. Each round runs the measured code and its baseline. */
interface PairedTimes {
  readonly measured: readonly number[];
  readonly baseline: readonly number[];
}

/** @param times the time of each round in milliseconds. */
export function createMillisecondFigure(times: PairedTimes): MillisecondFigure {
  return {
    ms: roundToThreeDigits(median(times.measured)),
    baselineMs: roundToThreeDigits(median(times.baseline)),
    ratio: medianRatio(times),
  };
}

/** @param times the time of each round in microseconds. */
export function createMicrosecondFigure(times: PairedTimes): MicrosecondFigure {
  return {
    microseconds: roundToThreeDigits(median(times.measured)),
    baselineMicroseconds: roundToThreeDigits(median(times.baseline)),
    ratio: medianRatio(times),
  };
}

/**
 * Returns the median of the ratios of all rounds. Other programs on the machine slow down both times of a round, so the
 * ratio varies less than the times.
 */
function medianRatio({ measured, baseline }: PairedTimes): number {
  return roundToThreeDigits(median(measured.map((time, round) => time / (baseline[round] ?? Number.NaN))));
}

/** Returns the median of the values. @throws RangeError if there are no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new RangeError("a median needs at least one value");
  return (low + high) / 2;
}

/** Rounds a figure to three significant digits. More digits would be only noise of the measurement. */
export function roundToThreeDigits(value: number): number {
  return Number(value.toPrecision(3));
}

/** A measured figure (`value`) and the target value (`target`), which the figure should not exceed. */
export interface Target {
  readonly what: string;
  readonly value: number;
  readonly target: number;
  readonly unit: string;
  /**
   * True if the figure is a ratio. The bench fails if a ratio is more than twice its target value. The bench only
   * prints counts and sizes, because tests check them.
   */
  readonly isRatio: boolean;
}

/** Returns a measured ratio with its target value. */
export function createRatioTarget(what: string, value: number, target: number): Target {
  return { what, value, target, unit: " ×", isRatio: true };
}

/** Returns a measured time, count or size with its target value. */
export function createLimitTarget(what: string, value: number, target: number, unit = ""): Target {
  return { what, value, target, unit, isRatio: false };
}

/** Returns one line of text with the figure, its target value, and whether the figure meets it. */
export function describeTarget({ what, value, target, unit }: Target): string {
  return `${value <= target ? "met   " : "MISSED"} ${what}: ${value}${unit} (target: at most ${target}${unit})`;
}

/**
 * Returns the ratios that are more than twice their target value. Noise of the measurement cannot explain such a
 * difference.
 */
export function findFailedTargets(targets: readonly Target[]): readonly Target[] {
  return targets.filter(({ isRatio, value, target }) => isRatio && value > 2 * target);
}
