/** A figure with the ratio of a measured time to the time of the baseline. */
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

/** The times of rounds. In each round, the measured code and its baseline run one after the other. */
interface PairedTimes {
  readonly measured: readonly number[];
  readonly baseline: readonly number[];
}

/** @param times the times of all rounds in milliseconds. */
export function createMillisecondFigure(times: PairedTimes): MillisecondFigure {
  return {
    ms: roundToThreeDigits(median(times.measured)),
    baselineMs: roundToThreeDigits(median(times.baseline)),
    ratio: medianRatio(times),
  };
}

/** @param times the times of all rounds in microseconds. */
export function createMicrosecondFigure(times: PairedTimes): MicrosecondFigure {
  return {
    microseconds: roundToThreeDigits(median(times.measured)),
    baselineMicroseconds: roundToThreeDigits(median(times.baseline)),
    ratio: medianRatio(times),
  };
}

/**
 * Returns the median of the ratios of all rounds. Other work on the machine makes both times of a round longer, so the
 * ratio of a round varies less than its times.
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

/** Rounds a figure to three digits. The noise of a measurement is larger than the rounding. */
export function roundToThreeDigits(value: number): number {
  return Number(value.toPrecision(3));
}

/** A figure, and the upper limit that the figure should not exceed. */
export interface Target {
  readonly what: string;
  readonly value: number;
  readonly target: number;
  readonly unit: string;
  /**
   * True if the figure is a ratio. A ratio over twice its target fails the run. Counts and sizes are only printed,
   * because tests check counts and sizes.
   */
  readonly isRatio: boolean;
}

/** Returns the target of a ratio, together with the measured ratio. */
export function createRatioTarget(what: string, value: number, target: number): Target {
  return { what, value, target, unit: " ×", isRatio: true };
}

/** Returns the target of a count or a size, together with the measured value. */
export function createLimitTarget(what: string, value: number, target: number, unit = ""): Target {
  return { what, value, target, unit, isRatio: false };
}

/** Returns one line that says whether the target is met, with the figure. */
export function describeTarget({ what, value, target, unit }: Target): string {
  return `${value <= target ? "met   " : "MISSED"} ${what}: ${value}${unit} (target: at most ${target}${unit})`;
}

/**
 * Returns the targets that fail the run. A target fails the run if its ratio is over twice the target, because noise
 * cannot explain the difference.
 */
export function findFailedTargets(targets: readonly Target[]): readonly Target[] {
  return targets.filter(({ isRatio, value, target }) => isRatio && value > 2 * target);
}
