import { alarmOf, type Sample } from "./cloudwatch.ts";
import { isInFocus, type OwnTemplate } from "./own-template.ts";
import type { Rule } from "./rules.ts";

export const MINUTE = 60;
export const HOUR = 3600;

/** Returns samples of one metric at an interval, from a second on and before another second. */
export const every = (interval: number, from: number, to: number, metric: string, value: number): Sample[] =>
  Array.from({ length: Math.ceil((to - from) / interval) }, (_, n) => ({
    metric,
    value,
    at: from + n * interval + 1,
  }));

/** A scenario for one alarm: the samples of metrics on a stage, and how often the alarm must become active. */
export interface AlarmScenario {
  readonly alarm: string;
  readonly situation: string;
  readonly samples: readonly Sample[];
  /** The number of notifications of the alarm, for every possible start of the periods. */
  readonly firings: number;
  /** The seconds between which the alarm is active at the end of every period. */
  readonly activeWithin?: readonly [number, number];
}

/** Returns the ends of the periods from 0 to the time at which every alarm has seen all samples. */
function periodTimes(samples: readonly Sample[], phase: number, periodSeconds: number): number[] {
  const last = Math.max(...samples.map(({ at }) => at)) + 3 * periodSeconds;
  return Array.from(
    { length: Math.ceil((last - phase) / periodSeconds) },
    (_, n) => phase + n * periodSeconds,
  );
}

function faultsOf(
  template: OwnTemplate,
  { alarm, situation, samples, firings, activeWithin }: AlarmScenario,
): string[] {
  const { periodSeconds, isActive } = alarmOf(template, alarm, "filled");
  const step = Math.max(MINUTE, periodSeconds / 6);
  for (let phase = 0; phase < periodSeconds; phase += step) {
    const states = periodTimes(samples, phase, periodSeconds).map((at) => ({
      at,
      on: isActive(samples, at),
    }));
    const found = states.filter(({ on }, index) => on && !states[index - 1]?.on).length;
    if (found !== firings) return [`${alarm} fires ${found} times: ${situation}`];
    if (states.at(-1)?.on) return [`${alarm} stays active without data: ${situation}`];
    const [from, to] = activeWithin ?? [0, 0];
    if (states.some(({ at, on }) => at >= from && at < to && !on))
      return [`${alarm} is not active all the time: ${situation}`];
  }
  return [];
}

/** Returns the rule that each alarm becomes active as often as its scenarios say. */
export const alarmRule =
  (scenarios: readonly AlarmScenario[]): Rule =>
  (template) =>
    scenarios
      .filter(({ alarm }) => isInFocus(template, alarm))
      .flatMap((scenario) => faultsOf(template, scenario));

export const scenario = (
  alarm: string,
  situation: string,
  samples: readonly Sample[],
  firings: number,
): AlarmScenario => ({
  alarm,
  situation,
  samples,
  firings,
});
