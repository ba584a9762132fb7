import { setTimeout as sleep } from "node:timers/promises";
import { type CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import {
  type CloudWatchClient,
  GetMetricStatisticsCommand,
  type GetMetricStatisticsCommandInput,
} from "@aws-sdk/client-cloudwatch";
import type { Found } from "./report.ts";

const METRIC_PERIOD_SECONDS = 60;
const METRIC_PAUSE_MS = 15_000;
const HOUR_MS = 3_600_000;
/** The length, in hours, of the period before the verification that `findHoursWithoutQueueMetrics` searches. */
const IDLE_HOURS = 48;
/** If the stage is younger than this number of hours, `findHoursWithoutQueueMetrics` does not search. */
const MIN_IDLE_HOURS = 8;

export interface MetricScope {
  /** The prefix of the names of all resources of the stage. */
  readonly prefix: string;
  readonly cloudWatch: CloudWatchClient;
  readonly cloudFormation: CloudFormationClient;
  /** The time at which the verification sent its first message to the poll queue. */
  readonly firstMessageAt: number;
  /**
   * The longest time, in milliseconds, that the verification waits for the metrics of the first message.
   * `metricLimitMs` also limits how long the verification waits for its temporary HTTP API.
   */
  readonly metricLimitMs: number;
  readonly stopping: AbortSignal;
}

/** Returns the time in milliseconds when the stack of a stage was created, or null if the stack does not exist. */
export async function readStackCreation(
  client: CloudFormationClient,
  StackName: string,
): Promise<number | null> {
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
  return Stacks[0]?.CreationTime?.getTime() ?? null;
}

/**
 * Searches for hours in which a dead-letter queue had no metrics. SQS may stop the metrics of a queue that nobody uses
 * for hours.
 */
export async function findHoursWithoutQueueMetrics({
  prefix,
  cloudWatch,
  cloudFormation,
}: Pick<MetricScope, "prefix" | "cloudWatch" | "cloudFormation">): Promise<Found> {
  const createdAt = await readStackCreation(cloudFormation, prefix);
  if (createdAt === null) return { answer: null, evidence: "the stack has no creation time" };
  const end = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const hours = Math.min(IDLE_HOURS, Math.floor((end - createdAt) / HOUR_MS));
  if (hours < MIN_IDLE_HOURS)
    return {
      answer: null,
      evidence: `the stage is younger than ${MIN_IDLE_HOURS} hours; verify it again later`,
    };
  const { Datapoints = [] } = await cloudWatch.send(
    new GetMetricStatisticsCommand({
      Namespace: "AWS/SQS",
      MetricName: "ApproximateNumberOfMessagesVisible",
      Dimensions: [{ Name: "QueueName", Value: `${prefix}-notify-dead` }],
      StartTime: new Date(end - hours * HOUR_MS),
      EndTime: new Date(end),
      Period: HOUR_MS / 1000,
      Statistics: ["Maximum"],
    }),
  );
  const queue = `the queue notify-dead in the last ${hours} hours`;
  if (Datapoints.some(({ Maximum = 0 }) => Maximum > 0))
    return { answer: null, evidence: `${queue} contained messages` };
  const missing = hours - Datapoints.length;
  return missing > 0
    ? { answer: "yes", evidence: `${queue} has ${missing} hours without a value` }
    : {
        answer: "no",
        evidence: `${queue} has a value in each hour; a command that reads the queue also counts as activity`,
      };
}

/** Measures the time until a CloudWatch metric counts the verification's first message. */
export async function measureMetricDelay(
  scope: Pick<MetricScope, "cloudWatch" | "firstMessageAt" | "metricLimitMs" | "stopping">,
  metric: Pick<GetMetricStatisticsCommandInput, "Namespace" | "MetricName" | "Dimensions">,
): Promise<Found> {
  const { cloudWatch, firstMessageAt, metricLimitMs, stopping } = scope;
  const periodMs = METRIC_PERIOD_SECONDS * 1000;
  const start = Math.floor(firstMessageAt / periodMs) * periodMs;
  const command = new GetMetricStatisticsCommand({
    ...metric,
    StartTime: new Date(start),
    EndTime: new Date(start + periodMs),
    Period: METRIC_PERIOD_SECONDS,
    Statistics: ["Sum"],
  });
  for (;;) {
    const { Datapoints = [] } = await cloudWatch.send(command);
    const seconds = Math.round((Date.now() - start - periodMs) / 1000);
    if (Datapoints.some(({ Sum = 0 }) => Sum > 0))
      return {
        answer: `at most ${Math.max(0, seconds)} s`,
        evidence: "time from the end of the minute of the first message to the first value",
      };
    if (Date.now() - firstMessageAt > metricLimitMs || stopping.aborted)
      return { answer: `more than ${seconds} s`, evidence: "no value until the end of this verification" };
    await sleep(METRIC_PAUSE_MS, undefined, { signal: stopping }).catch(() => undefined);
  }
}
