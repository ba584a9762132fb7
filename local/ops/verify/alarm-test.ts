import { setTimeout as sleep } from "node:timers/promises";
import {
  type CloudWatchClient,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  SetAlarmStateCommand,
  type StateValue,
} from "@aws-sdk/client-cloudwatch";
import { readErrorName } from "../doctor/finding.ts";
import type { PromiseResult } from "./report.ts";

/**
 * The name of the alarm that the alarm test switches to ALARM. An operator who gets this alarm may follow the runbook:
 * the first step does no harm.
 */
const ALARM = "overdue";
const ACTION_LIMIT_MS = 120_000;
const PAUSE_MS = 5_000;
/** Matches the entries of an alarm's history that report an action, such as a message to the alarm topic. */
const ACTION = /^(?:Successfully executed|Failed to execute) action/;
const PROMISE = "an alarm reaches the alarm topic";
const REASON = "a test of the alarm, started by an operator";

/** The error of a failed alarm test: the alarm has not notified the alarm topic. */
export class AlarmFailedError extends Error {
  override name = "AlarmFailedError";
}

/** Runs the alarm test. Returns the test's result for the report of `npm run verify`. */
export async function checkAlarmPromise(
  client: CloudWatchClient,
  prefix: string,
  { stopping, report }: { readonly stopping: AbortSignal; readonly report: (result: PromiseResult) => void },
): Promise<PromiseResult> {
  const startedAt = performance.now();
  const found = await testAlarm(client, prefix, stopping).then(
    (detail) => ({ state: "kept" as const, detail }),
    (error: unknown) => ({
      state: "broken" as const,
      detail: error instanceof AlarmFailedError ? error.message : readErrorName(error),
    }),
  );
  const result = { promise: PROMISE, ...found, seconds: (performance.now() - startedAt) / 1000 };
  report(result);
  return result;
}

/**
 * Sets one alarm of a stage to ALARM, and waits until CloudWatch has notified the alarm topic. After the test, the
 * alarm is set back to its earlier state. Returns a sentence about the notification of the alarm topic.
 * @throws AlarmFailedError and the errors of the AWS SDK.
 */
export async function testAlarm(
  client: CloudWatchClient,
  prefix: string,
  stopping: AbortSignal,
): Promise<string> {
  const name = `${prefix}-${ALARM}`;
  const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ AlarmNames: [name] }));
  const before = MetricAlarms[0]?.StateValue;
  if (before === undefined) throw new AlarmFailedError(`the stage has no alarm ${name}`);
  if (before === "ALARM") throw new AlarmFailedError(`the alarm ${name} is in the ALARM state already`);
  const startDate = new Date();
  const setState = (value: StateValue) =>
    client.send(new SetAlarmStateCommand({ AlarmName: name, StateValue: value, StateReason: REASON }));
  await setState("ALARM");
  try {
    const command = new DescribeAlarmHistoryCommand({
      AlarmName: name,
      HistoryItemType: "Action",
      StartDate: startDate,
      EndDate: new Date(startDate.getTime() + ACTION_LIMIT_MS),
    });
    while (!stopping.aborted && Date.now() < startDate.getTime() + ACTION_LIMIT_MS) {
      const { AlarmHistoryItems = [] } = await client.send(command);
      const done = AlarmHistoryItems.find(({ HistorySummary = "" }) => ACTION.test(HistorySummary));
      if (done?.HistorySummary !== undefined) {
        if (done.HistorySummary.startsWith("Failed")) throw new AlarmFailedError(done.HistorySummary);
        return "CloudWatch has notified the topic";
      }
      await sleep(PAUSE_MS, undefined, { signal: stopping }).catch(() => undefined);
    }
    if (stopping.aborted) throw new AlarmFailedError("the test was stopped");
    throw new AlarmFailedError(`CloudWatch reports no action within ${ACTION_LIMIT_MS / 1000} s`);
  } finally {
    await setState(before);
  }
}
