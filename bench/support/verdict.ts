/** A figure that is to stay at or below its target. */
export interface Target {
  readonly what: string;
  readonly value: number;
  readonly target: number;
  readonly unit: string;
  /** A ratio may stop a build, at twice its target; counts and sizes are told, and have tests of their own. */
  readonly isRatio: boolean;
}

/** One line per target: met or missed, and by what. */
export function verdictOf({ what, value, target, unit }: Target): string {
  return `${value <= target ? "met   " : "MISSED"} ${what}: ${value}${unit} (target: at most ${target}${unit})`;
}

/** Those that no noise explains. */
export function farMissed(targets: readonly Target[]): readonly Target[] {
  return targets.filter(({ isRatio, value, target }) => isRatio && value > 2 * target);
}
