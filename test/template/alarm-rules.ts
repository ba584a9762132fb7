import { alarmOf, type Sample } from "./cloudwatch.ts";
import type { OwnTemplate } from "./own-template.ts";
import type { Rule } from "./rules.ts";

const MINUTE = 60;
const HOUR = 3600;
const SWEEP_EVERY = 5 * MINUTE;

/**
 * Runs of a schedule, each with its figures. They end some seconds early and late by turns, as they do beside the
 * border of a period: then one period holds two of them, and the next none.
 */
function runs(every: number, from: number, to: number, figures: Readonly<Record<string, number>>): Sample[] {
  const samples: Sample[] = [];
  for (let n = 0, at = from; at <= to; n += 1, at += every)
    for (const [metric, value] of Object.entries(figures))
      samples.push({ metric, value, at: n % 2 === 0 ? at - 5 : at + 5 });
  return samples;
}

const sweeps = (from: number, to: number, figures: Readonly<Record<string, number>> = {}) =>
  runs(SWEEP_EVERY, from, to, { SweepFound: 0, SweepFailures: 0, Invocations: 1, ...figures });
const audit = (from: number, to: number) => runs(HOUR, from, to, { AuditDiscrepancy: 0 });

/** Wherever its periods begin, the alarm rings at one of their ends in this time. */
function mustRing(
  template: OwnTemplate,
  id: string,
  what: string,
  samples: readonly Sample[],
  [from, to]: readonly [number, number],
): string[] {
  const { periodSeconds, isRinging } = alarmOf(template, id);
  for (let phase = 0; phase < periodSeconds; phase += MINUTE) {
    const ends: number[] = [];
    for (let at = from + phase; at <= to; at += periodSeconds) ends.push(at);
    if (!ends.some((at) => isRinging(samples, at))) return [`${id} does not ring: ${what}`];
  }
  return [];
}

/** At no time does the alarm ring. */
function mustNotRing(
  template: OwnTemplate,
  id: string,
  what: string,
  samples: readonly Sample[],
  [from, to]: readonly [number, number],
): string[] {
  const { isRinging } = alarmOf(template, id);
  for (let at = from; at <= to; at += MINUTE) if (isRinging(samples, at)) return [`${id} rings: ${what}`];
  return [];
}

export const whatNeverSucceedsIsNoticed: Rule = (template) => {
  const failing = [...sweeps(0, HOUR), ...runs(SWEEP_EVERY, HOUR, 3 * HOUR, { Invocations: 1, Errors: 1 })];
  const steady = sweeps(SWEEP_EVERY, 12 * HOUR);
  const failingBooks = runs(HOUR, HOUR, 12 * HOUR, { Invocations: 1, Errors: 1 });
  const stopped = [...steady, ...audit(HOUR, 4 * HOUR), ...failingBooks];
  const day = [...steady, ...audit(HOUR, 12 * HOUR)];
  const sweep = "SweepSilentAlarm";
  const hourly = "AuditSilentAlarm";
  return [
    ...mustRing(template, sweep, "every run fails", failing, [HOUR, 1.6 * HOUR]),
    ...mustRing(template, sweep, "there is no run any more", sweeps(0, HOUR), [HOUR, 1.6 * HOUR]),
    ...mustNotRing(template, sweep, "all is well", day, [15 * MINUTE, 12 * HOUR]),
    ...mustRing(template, hourly, "every run fails", [...steady, ...failingBooks], [0, 7 * HOUR]),
    ...mustRing(template, hourly, "every run has begun to fail", stopped, [4 * HOUR, 11 * HOUR]),
    ...mustNotRing(template, hourly, "all is well, and the stage is new", day, [0, 12 * HOUR]),
  ];
};

export const everySweepCounts: Rule = (template) =>
  (
    [
      ["OverdueAlarm", "SweepFound", 5],
      ["SweepFailuresAlarm", "SweepFailures", 1],
    ] as const
  ).flatMap(([id, metric, value]) => {
    const storm = [...sweeps(0, HOUR), ...sweeps(HOUR + SWEEP_EVERY, 3 * HOUR, { [metric]: value })];
    const burst = [...sweeps(0, HOUR), ...sweeps(HOUR, HOUR, { [metric]: 1000 }), ...sweeps(HOUR, 3 * HOUR)];
    return [
      ...mustRing(template, id, `every run gives ${metric} ${value}`, storm, [HOUR, 1.75 * HOUR]),
      ...mustNotRing(template, id, `one run gives ${metric} 1000`, burst, [0, 3 * HOUR]),
    ];
  });

export const untriedNotificationsAreNoticed: Rule = (template) => {
  const id = "NotifyQueueStuckAlarm";
  const found = { SweepFound: 3, NotificationsOverdue: 3 };
  const stuck = [...sweeps(0, HOUR), ...sweeps(HOUR + SWEEP_EVERY, 3 * HOUR, found)];
  const mended = [0, 1, 2, 3].flatMap((hour) => sweeps(hour * HOUR, hour * HOUR, found));
  return [
    ...mustRing(template, id, "three notifications lie untried, and every run finds them", stuck, [
      HOUR,
      2 * HOUR,
    ]),
    ...mustNotRing(template, id, "each hour a notification was lost, and sent again", mended, [0, 4 * HOUR]),
  ];
};

export const blindnessIsNoticed: Rule = (template) => {
  const id = "NoNewsAlarm";
  const seeing = runs(MINUTE, 0, 4 * HOUR, { PollsWithoutJob: 0 });
  const blind = runs(MINUTE, HOUR, 4 * HOUR, { PollsWithoutJob: 1 });
  const oneInThree = runs(2 * MINUTE, HOUR, 4 * HOUR, { PollsWithoutJob: 1 });
  const hiccup = [
    ...runs(MINUTE, 0, HOUR, { PollsWithoutJob: 0 }),
    ...runs(MINUTE, HOUR + MINUTE, HOUR + 9 * MINUTE, { PollsWithoutJob: 1 }),
    ...runs(MINUTE, HOUR + 10 * MINUTE, 2 * HOUR, { PollsWithoutJob: 0 }),
  ];
  return [
    ...mustRing(template, id, "the only project sees nothing", blind, [HOUR, 1.5 * HOUR]),
    ...mustRing(template, id, "one project of two sees nothing", [...seeing, ...blind], [HOUR, 1.5 * HOUR]),
    ...mustNotRing(
      template,
      id,
      "a third of the polls see nothing",
      [...seeing, ...oneInThree],
      [0, 4 * HOUR],
    ),
    ...mustNotRing(template, id, "nobody sees anything for nine minutes", hiccup, [0, 2 * HOUR]),
  ];
};

export const everyDeadLetterIsNoticed: Rule = (template) => {
  const id = "DeadLettersAlarm";
  const depth = runs(MINUTE, 0, 4 * HOUR, { ApproximateNumberOfMessagesVisible: 1 });
  const letters = [0, 2 * HOUR].map((at) => ({ metric: "DeadLetters", value: 1, at }));
  const samples = [...depth, ...letters];
  return [
    ...mustNotRing(template, id, "one has lain there for a while", samples, [HOUR, 2 * HOUR - 1]),
    ...mustRing(template, id, "another one comes", samples, [2 * HOUR, 2.25 * HOUR]),
  ];
};
