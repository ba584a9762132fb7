import { type CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { GetQueueAttributesCommand, GetQueueUrlCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { findAwsRemedy, findCredentialsRemedy } from "../command.ts";
import { readApiUrl, type Stage } from "../deployed-stage.ts";
import { ALARM_NAMES } from "../stage-limits.ts";
import { AlarmFailedError, testAlarm } from "../verify/alarm-test.ts";
import {
  type Finding,
  faultFinding,
  okFinding,
  readErrorName,
  unreadableFinding,
  warningFinding,
} from "./finding.ts";

/**
 * The smallest clock skew that `npm run doctor` reports. The cloud refuses the signature of a request if the clock skew
 * is 15 minutes or more.
 */
const MAX_CLOCK_SKEW_SECONDS = 60;
const TIME_LIMIT_MS = 10_000;
const QUEUE_NAMES = ["poll", "notify", "poll-dead", "notify-dead"] as const;
const CHECK_DEPLOYMENT = "Check that the stage is deployed in this region.";

/**
 * Checks the HTTP API of a deployed stage. The URL in the config key `publicUrl` is checked. If the config has no
 * `publicUrl`, the command reads the URL from the outputs of the stage's CloudFormation stack.
 */
export async function checkStageApi(
  stage: Stage,
  publicUrl: string | undefined,
  now: () => number,
): Promise<readonly Finding[]> {
  let url: string;
  try {
    url = publicUrl ?? (await readApiUrl(stage));
  } catch (error) {
    if (findCredentialsRemedy(error) !== null) return [unreadableFinding("API", error, CHECK_DEPLOYMENT)];
    const text = `the address of the API is unknown (${error instanceof Error ? error.message : "no stack"})`;
    return [faultFinding("API", text, findAwsRemedy(error) ?? CHECK_DEPLOYMENT)];
  }
  return checkApi(url, now);
}

/** Checks whether the HTTP API of a stage is healthy, and compares the API's clock with the clock of this machine. */
export async function checkApi(url: string, now: () => number): Promise<readonly Finding[]> {
  try {
    const response = await fetch(`${url}/v1/health`, { signal: AbortSignal.timeout(TIME_LIMIT_MS) });
    await response.arrayBuffer();
    const health = response.ok
      ? okFinding("API", "healthy: it can use its config, its ledger and its queues")
      : faultFinding(
          "API",
          `unhealthy (HTTP ${response.status})`,
          "The function's log says which check failed. Filter: message = 'health check failed'.",
        );
    return [health, checkClock(Date.parse(response.headers.get("date") ?? ""), now())];
  } catch (error) {
    const remedy = `${CHECK_DEPLOYMENT} Check settings.publicUrl.`;
    return [faultFinding("API", `does not answer (${readErrorName(error)})`, remedy)];
  }
}

function checkClock(apiTimeMs: number, localTimeMs: number): Finding {
  if (Number.isNaN(apiTimeMs)) return warningFinding("clock", "the API's response has no date");
  const skewSeconds = Math.round(Math.abs(apiTimeMs - localTimeMs) / 1000);
  const text = `this machine's clock and the API's clock differ by ${skewSeconds} s`;
  if (skewSeconds < MAX_CLOCK_SKEW_SECONDS) return okFinding("clock", text);
  return faultFinding(
    "clock",
    text,
    "Set this machine's clock (NTP). With a wrong clock the checks of credentials mean nothing.",
  );
}

/** Counts the messages in each SQS queue of a stage. In normal operation, a dead-letter queue is empty. */
export async function checkQueues(client: SQSClient, prefix: string): Promise<readonly Finding[]> {
  return Promise.all(QUEUE_NAMES.map((name) => checkQueue(client, prefix, name)));
}

async function checkQueue(client: SQSClient, prefix: string, name: string): Promise<Finding> {
  const item = `queue ${name}`;
  try {
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: `${prefix}-${name}` }));
    const { Attributes = {} } = await client.send(
      new GetQueueAttributesCommand({
        QueueUrl,
        AttributeNames: [
          "ApproximateNumberOfMessages",
          "ApproximateNumberOfMessagesDelayed",
          "ApproximateNumberOfMessagesNotVisible",
        ],
      }),
    );
    const {
      ApproximateNumberOfMessages: due,
      ApproximateNumberOfMessagesDelayed: delayed,
      ApproximateNumberOfMessagesNotVisible: inFlight,
    } = Attributes;
    if (due === undefined || delayed === undefined || inFlight === undefined)
      return faultFinding(item, "SQS does not state how many messages it contains", "Run the command again.");
    if (!name.endsWith("-dead"))
      return okFinding(item, `${due} due, ${delayed} delayed, ${inFlight} in flight`);
    return deadLetterFinding(item, Number(due), Number(inFlight) + Number(delayed));
  } catch (error) {
    const remedy = findAwsRemedy(error) ?? `${CHECK_DEPLOYMENT} Check that you may read the queue.`;
    return unreadableFinding(item, error, remedy);
  }
}

/** The number of messages in a dead-letter queue includes invisible and delayed messages. */
function deadLetterFinding(item: string, visible: number, hidden: number): Finding {
  if (visible + hidden === 0) return okFinding(item, "empty");
  const note = hidden === 0 ? "" : `, ${hidden} of them hidden (received by another reader, or delayed)`;
  const name = item.replace("queue ", "");
  return faultFinding(
    item,
    `contains ${visible + hidden} messages${note}`,
    `docs/runbook.md#${name}-letters explains how to read and redrive them.`,
  );
}

/**
 * Returns one result for each CloudWatch alarm of the stage that is in the state ALARM. The request to CloudWatch names
 * each alarm in full. A name prefix could also find the alarms of another stage, so the request to CloudWatch contains
 * no prefix.
 */
export async function checkAlarms(client: CloudWatchClient, prefix: string): Promise<readonly Finding[]> {
  try {
    const command = new DescribeAlarmsCommand({
      AlarmNames: ALARM_NAMES.map((name) => `${prefix}-${name}`),
      MaxRecords: 100,
    });
    const { MetricAlarms: alarms = [] } = await client.send(command);
    if (alarms.length === 0) return [faultFinding("alarms", "the stage has none", CHECK_DEPLOYMENT)];
    const active = alarms.filter(({ StateValue }) => StateValue === "ALARM");
    const findings = active.map(({ AlarmName = "", AlarmDescription }) =>
      faultFinding(`alarm ${AlarmName.slice(prefix.length + 1)}`, "is in the ALARM state", AlarmDescription),
    );
    const missing = ALARM_NAMES.filter(
      (name) => !alarms.some(({ AlarmName }) => AlarmName === `${prefix}-${name}`),
    );
    if (missing.length > 0)
      findings.push(
        warningFinding(
          "alarms",
          `the stage lacks ${missing.join(", ")}`,
          "Deploy the stage again with this release.",
        ),
      );
    if (findings.length > 0) return findings;
    return [okFinding("alarms", `none of ${alarms.length} is in the ALARM state`)];
  } catch (error) {
    const remedy = findAwsRemedy(error) ?? "Use credentials with cloudwatch:DescribeAlarms.";
    return [unreadableFinding("alarms", error, remedy)];
  }
}

/**
 * Sets one alarm of the stage to ALARM and back, and returns whether CloudWatch has notified the alarm topic. When the
 * alarm notifies the alarm topic, the topic sends the alarm email.
 */
export async function testAlarmTopic(
  client: CloudWatchClient,
  prefix: string,
  stopping: AbortSignal,
): Promise<readonly Finding[]> {
  const item = "alarm test";
  try {
    const detail = await testAlarm(client, prefix, stopping);
    return [
      okFinding(
        item,
        `${detail}. The alarm email arrives within minutes at an address that confirmed AWS's first email`,
      ),
    ];
  } catch (error) {
    if (error instanceof AlarmFailedError) {
      const remedy =
        "The alarm has its earlier state again. docs/deploy.md#test-the-alarms says what to check.";
      return [faultFinding(item, error.message, remedy)];
    }
    const remedy =
      findAwsRemedy(error) ??
      "Use credentials with cloudwatch:SetAlarmState and cloudwatch:DescribeAlarmHistory.";
    return [unreadableFinding(item, error, remedy)];
  }
}
