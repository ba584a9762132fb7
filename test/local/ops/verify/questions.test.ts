import { readFileSync } from "node:fs";
import { createServer, STATUS_CODES } from "node:http";
import { ApiGatewayV2Client, CreateApiCommand, DeleteApiCommand } from "@aws-sdk/client-apigatewayv2";
import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
} from "@aws-sdk/client-cloudformation";
import {
  CloudWatchClient,
  DescribeAlarmHistoryCommand,
  GetMetricStatisticsCommand,
} from "@aws-sdk/client-cloudwatch";
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
} from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { answerQuestions } from "../../../../local/ops/verify/questions.ts";
import { listenLocally } from "../../../../local/servers/local-server.ts";

const HOUR_MS = 3_600_000;
const [lambda, gateway, sqs, cloudWatch, cloudFormation] = [
  mockClient(LambdaClient),
  mockClient(ApiGatewayV2Client),
  mockClient(SQSClient),
  mockClient(CloudWatchClient),
  mockClient(CloudFormationClient),
];
beforeEach(() => {
  for (const client of [lambda, gateway, sqs, cloudWatch, cloudFormation]) client.reset();
});

function answerAll(firstMessageAt: number, stopping: AbortSignal) {
  return answerQuestions({
    stage: "prod",
    prefix: "cce-job-notifier-prod",
    api: "http://127.0.0.1:1",
    sqs: new SQSClient({}),
    cloudWatch: new CloudWatchClient({}),
    cloudFormation: new CloudFormationClient({}),
    lambda: new LambdaClient({}),
    gateway: new ApiGatewayV2Client({}),
    firstMessageAt,
    metricLimitMs: 0,
    stopping,
  });
}

/** Returns the answer to the question that contains `part`. */
async function answerTo(part: string, firstMessageAt = Date.now(), stopping = AbortSignal.abort()) {
  const answers = await answerAll(firstMessageAt, stopping);
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

describe("the question about the policy of the topic", () => {
  it.each([
    ["CREATE_COMPLETE", "yes"],
    ["UPDATE_COMPLETE", "yes"],
    ["CREATE_FAILED", "no"],
  ] as const)("is answered from the status %s of the policy", async (ResourceStatus, answer) => {
    const policy = { ResourceType: "AWS::SNS::TopicPolicy", ResourceStatus };
    const resource = { ...policy, LogicalResourceId: "AlarmTopicPolicy", Timestamp: new Date() };
    cloudFormation.on(DescribeStackResourcesCommand).resolves({ StackResources: [resource] });
    expect(await answerTo("SNS")).toMatchObject({ answer });
  });

  it("is not answered if the stack has no such policy", async () => {
    cloudFormation.on(DescribeStackResourcesCommand).resolves({ StackResources: [] });
    expect(await answerTo("SNS")).toMatchObject({ answer: null });
  });
});

describe.each([
  [
    "metrics that the functions log",
    {
      Namespace: "cce-job-notifier/prod",
      MetricName: "Accepted",
      Dimensions: [{ Name: "service", Value: "cce-job-notifier" }],
    },
  ],
  ["late are the metrics of SQS", { Namespace: "AWS/SQS", MetricName: "NumberOfMessagesSent" }],
])("the question about the %s", (part, metric) => {
  it("is answered with the time until the first value of its metric", async () => {
    cloudWatch.on(GetMetricStatisticsCommand).resolves({ Datapoints: [] });
    cloudWatch.on(GetMetricStatisticsCommand, metric).resolves({ Datapoints: [{ Sum: 2 }] });
    expect((await answerTo(part, Date.now() - 300_000))?.answer).toMatch(/^at most (2[4-9]\d|[3-9]\d\d) s$/);
  });

  it("is answered with a lower limit if no value arrives in time", async () => {
    cloudWatch.on(GetMetricStatisticsCommand).resolves({ Datapoints: [{ Sum: 0 }] });
    expect((await answerTo(part, Date.now() - 300_000))?.answer).toMatch(/^more than \d+ s$/);
  });
});

describe("the question about the metrics of an idle queue", () => {
  const valuesOf = (hours: number, Maximum = 0) => ({
    Datapoints: Array.from({ length: hours }, () => ({ Maximum })),
  });

  it.each([
    [100, valuesOf(20), "yes", "48 hours has 28 hours without a value"],
    [10.5, valuesOf(6), "yes", "without a value"],
    [100, valuesOf(0), "yes", "48 hours has 48 hours without a value"],
    [100, valuesOf(48), "no", "a value in each hour"],
    [100, valuesOf(20, 1), null, "contained messages"],
    [7, valuesOf(1), null, "younger than 8 hours"],
  ])(
    "is answered from the hours with values, %d hours after the deployment: %j",
    async (age, values, answer, evidence) => {
      createStack(age * HOUR_MS);
      cloudWatch.on(GetMetricStatisticsCommand).resolves({ Datapoints: [] });
      const metric = { MetricName: "ApproximateNumberOfMessagesVisible", Period: 3600 };
      cloudWatch.on(GetMetricStatisticsCommand, metric).resolves(values);
      expect(await answerTo("six hours")).toMatchObject({
        answer,
        evidence: expect.stringContaining(evidence),
      });
      const [call] = cloudWatch
        .commandCalls(GetMetricStatisticsCommand)
        .filter(({ args: [{ input }] }) => input.Period === 3600);
      if (age > 8)
        expect(call?.args[0].input.Dimensions).toEqual([
          { Name: "QueueName", Value: "cce-job-notifier-prod-notify-dead" },
        ]);
    },
  );
});

/** What is only likely or unverified about AWS, and the question of the report that settles it. */
const UNCERTAIN_FACTS: Readonly<Record<string, string>> = {
  "a statement of a queue policy may name only one queue": "Does SQS accept the policies of the queues?",
  "a statement of a topic policy may name only one topic": "Does SNS accept the policy of the topic?",
  "a metric that has never existed has no value that FILL could fill":
    "Do all alarms stay quiet during the first hour of a new stage?",
  "the system log level WARN lets metric records pass": "How late are the metrics that the functions log?",
  "the metrics of SQS are up to 15 minutes late": "How late are the metrics of SQS?",
  "the metrics of SQS stop after six hours": "Do the metrics of SQS stop after six hours without activity?",
  "WWW-Authenticate may get another name": "Does API Gateway rename the header WWW-Authenticate?",
  "the gateway answers 503 after 30 s": "Which answer does a caller get from API Gateway after 30 s?",
  "a crash is answered with 500 or 503": "Which answer does a caller get if a function crashes?",
  "throttling is answered with 500 or 503": "Which answer does a caller get if a function is throttled?",
};

test("the report and the document contain one question for each uncertain fact about AWS", async () => {
  lambda.on(GetFunctionConfigurationCommand).rejects(new Error("denied"));
  const stopping = new AbortController();
  const questions = (await answerAll(0, stopping.signal)).map(({ question }) => question);
  expect(questions.toSorted()).toEqual(Object.values(UNCERTAIN_FACTS).toSorted());
  const document = readFileSync(new URL("../../../../docs/deploy.md", import.meta.url), "utf8");
  const documented = [...document.matchAll(/^\| ([^|]+\?) \|/gm)].map(([, question]) => question);
  expect(documented).toEqual(questions);
});

describe("the questions about a function that is slow, crashes or is throttled", () => {
  const ARN = "arn:aws:lambda:eu-central-1:1:function:temporary";
  const running = () => new AbortController().signal;

  /** Starts the HTTP API that API Gateway would create. */
  async function startApi() {
    let isThrottled = false;
    const server = createServer((request, response) => {
      const status = isThrottled || request.url === "/slow" ? 503 : request.url === "/crash" ? 500 : 200;
      response.writeHead(status).end(`{"message":"${STATUS_CODES[status]}"}`);
    });
    const api = await listenLocally(server);
    lambda.on(GetFunctionConfigurationCommand).resolves({ Role: "arn:role", State: "Active" });
    lambda.on(CreateFunctionCommand).resolves({ FunctionArn: ARN });
    lambda.on(PutFunctionConcurrencyCommand).callsFake(() => {
      isThrottled = true;
      return {};
    });
    gateway.on(CreateApiCommand).resolves({ ApiId: "id", ApiEndpoint: api.url });
    return api;
  }

  it.each([
    ["after 30 s", "HTTP 503", '{"message":"Service Unavailable"}'],
    ["crashes", "HTTP 500", '{"message":"Internal Server Error"}'],
    ["throttled", "HTTP 503", '{"message":"Service Unavailable"}'],
  ])("are answered with the status and the body: %s", async (part, answer, body) => {
    const api = await startApi();
    expect(await answerTo(part, Date.now(), running())).toMatchObject({
      answer,
      evidence: expect.stringContaining(body),
    });
    await api.stop();
  });

  it("use a function with the role of an existing function, and remove it with its HTTP API", async () => {
    const api = await startApi();
    await answerTo("crashes", Date.now(), running());
    await api.stop();
    expect(lambda.commandCalls(GetFunctionConfigurationCommand)[0]?.args[0].input).toEqual({
      FunctionName: "cce-job-notifier-prod-audit",
    });
    const created = lambda.commandCalls(CreateFunctionCommand)[0]?.args[0].input;
    expect(created).toMatchObject({ Role: "arn:role" });
    expect(created?.FunctionName).toMatch(/^cce-job-notifier-verify-[0-9a-f]{12}$/);
    const deleted = lambda.commandCalls(DeleteFunctionCommand)[0]?.args[0].input;
    expect(deleted).toEqual({ FunctionName: created?.FunctionName });
    expect(gateway.commandCalls(DeleteApiCommand)[0]?.args[0].input).toEqual({ ApiId: "id" });
  });

  it("stay unanswered, and leave nothing behind, if AWS refuses a step", async () => {
    const api = await startApi();
    const denied = Object.assign(new Error("denied"), { name: "AccessDeniedException" });
    lambda.on(AddPermissionCommand).rejects(denied);
    const found = await answerTo("throttled", Date.now(), running());
    await api.stop();
    expect(found).toMatchObject({ answer: null, evidence: "error AccessDeniedException" });
    expect(lambda.commandCalls(DeleteFunctionCommand)).toHaveLength(1);
    expect(gateway.commandCalls(DeleteApiCommand)).toHaveLength(1);
  });
});
