import * as z from "zod";
import { isFaultFound, type SweepResult } from "../../functions/sweep/create-sweep-handler.ts";
import { alarmOf, type Sample } from "./cloudwatch.ts";
import { isInFocus, type OwnTemplate, resourcesOf } from "./own-template.ts";
import type { Rule } from "./rules.ts";

const MINUTE = 60;
const HOUR = 3600;
const SWEEP_EVERY = 5 * MINUTE;

/**
 * Returns the samples of a schedule's runs. The runs end alternately 5 s early and 5 s late. For that reason some
 * periods contain two runs, and some periods contain no run.
 */
function runs(every: number, from: number, to: number, metrics: Readonly<Record<string, number>>): Sample[] {
  const samples: Sample[] = [];
  for (let n = 0, at = from; at <= to; n += 1, at += every)
    for (const [metric, value] of Object.entries(metrics))
      samples.push({ metric, value, at: n % 2 === 0 ? at - 5 : at + 5 });
  return samples;
}

const HEALTHY: SweepResult = { polls: 0, notifications: 0, stuck: 0, failed: 0, finished: true };
/** Successful runs of the sweep with the same result. Lambda writes `Errors` for each run. */
const sweeps = (from: number, to: number, found: Partial<SweepResult> = {}) =>
  runs(SWEEP_EVERY, from, to, {
    "Errors sweep": 0,
    "Invocations sweep": 1,
    ...(isFaultFound({ ...HEALTHY, ...found }) && { FaultsFound: 1 }),
  });
/** Failed runs. Lambda repeats a failed run after one minute and again after two minutes. */
const failedRuns = (name: string, every: number, from: number, to: number) =>
  [0, MINUTE, 3 * MINUTE].flatMap((delay) =>
    runs(every, from + delay, to, { [`Errors ${name}`]: 1, [`Invocations ${name}`]: 1 }),
  );
/** The depth of the empty queues. SQS writes it every minute. */
const depth = (from: number, to: number, value = 0) =>
  runs(MINUTE, from, to, { "ApproximateNumberOfMessagesVisible poll": value });
const audits = (from: number, to: number) =>
  runs(HOUR, from, to, { "Errors audit": 0, "Invocations audit": 1 });

/** No alarm depends on what FILL does with a metric that has never had a value. */
const FILLS = ["filled", "missing"] as const;

/**
 * Checks that the alarm is active at the end of at least one period between `from` and `to`. The check repeats this
 * for every possible start of the periods.
 */
function mustFire(
  template: OwnTemplate,
  id: string,
  situation: string,
  samples: readonly Sample[],
  [from, to]: readonly [number, number],
): string[] {
  if (!isInFocus(template, id)) return [];
  return FILLS.flatMap((fill) => {
    const { periodSeconds, isActive } = alarmOf(template, id, fill);
    for (let phase = 0; phase < periodSeconds; phase += MINUTE) {
      const checkTimes: number[] = [];
      for (let at = from + phase; at <= to; at += periodSeconds) checkTimes.push(at);
      if (!checkTimes.some((at) => isActive(samples, at))) return [`${id} does not fire: ${situation}`];
    }
    return [];
  });
}

/** Checks that the alarm is never active between `from` and `to`. */
function mustNotFire(
  template: OwnTemplate,
  id: string,
  situation: string,
  samples: readonly Sample[],
  [from, to]: readonly [number, number],
): string[] {
  if (!isInFocus(template, id)) return [];
  return FILLS.flatMap((fill) => {
    const { isActive } = alarmOf(template, id, fill);
    for (let at = from; at <= to; at += MINUTE)
      if (isActive(samples, at)) return [`${id} fires: ${situation}`];
    return [];
  });
}

export const failingSchedulesFire: Rule = (template) => {
  const failingSweeps = [
    ...depth(0, 3 * HOUR, 5),
    ...sweeps(0, HOUR),
    ...failedRuns("sweep", SWEEP_EVERY, HOUR + SWEEP_EVERY, 3 * HOUR),
  ];
  const neverWorked = [...depth(0, HOUR), ...failedRuns("sweep", SWEEP_EVERY, 0, HOUR)];
  /** Each run fails at first, and succeeds when Lambda repeats it. */
  const repeated = [
    ...depth(0, 3 * HOUR),
    ...sweeps(0, 3 * HOUR),
    ...failedRuns("sweep", SWEEP_EVERY, 0, 3 * HOUR),
  ];
  const noMetrics = [...depth(0, 2 * HOUR), ...sweeps(0, HOUR)];
  const steadySweeps = [...depth(0, 12 * HOUR), ...sweeps(SWEEP_EVERY, 12 * HOUR)];
  const failingAudits = failedRuns("audit", HOUR, HOUR, 12 * HOUR);
  const stopped = [...steadySweeps, ...audits(HOUR, 4 * HOUR), ...failingAudits];
  const healthy = [...steadySweeps, ...audits(HOUR, 12 * HOUR)];
  /** Three periods without a run end at most 20 minutes after the last run. */
  const SOON = [HOUR, HOUR + 21 * MINUTE] as const;
  const lateAudits = [...depth(0, 6 * HOUR), ...sweeps(SWEEP_EVERY, 6 * HOUR), ...audits(2 * HOUR, 6 * HOUR)];
  const bothStopped = [...sweeps(SWEEP_EVERY, 6 * HOUR)];
  const sweep = "SweepNotRunningAlarm";
  const audit = "AuditNotRunningAlarm";
  return [
    ...mustFire(template, sweep, "every run fails", failingSweeps, SOON),
    ...mustFire(template, sweep, "every run of a new stage fails", neverWorked, [0, 0.6 * HOUR]),
    ...mustFire(template, sweep, "a new stage never runs the sweep", depth(0, HOUR), [0, 0.6 * HOUR]),
    ...mustNotFire(template, sweep, "every run succeeds when it is repeated", repeated, [0, 3 * HOUR]),
    ...mustFire(template, sweep, "the runs have stopped", noMetrics, SOON),
    ...mustFire(template, sweep, "the runs and all metrics have stopped", noMetrics, [3 * HOUR, 4 * HOUR]),
    ...mustNotFire(template, sweep, "every run succeeds", healthy, [0, 12 * HOUR]),
    ...mustFire(template, audit, "every run fails", [...steadySweeps, ...failingAudits], [0, 7 * HOUR]),
    ...mustFire(template, audit, "every run fails after four hours of success", stopped, [
      4 * HOUR,
      11 * HOUR,
    ]),
    ...mustFire(template, audit, "a new stage never runs the audit", steadySweeps, [0, 7 * HOUR]),
    ...mustFire(
      template,
      audit,
      "the runs have stopped",
      [...steadySweeps, ...audits(HOUR, 4 * HOUR)],
      [4 * HOUR, 11 * HOUR],
    ),
    ...mustNotFire(
      template,
      audit,
      "every run succeeds when it is repeated",
      [...healthy, ...failingAudits],
      [0, 12 * HOUR],
    ),
    ...mustNotFire(template, audit, "every run succeeds on a new stage", healthy, [0, 12 * HOUR]),
    ...mustNotFire(template, audit, "the first run of a new stage fails", lateAudits, [0, 6 * HOUR]),
    ...mustNotFire(template, audit, "the sweep has stopped", noMetrics, [0, 6 * HOUR]),
    ...mustNotFire(template, audit, "the sweep has stopped too", bothStopped, [9.1 * HOUR, 12 * HOUR]),
  ];
};

/** A new stage that works. Its metrics start one after another. Nothing has a value before it starts. */
function newStage(depthAt: number, sweepAt: number): Sample[] {
  return [
    ...["poll", "notify", "poll-dead", "notify-dead"].flatMap((queue) =>
      runs(MINUTE, depthAt, 4 * HOUR, {
        [`ApproximateNumberOfMessagesVisible ${queue}`]: 0,
        [`ApproximateNumberOfMessagesNotVisible ${queue}`]: 0,
        [`ApproximateAgeOfOldestMessage ${queue}`]: 0,
        [`NumberOfMessagesSent ${queue}`]: 0,
      }),
    ),
    ...sweeps(sweepAt, 4 * HOUR),
    ...audits(HOUR, 4 * HOUR),
    ...runs(MINUTE, 20 * MINUTE, HOUR, {
      PollsWithoutJob: 0,
      "NumberOfMessagesSent poll": 1,
      AttemptsFailed: 0,
    }),
  ];
}

export const newStageIsQuiet: Rule = (template) =>
  resourcesOf(template, "AWS::CloudWatch::Alarm", z.unknown()).flatMap(({ id }) =>
    [
      [MINUTE, 5 * MINUTE],
      // The functions of a slow deployment come minutes after the queues.
      [0, 8 * MINUTE],
      // SQS may write its metrics a quarter of an hour late.
      [15 * MINUTE, 5 * MINUTE],
    ].flatMap(([depthAt = 0, sweepAt = 0]) =>
      mustNotFire(template, id, "a new and healthy stage", newStage(depthAt, sweepAt), [0, 4 * HOUR]),
    ),
  );

export const fullQueueFires: Rule = (template) => {
  const id = "NotifyQueueFullAlarm";
  const metric = "ApproximateNumberOfMessagesNotVisible notify";
  const inFlight = (value: number) => runs(MINUTE, 0, HOUR, { [metric]: value });
  // SQS delivers nothing more from 120,000 on. 100 per second more reach that number in 15 minutes.
  const growing = Array.from({ length: 60 }, (_, minute) => ({
    metric,
    at: minute * MINUTE,
    value: minute * 6000,
  }));
  return [
    ...mustFire(template, id, "100,000 notifications are in flight", inFlight(100_000), [0, HOUR]),
    ...mustFire(template, id, "100 notifications per second are added", growing, [0, 12 * MINUTE]),
    ...mustNotFire(template, id, "a thousand notifications wait", inFlight(1000), [0, HOUR]),
  ];
};

export const onlyEverySweepFires: Rule = (template) => {
  const id = "OverdueAlarm";
  const faults: readonly Partial<SweepResult>[] = [
    { polls: 3, notifications: 2 },
    { polls: 1, stuck: 1 },
    { notifications: 1, stuck: 1 },
    { failed: 1 },
    { finished: false },
  ];
  const lost = [0, 1, 2, 3].flatMap((hour) => sweeps(hour * HOUR, hour * HOUR, { notifications: 3 }));
  return [
    ...faults.flatMap((found) => {
      const always = [...sweeps(0, HOUR), ...sweeps(HOUR + SWEEP_EVERY, 3 * HOUR, found)];
      const once = [...sweeps(0, HOUR), ...sweeps(HOUR, HOUR, found), ...sweeps(HOUR, 3 * HOUR)];
      const result = JSON.stringify(found);
      return [
        ...mustFire(template, id, `every run gives ${result}`, always, [HOUR, HOUR + 30 * MINUTE]),
        ...mustNotFire(template, id, `one run gives ${result}`, once, [0, 3 * HOUR]),
      ];
    }),
    ...mustNotFire(template, id, "one run gives many messages", sweeps(HOUR, HOUR, { polls: 1000 }), [
      0,
      3 * HOUR,
    ]),
    ...mustNotFire(template, id, "each run gives four messages", sweeps(0, 3 * HOUR, { polls: 4 }), [
      0,
      3 * HOUR,
    ]),
    ...mustNotFire(template, id, "one run per hour sends lost notifications again", lost, [0, 4 * HOUR]),
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

export const lateNotificationsFire: Rule = (template) => {
  const id = "LateNotificationsAlarm";
  /** Notifications at an interval, of which every n-th is late by a minute and the others by five seconds. */
  const notified = (intervalMinutes: number, every: number) =>
    Array.from({ length: Math.floor((24 * HOUR) / (intervalMinutes * MINUTE)) }, (_, i) => ({
      metric: "NotificationLatenessSeconds",
      at: i * intervalMinutes * MINUTE,
      value: i % every === 0 ? 60 : 5,
    }));
  const day = [6 * HOUR, 24 * HOUR] as const;
  return [
    ...mustFire(template, id, "every tenth notification is late", notified(5, 10), day),
    ...mustNotFire(template, id, "every thirtieth notification is late", notified(5, 30), day),
    ...mustNotFire(template, id, "every notification is late, but there are few", notified(30, 1), day),
  ];
};

export const everyDeadLetterFires: Rule = (template) => {
  const id = "GivenUpAlarm";
  const depth = runs(MINUTE, 0, 4 * HOUR, { "ApproximateNumberOfMessagesVisible poll-dead": 1 });
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
