import { alarmOf, type Sample } from "./cloudwatch.ts";
import type { OwnTemplate } from "./own-template.ts";
import type { Rule } from "./rules.ts";

const MINUTE = 60;
const HOUR = 3600;
const SWEEP_EVERY = 5 * MINUTE;

/**
 * Returns the samples of a schedule's runs. The runs end alternately 5 s early and 5 s late. At the border of a period
 * this gives one period with two runs and one without.
 */
function runs(every: number, from: number, to: number, metrics: Readonly<Record<string, number>>): Sample[] {
  const samples: Sample[] = [];
  for (let n = 0, at = from; at <= to; n += 1, at += every)
    for (const [metric, value] of Object.entries(metrics))
      samples.push({ metric, value, at: n % 2 === 0 ? at - 5 : at + 5 });
  return samples;
}

const sweeps = (from: number, to: number, metrics: Readonly<Record<string, number>> = {}) =>
  runs(SWEEP_EVERY, from, to, { SweepFound: 0, SweepFailures: 0, Invocations: 1, ...metrics });
const audits = (from: number, to: number) => runs(HOUR, from, to, { AuditDiscrepancy: 0 });

/** Checks that the alarm is active at the end of some period between `from` and `to`, for every start of the periods. */
function mustFire(
  template: OwnTemplate,
  id: string,
  situation: string,
  samples: readonly Sample[],
  [from, to]: readonly [number, number],
): string[] {
  const { periodSeconds, isActive } = alarmOf(template, id);
  for (let phase = 0; phase < periodSeconds; phase += MINUTE) {
    const checkTimes: number[] = [];
    for (let at = from + phase; at <= to; at += periodSeconds) checkTimes.push(at);
    if (!checkTimes.some((at) => isActive(samples, at))) return [`${id} does not fire: ${situation}`];
  }
  return [];
}

/** Checks that the alarm is never active between `from` and `to`. */
function mustNotFire(
  template: OwnTemplate,
  id: string,
  situation: string,
  samples: readonly Sample[],
  [from, to]: readonly [number, number],
): string[] {
  const { isActive } = alarmOf(template, id);
  for (let at = from; at <= to; at += MINUTE) if (isActive(samples, at)) return [`${id} fires: ${situation}`];
  return [];
}

export const failingSchedulesFire: Rule = (template) => {
  const failingSweeps = [
    ...sweeps(0, HOUR),
    ...runs(SWEEP_EVERY, HOUR, 3 * HOUR, { Invocations: 1, Errors: 1 }),
  ];
  const steadySweeps = sweeps(SWEEP_EVERY, 12 * HOUR);
  const failingAudits = runs(HOUR, HOUR, 12 * HOUR, { Invocations: 1, Errors: 1 });
  const stopped = [...steadySweeps, ...audits(HOUR, 4 * HOUR), ...failingAudits];
  const healthy = [...steadySweeps, ...audits(HOUR, 12 * HOUR)];
  const sweep = "SweepNotRunningAlarm";
  const audit = "AuditNotRunningAlarm";
  return [
    ...mustFire(template, sweep, "every run fails", failingSweeps, [HOUR, 1.6 * HOUR]),
    ...mustFire(template, sweep, "the runs have stopped", sweeps(0, HOUR), [HOUR, 1.6 * HOUR]),
    ...mustNotFire(template, sweep, "every run succeeds", healthy, [15 * MINUTE, 12 * HOUR]),
    ...mustFire(template, audit, "every run fails", [...steadySweeps, ...failingAudits], [0, 7 * HOUR]),
    ...mustFire(template, audit, "every run fails after four hours of success", stopped, [
      4 * HOUR,
      11 * HOUR,
    ]),
    ...mustNotFire(template, audit, "every run succeeds on a new stage", healthy, [0, 12 * HOUR]),
  ];
};

export const onlyEverySweepFires: Rule = (template) =>
  (
    [
      ["OverdueAlarm", "SweepFound", 5],
      ["SweepFailuresAlarm", "SweepFailures", 1],
    ] as const
  ).flatMap(([id, metric, value]) => {
    const always = [...sweeps(0, HOUR), ...sweeps(HOUR + SWEEP_EVERY, 3 * HOUR, { [metric]: value })];
    const once = [...sweeps(0, HOUR), ...sweeps(HOUR, HOUR, { [metric]: 1000 }), ...sweeps(HOUR, 3 * HOUR)];
    return [
      ...mustFire(template, id, `every run gives ${metric} ${value}`, always, [HOUR, 1.75 * HOUR]),
      ...mustNotFire(template, id, `one run gives ${metric} 1000`, once, [0, 3 * HOUR]),
    ];
  });

export const overdueNotificationsFire: Rule = (template) => {
  const id = "NotifyQueueStuckAlarm";
  const found = { SweepFound: 3, NotificationsOverdue: 3 };
  const stuck = [...sweeps(0, HOUR), ...sweeps(HOUR + SWEEP_EVERY, 3 * HOUR, found)];
  const hourlyOnce = [0, 1, 2, 3].flatMap((hour) => sweeps(hour * HOUR, hour * HOUR, found));
  return [
    ...mustFire(template, id, "every run finds three notifications without an attempt", stuck, [
      HOUR,
      2 * HOUR,
    ]),
    ...mustNotFire(template, id, "one run per hour sends a lost notification again", hourlyOnce, [
      0,
      4 * HOUR,
    ]),
  ];
};

export const failingPollsFire: Rule = (template) => {
  const id = "PollsFailingAlarm";
  const succeeding = runs(MINUTE, 0, 4 * HOUR, { PollsWithoutJob: 0 });
  const failing = runs(MINUTE, HOUR, 4 * HOUR, { PollsWithoutJob: 1 });
  const oneInThree = runs(2 * MINUTE, HOUR, 4 * HOUR, { PollsWithoutJob: 1 });
  const nineMinutes = [
    ...runs(MINUTE, 0, HOUR, { PollsWithoutJob: 0 }),
    ...runs(MINUTE, HOUR + MINUTE, HOUR + 9 * MINUTE, { PollsWithoutJob: 1 }),
    ...runs(MINUTE, HOUR + 10 * MINUTE, 2 * HOUR, { PollsWithoutJob: 0 }),
  ];
  return [
    ...mustFire(template, id, "all polls of the only project fail", failing, [HOUR, 1.5 * HOUR]),
    ...mustFire(
      template,
      id,
      "all polls of one project of two fail",
      [...succeeding, ...failing],
      [HOUR, 1.5 * HOUR],
    ),
    ...mustNotFire(template, id, "a third of the polls fail", [...succeeding, ...oneInThree], [0, 4 * HOUR]),
    ...mustNotFire(template, id, "all polls fail for nine minutes", nineMinutes, [0, 2 * HOUR]),
  ];
};

export const everyDeadLetterFires: Rule = (template) => {
  const id = "DeadLettersAlarm";
  const depth = runs(MINUTE, 0, 4 * HOUR, { ApproximateNumberOfMessagesVisible: 1 });
  const deadLetters = [0, 2 * HOUR].map((at) => ({ metric: "DeadLetters", value: 1, at }));
  const samples = [...depth, ...deadLetters];
  return [
    ...mustNotFire(template, id, "a dead letter has been in the queue for an hour", samples, [
      HOUR,
      2 * HOUR - 1,
    ]),
    ...mustFire(template, id, "a second dead letter arrives", samples, [2 * HOUR, 2.25 * HOUR]),
  ];
};
