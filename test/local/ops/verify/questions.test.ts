import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import {
  CloudWatchClient,
  DescribeAlarmHistoryCommand,
  GetMetricStatisticsCommand,
} from "@aws-sdk/client-cloudwatch";
import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { answerQuestions } from "../../../../local/ops/verify/questions.ts";

const HOUR_MS = 3_600_000;
const [sqs, cloudWatch, cloudFormation] = [
  mockClient(SQSClient),
  mockClient(CloudWatchClient),
  mockClient(CloudFormationClient),
];
beforeEach(() => {
  for (const client of [sqs, cloudWatch, cloudFormation]) client.reset();
});

/** Returns the answer to the question that contains `part`. */
async function answerTo(part: string, firstMessageAt = Date.now()) {
  const answers = await answerQuestions({
    prefix: "cce-job-notifier-prod",
    api: "http://127.0.0.1:1",
    sqs: new SQSClient({}),
    cloudWatch: new CloudWatchClient({}),
    cloudFormation: new CloudFormationClient({}),
    firstMessageAt,
    metricLimitMs: 0,
    stopping: AbortSignal.abort(),
  });
  return answers.find(({ question }) => question.includes(part));
}

function createStack(ageMs: number): void {
  const stack = {
    StackName: "s",
    CreationTime: new Date(Date.now() - ageMs),
    StackStatus: "UPDATE_COMPLETE" as const,
  };
  cloudFormation.on(DescribeStacksCommand).resolves({ Stacks: [stack] });
}

describe("the question about queue policies", () => {
  const policyOf = (arn: string) => JSON.stringify({ Statement: [{ Effect: "Deny", Resource: arn }] });

  it("is answered with yes if each queue has a policy about itself", async () => {
    sqs.on(GetQueueUrlCommand).resolves({ QueueUrl: "https://sqs/q" });
    sqs
      .on(GetQueueAttributesCommand)
      .resolves({ Attributes: { QueueArn: "arn:q", Policy: policyOf("arn:q") } });
    expect(await answerTo("policies")).toMatchObject({ answer: "yes" });
  });

  it.each([{ QueueArn: "arn:q" }, { QueueArn: "arn:q", Policy: policyOf("arn:other") }])(
    "is answered with no if a queue has no policy about itself: %j",
    async (Attributes) => {
      sqs.on(GetQueueUrlCommand).resolves({ QueueUrl: "https://sqs/q" });
      sqs.on(GetQueueAttributesCommand).resolves({ Attributes });
      expect(await answerTo("policies")).toMatchObject({ answer: "no" });
    },
  );

  it("is not answered if SQS refuses the request", async () => {
    sqs.on(GetQueueUrlCommand).rejects(Object.assign(new Error("denied"), { name: "AccessDenied" }));
    expect(await answerTo("policies")).toMatchObject({ answer: null, evidence: "error AccessDenied" });
  });
});

describe("the question about alarms of a new stage", () => {
  it("is answered with yes if no alarm has fired in the first hour", async () => {
    createStack(2 * HOUR_MS);
    cloudWatch.on(DescribeAlarmHistoryCommand).resolves({
      AlarmHistoryItems: [{ HistorySummary: "Alarm updated from INSUFFICIENT_DATA to OK" }],
    });
    expect(await answerTo("alarms")).toMatchObject({ answer: "yes" });
  });

  it("is answered with no and the names of the alarms that have fired", async () => {
    createStack(2 * HOUR_MS);
    cloudWatch.on(DescribeAlarmHistoryCommand).resolves({ AlarmHistoryItems: [] });
    cloudWatch.on(DescribeAlarmHistoryCommand, { AlarmName: "cce-job-notifier-prod-overdue" }).resolves({
      AlarmHistoryItems: [{ HistorySummary: "Alarm updated from INSUFFICIENT_DATA to ALARM" }],
    });
    expect(await answerTo("alarms")).toMatchObject({ answer: "no", evidence: "fired: overdue" });
  });

  it.each([
    [HOUR_MS / 2, "younger than an hour"],
    [15 * 24 * HOUR_MS, "older than the history"],
  ])("is not answered for a stage that is %i ms old", async (ageMs, reason) => {
    createStack(ageMs);
    const found = await answerTo("alarms");
    expect(found).toMatchObject({ answer: null, evidence: expect.stringContaining(reason) });
  });
});

describe("the question about the delay of metrics", () => {
  it("is answered with the time until the first value", async () => {
    cloudWatch.on(GetMetricStatisticsCommand).resolves({ Datapoints: [{ Sum: 2 }] });
    expect((await answerTo("metrics", Date.now() - 300_000))?.answer).toMatch(/^at most (2[4-9]\d|30\d) s$/);
  });

  it("is answered with a lower limit if no value arrives in time", async () => {
    cloudWatch.on(GetMetricStatisticsCommand).resolves({ Datapoints: [{ Sum: 0 }] });
    expect((await answerTo("metrics", Date.now() - 300_000))?.answer).toMatch(/^more than \d+ s$/);
  });
});
