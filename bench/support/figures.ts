/** A measured time, divided by the time of the baseline program. */
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

/** The times of all rounds of a measurement. Each round measures the code and its baseline program. */
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
 * For each round, divides the measured time by the baseline time, and returns the median of all rounds. Other programs
 * on the machine make both times of a round longer, so the ratio of the times changes little.
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

/**
 * Rounds a figure to three significant digits. Measured times are not more exact than three digits, so more digits are
 * not shown.
 */
export function roundToThreeDigits(value: number): number {
  return Number(value.toPrecision(3));
}

/** A measured figure in the field `value`, and its maximum in the field `target`. */
export interface Target {
  readonly what: string;
  readonly value: number;
  readonly target: number;
  readonly unit: string;
  /**
   * True if `value` is the ratio of two durations. The bench fails only if a ratio is more than twice its maximum.
   * Tests check all counts and sizes, so the bench only prints the counts and sizes.
   */
  readonly isRatio: boolean;
}

export function createRatioTarget(what: string, value: number, target: number): Target {
  return { what, value, target, unit: " ×", isRatio: true };
}

/** Returns a measured time, count or size with its maximum. */
export function createLimitTarget(what: string, value: number, target: number, unit = ""): Target {
  return { what, value, target, unit, isRatio: false };
}

/** Returns one line of text with the figure, its maximum, and the word `met` or `MISSED`. */
export function describeTarget({ what, value, target, unit }: Target): string {
  return `${value <= target ? "met   " : "MISSED"} ${what}: ${value}${unit} (target: at most ${target}${unit})`;
}

/**
 * Returns the ratios that are more than twice their maximum. Random variation of the measurement cannot double a ratio.
 */
export function findFailedTargets(targets: readonly Target[]): readonly Target[] {
  return targets.filter(({ isRatio, value, target }) => isRatio && value > 2 * target);
}
