import { CloudFormationClient, CreateStackCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { GetQueueUrlCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { checkAlarmPromise } from "../../local/ops/verify/alarm-test.ts";
import { CREDENTIALS } from "../../local/servers/start-sqs.ts";
import { ACCOUNT_ID } from "../../local/template/scope.ts";

const REGION = "eu-central-1";
const AWS = { endpoint: process.env.SSM_ENDPOINT ?? "", region: REGION, credentials: CREDENTIALS };
const PREFIX = "cce-job-notifier";
const cloudWatch = new CloudWatchClient(AWS);

const alarm = (stage: string, topic: unknown) => ({
  Type: "AWS::CloudWatch::Alarm",
  Properties: {
    AlarmName: `${PREFIX}-${stage}-overdue`,
    AlarmActions: [topic],
    Namespace: "test",
    MetricName: "Overdue",
    Statistic: "Sum",
    Period: 300,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "GreaterThanThreshold",
  },
});

/** Two stages with an alarm. Only the alarm topic of the first stage exists. A queue gets what the topic sends. */
beforeAll(async () => {
  const mail = { "Fn::GetAtt": ["Mail", "Arn"] };
  const Resources = {
    Mail: { Type: "AWS::SQS::Queue", Properties: { QueueName: "alarm-mail" } },
    Topic: { Type: "AWS::SNS::Topic", Properties: { TopicName: "alarms" } },
    Subscription: {
      Type: "AWS::SNS::Subscription",
      Properties: { TopicArn: { Ref: "Topic" }, Protocol: "sqs", Endpoint: mail },
    },
    Alarm: alarm("mailed", { Ref: "Topic" }),
    BrokenAlarm: alarm("broken", `arn:aws:sns:${REGION}:${ACCOUNT_ID}:absent`),
  };
  const cloudFormation = new CloudFormationClient(AWS);
  await cloudFormation.send(
    new CreateStackCommand({ StackName: "alarm-test", TemplateBody: JSON.stringify({ Resources }) }),
  );
  cloudFormation.destroy();
}, 60_000);
afterAll(() => cloudWatch.destroy());

const play = (stage: string) =>
  checkAlarmPromise(cloudWatch, `${PREFIX}-${stage}`, {
    stopping: AbortSignal.timeout(20_000),
    report: () => undefined,
  });

async function readState(stage: string) {
  const AlarmNames = [`${PREFIX}-${stage}-overdue`];
  const { MetricAlarms = [] } = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames }));
  return MetricAlarms[0]?.StateValue;
}

test("the alarm test of verify reaches a subscriber of the alarm topic, and sets the alarm back", async () => {
  expect(await play("mailed")).toMatchObject({ state: "kept", detail: "CloudWatch has notified the topic" });
  const sqs = new SQSClient(AWS);
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: "alarm-mail" }));
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  sqs.destroy();
  const texts = Messages.map(({ Body = "" }) => JSON.parse(Body).Message);
  expect(texts).toEqual([`${PREFIX}-mailed-overdue: ALARM`]);
  expect(await readState("mailed")).toBe("OK");
}, 30_000);

test("the alarm test of verify reports a missing alarm topic, and sets the alarm back", async () => {
  const detail = expect.stringContaining("Failed to execute action");
  expect(await play("broken")).toMatchObject({ state: "broken", detail });
  expect(await readState("broken")).toBe("OK");
}, 30_000);

test("the alarm test of verify reports a stage without alarms", async () => {
  const detail = expect.stringContaining("no alarm");
  expect(await play("absent")).toMatchObject({ state: "broken", detail });
});
