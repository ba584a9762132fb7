import { type AlarmScenario, alarmRule, every, HOUR, MINUTE, scenario } from "./alarm-scenario.ts";
import type { Rule } from "./rules.ts";

/** The alarm on the depth of a queue is active as long as the queue contains a message, and fires again for another one. */
function depthScenarios(alarm: string, queue: string): AlarmScenario[] {
  const metric = `ApproximateNumberOfMessagesVisible ${queue}`;
  const depth = (fromMinute: number, toMinute: number, value: number) =>
    every(MINUTE, fromMinute * MINUTE, toMinute * MINUTE, metric, value);
  // SQS writes an approximate depth, which may be 0 for a minute.
  const anHour = [
    ...depth(0, 60, 0),
    ...Array.from({ length: 30 }, (_, n) => depth(60 + 2 * n, 61 + 2 * n, 1)).flat(),
  ];
  const another = [...depth(0, 1, 1), ...depth(1, 11, 0), ...depth(11, 12, 1), ...depth(12, 20, 0)];
  return [
    {
      alarm,
      situation: "a message is there for an hour",
      samples: anHour,
      firings: 1,
      activeWithin: [65 * MINUTE, 119 * MINUTE],
    },
    scenario(alarm, "another message comes after eleven minutes", another, 2),
  ];
}

/** The numbers are those that the descriptions of the alarms promise to the operator. */
export const promisedLimitsFire: Rule = (template) => {
  const inFlight = "ApproximateNumberOfMessagesNotVisible notify";
  const sent = "NumberOfMessagesSent poll";
  const overdue = (hour: number, value: number) => ({
    metric: "ListOverdueSeconds",
    at: hour * HOUR + 1,
    value,
  });
  return alarmRule([
    scenario(
      "NotifyQueueFullAlarm",
      "60,000 are in flight for a minute",
      every(MINUTE, HOUR, HOUR + MINUTE, inFlight, 60_000),
      1,
    ),
    scenario(
      "NotifyQueueFullAlarm",
      "two values of a minute differ",
      [0, 60_000, 0].flatMap((value) => every(MINUTE, HOUR, HOUR + MINUTE, inFlight, value)),
      1,
    ),
    scenario(
      "NotifyQueueFullAlarm",
      "a minute has two values",
      [59_999, 59_999].flatMap((value) => every(MINUTE, HOUR, HOUR + MINUTE, inFlight, value)),
      0,
    ),
    scenario(
      "NotifyQueueFullAlarm",
      "59,999 are in flight",
      every(MINUTE, HOUR, 2 * HOUR, inFlight, 59_999),
      0,
    ),
    scenario(
      "NotifyQueueFullAlarm",
      "the queue is full twice",
      [0, 2].flatMap((n) => every(MINUTE, n * MINUTE, (n + 1) * MINUTE, inFlight, 99_999)),
      2,
    ),
    scenario("RunawayPollsAlarm", "20,000 polls per hour", every(3 * MINUTE, HOUR, 3 * HOUR, sent, 1000), 1),
    scenario("RunawayPollsAlarm", "19,980 polls per hour", every(3 * MINUTE, HOUR, 6 * HOUR, sent, 999), 0),
    scenario(
      "RunawayPollsAlarm",
      "60,000 polls in a minute, and again three hours later",
      [1, 4].flatMap((hour) => every(MINUTE, hour * HOUR, hour * HOUR + MINUTE, sent, 60_000)),
      2,
    ),
    scenario(
      "ConfigFaultsAlarm",
      "the list of jobs is overdue by 30 minutes, twice",
      [overdue(2, 1800), overdue(2.1, 10), overdue(5, 1800)],
      2,
    ),
    scenario(
      "ConfigFaultsAlarm",
      "the list of jobs is overdue by less than 30 minutes",
      every(MINUTE, 2 * HOUR, 5 * HOUR, "ListOverdueSeconds", 1799),
      0,
    ),
    {
      ...scenario(
        "ConfigFaultsAlarm",
        "an hourly list fails",
        [2, 3, 4, 5].map((hour) => overdue(hour, 7200)),
        1,
      ),
      activeWithin: [3 * HOUR, 5 * HOUR],
    },
    ...depthScenarios("NotifyDeadLettersAlarm", "notify-dead"),
    {
      ...scenario(
        "OrphanedJobsAlarm",
        "one job is lost for three audits",
        [1, 2, 3, 5].map((hour) => ({
          metric: "AuditDiscrepancy",
          at: hour * HOUR + 1,
          value: hour < 5 ? 1 : 0,
        })),
        1,
      ),
      activeWithin: [2 * HOUR, 3 * HOUR],
    },
    scenario(
      "OrphanedJobsAlarm",
      "one of two audits in an hour finds a lost job, and again three hours later",
      [2, 2.01, 5].map((hour) => ({
        metric: "AuditDiscrepancy",
        at: hour * HOUR,
        value: hour === 2.01 ? -1 : 1,
      })),
      2,
    ),
  ])(template);
};

export const failedDeliveriesFire: Rule = (template) => {
  const alarm = "DeliveryFailuresAlarm";
  /** Returns attempts in some periods. Each attempt writes whether it failed. */
  const attempts = (made: number, failed: number, periods: number) =>
    Array.from({ length: made }, (_, n) =>
      every(300, HOUR, HOUR + periods * 300, "AttemptsFailed", n < failed ? 1 : 0),
    ).flat();
  return alarmRule([
    scenario(alarm, "two of four attempts fail in three periods", attempts(4, 2, 3), 1),
    scenario(alarm, "49 % of the attempts fail", attempts(100, 49, 12), 0),
    scenario(alarm, "all of few attempts fail", attempts(1, 1, 3), 1),
    scenario(alarm, "all attempts of two periods fail", attempts(9, 9, 2), 0),
  ])(template);
};

/** One poll or one notification writes one sample. A run of the sweep writes one sample if it finds a fault. */
export const fractionsAndSweepsFire: Rule = (template) => {
  const late = (count: number, value: number) =>
    Array.from({ length: count }, () => ({ metric: "NotificationLatenessSeconds", at: HOUR, value }));
  const found = (metric: string, runs: number, value: number) =>
    every(300, 3 * HOUR, 3 * HOUR + runs * 300, metric, value);
  return alarmRule([
    scenario("LateNotificationsAlarm", "20 notifications are late by 30 seconds", late(20, 30), 1),
    scenario("LateNotificationsAlarm", "20 notifications take 29 seconds", late(20, 29), 0),
    scenario("LateNotificationsAlarm", "19 notifications are late", late(19, 99), 0),
    scenario("OverdueAlarm", "three runs in a row find a fault", found("FaultsFound", 3, 1), 1),
    scenario(
      "OverdueAlarm",
      "a run finds a fault every 15 minutes",
      every(900, 3 * HOUR, 6 * HOUR, "FaultsFound", 1),
      0,
    ),
    {
      ...scenario("OverdueAlarm", "each run of three hours finds a fault", found("FaultsFound", 36, 1), 1),
      activeWithin: [3 * HOUR + 1800, 6 * HOUR],
    },
    scenario("PollsFailingAlarm", "all polls of three periods fail", found("PollsWithoutJob", 3, 1), 1),
    scenario("PollsFailingAlarm", "all polls of two periods fail", found("PollsWithoutJob", 2, 1), 0),
  ])(template);
};
