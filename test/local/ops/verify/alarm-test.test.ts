import {
  CloudWatchClient,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import { mockClient } from "aws-sdk-client-mock";
import { checkAlarmPromise } from "../../../../local/ops/verify/alarm-test.ts";

const cloudWatch = mockClient(CloudWatchClient);
beforeEach(() => cloudWatch.reset());

/** Tests the alarm and returns the result with the states that the test has set. */
async function run(state: "OK" | "ALARM" | null, summary?: string) {
  const alarm = { AlarmName: "stage-overdue", StateValue: state ?? "OK" };
  cloudWatch.on(DescribeAlarmsCommand).resolves({ MetricAlarms: state === null ? [] : [alarm] });
  const items = summary === undefined ? [] : [{ HistorySummary: summary }];
  cloudWatch.on(DescribeAlarmHistoryCommand).resolves({ AlarmHistoryItems: items });
  const stopping = new AbortController();
  // Without an action the test would wait for two minutes, so it is stopped.
  if (summary === undefined) stopping.abort();
  const result = await checkAlarmPromise(new CloudWatchClient({}), "stage", {
    stopping: stopping.signal,
    report: () => undefined,
  });
  const states = cloudWatch.commandCalls(SetAlarmStateCommand).map(({ args }) => args[0].input.StateValue);
  return { ...result, states };
}

describe("checkAlarmPromise", () => {
  it("sets the alarm to ALARM and back when CloudWatch has notified the topic", async () => {
    const found = await run("OK", "Successfully executed action arn:aws:sns:eu-central-1:1:stage-alarms");
    expect(found).toMatchObject({ state: "kept", states: ["ALARM", "OK"] });
  });

  it("reports a failed action and sets the alarm back", async () => {
    const found = await run("OK", "Failed to execute action arn:aws:sns:eu-central-1:1:stage-alarms");
    expect(found).toMatchObject({ state: "broken", states: ["ALARM", "OK"] });
  });

  it("sets the alarm back when the verification is stopped", async () => {
    expect(await run("OK")).toMatchObject({ state: "broken", states: ["ALARM", "OK"] });
  });

  it.each([null, "ALARM"] as const)("changes nothing if the state of the alarm is %s", async (state) => {
    expect(await run(state)).toMatchObject({ state: "broken", states: [] });
  });
});
