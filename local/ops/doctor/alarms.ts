import { type CloudWatchClient, DescribeAlarmsCommand, type MetricAlarm } from "@aws-sdk/client-cloudwatch";
import { awsRemedy } from "../aws-remedy.ts";
import { type Finding, wordFor } from "./finding.ts";

/** What the stage's alarms say. */
export async function examineAlarms(client: CloudWatchClient, prefix: string): Promise<readonly Finding[]> {
  const what = "alarms";
  let alarms: readonly MetricAlarm[];
  try {
    const answer = await client.send(
      new DescribeAlarmsCommand({ AlarmNamePrefix: `${prefix}-`, MaxRecords: 100 }),
    );
    alarms = answer.MetricAlarms ?? [];
  } catch (error) {
    const words = `cannot be read (${wordFor(error)})`;
    return [
      { what, state: "fault", words, remedy: awsRemedy(error) ?? "You need cloudwatch:DescribeAlarms." },
    ];
  }
  if (alarms.length === 0)
    return [
      { what, state: "fault", words: "there are none", remedy: "Is the stage deployed in this region?" },
    ];
  const ringing = alarms.filter(({ StateValue }) => StateValue === "ALARM");
  if (ringing.length === 0) return [{ what, state: "ok", words: `${alarms.length}, none of them ringing` }];
  return ringing.map(({ AlarmName = "", AlarmDescription }) => ({
    what: `alarm ${AlarmName.slice(prefix.length + 1)}`,
    state: "fault",
    words: "is ringing",
    ...(AlarmDescription === undefined ? {} : { remedy: AlarmDescription }),
  }));
}
