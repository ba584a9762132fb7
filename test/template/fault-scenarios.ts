import { type AlarmScenario, alarmRule, every, HOUR, MINUTE, scenario } from "./alarm-scenario.ts";
import type { Sample } from "./cloudwatch.ts";
import type { Rule } from "./rules.ts";

/**
 * The alarm on something that must never happen fires at each time that it happens. A second time ten minutes later fires
 * again. A function that writes a zero fires nothing.
 */
function eventScenarios(alarm: string, metric: string): AlarmScenario[] {
  const at = (minute: number, value: number): Sample => ({ metric, at: minute * MINUTE + 1, value });
  return [
    scenario(alarm, "it happens twice in ten minutes", [at(0, 1), at(10, 1)], 2),
    scenario(alarm, "zeros stand next to the one time", [at(30, 0), at(30, 1)], 1),
    scenario(alarm, "it never happens", every(MINUTE, 0, HOUR, metric, 0), 0),
  ];
}

/**
 * The alarm on a sum fires if each of `periods` periods has the sum. It ignores a smaller sum that lasts, and fewer periods
 * with a large sum.
 */
function sustainedScenarios(alarm: string, metric: string, sum: number, periods: number): AlarmScenario[] {
  /** Returns samples of 1 in the same second of some periods. */
  const each = (count: number, inEach: number) =>
    Array.from({ length: inEach }, () => every(300, HOUR, HOUR + count * 300, metric, 1)).flat();
  const zeros = every(300, HOUR, HOUR + periods * 300, metric, 0);
  return [
    scenario(alarm, `${sum} in ${periods} periods`, [...zeros, ...each(periods, sum)], 1),
    scenario(alarm, `${sum - 1} in each period`, [...zeros, ...each(12, sum - 1)], 0),
    scenario(alarm, `${periods - 1} periods`, [...zeros, ...each(periods - 1, 9 * sum)], 0),
  ];
}

/**
 * The alarm on three events in one hour fires if the events are spread over the hour, and each time that all three
 * events are in one sample. The alarm ignores two events per hour.
 */
function threePerHourScenarios(alarm: string, metric: string, what: string): AlarmScenario[] {
  return [
    scenario(alarm, `three ${what} per hour`, every(20 * MINUTE, 6 * HOUR, 8 * HOUR, metric, 1), 1),
    scenario(alarm, `two ${what} per hour`, every(30 * MINUTE, 6 * HOUR, 12 * HOUR, metric, 1), 0),
    scenario(
      alarm,
      `three ${what} at once, and again three hours later`,
      [6, 9].map((hour) => ({ metric, at: hour * HOUR + 1, value: 3 })),
      2,
    ),
  ];
}

/**
 * Crashes of each function that reads a queue. A crash of another function that handles jobs is a server error of the
 * API. The next run of a schedule repeats the work of a failed run.
 */
export const functionFaultsFire: Rule = (template) => {
  const handling = ["poll", "notify"];
  return alarmRule([
    ...handling.flatMap((name) => sustainedScenarios("ErrorsAlarm", `Errors ${name}`, 3, 2)),
    scenario(
      "ErrorsAlarm",
      "one error of one function and two of the other in every five minutes",
      ["poll", "notify", "notify"].flatMap((name) => every(300, HOUR, HOUR + 900, `Errors ${name}`, 1)),
      1,
    ),
  ])(template);
};

export const eventsFire: Rule = alarmRule([
  ...eventScenarios("GivenUpAlarm", "TargetGone"),
  ...eventScenarios("GivenUpAlarm", "PollsGivenUp"),
  ...eventScenarios("GivenUpAlarm", "DeadLetters"),
  ...eventScenarios("LoopStoppedAlarm", "RecursiveInvocationsDropped poll"),
]);

/** The functions read an invalid config again about every five minutes, until a person corrects the config. */
const configInvalid = (from: number, to: number) => every(300, from, to, "ConfigInvalid", 1);

export const repeatedFaultsFire: Rule = alarmRule([
  ...sustainedScenarios("ApiErrorsAlarm", "5xx HttpApi", 3, 2),
  ...threePerHourScenarios("ConfigFaultsAlarm", "EventsFailed", "SMN messages fail"),
  ...threePerHourScenarios("ConfigFaultsAlarm", "ResourceQueriesRefused", "resource queries are refused"),
  scenario("ConfigFaultsAlarm", "the config is invalid once", configInvalid(HOUR, HOUR + 1), 1),
  {
    ...scenario(
      "ConfigFaultsAlarm",
      "the config is invalid for three hours",
      configInvalid(HOUR, 4 * HOUR),
      1,
    ),
    activeWithin: [2 * HOUR, 4 * HOUR],
  },
  scenario(
    "ConfigFaultsAlarm",
    "the config is invalid at noon and in the evening",
    [12, 18].flatMap((hour) => configInvalid(hour * HOUR, hour * HOUR + 1)),
    2,
  ),
]);
