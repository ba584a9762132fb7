import { setTimeout as sleep } from "node:timers/promises";
import type { ApiGatewayV2Client } from "@aws-sdk/client-apigatewayv2";
import { DescribeStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import { DescribeAlarmHistoryCommand } from "@aws-sdk/client-cloudwatch";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand, GetQueueUrlCommand, type SQSClient } from "@aws-sdk/client-sqs";
import * as z from "zod";
import { parseJsonOrUndefined } from "../../../lib/domain/json.ts";
import { readErrorName } from "../doctor/finding.ts";
import { ALARM_NAMES, SERVICE } from "../stage-limits.ts";
import {
  findHoursWithoutQueueMetrics,
  type MetricScope,
  measureMetricDelay,
  readStackCreation,
} from "./metric-questions.ts";
import type { Answer, Found } from "./report.ts";
import { createTemporaryFunctionAndApi } from "./temporary-api.ts";

const QUEUE_NAMES = ["poll", "poll-dead", "notify", "notify-dead"];
const HOUR_MS = 3_600_000;
const MAX_BODY_CHARACTERS = 200;
/**
 * CloudWatch stores the history of an alarm for at least two weeks. If a stage is older than two weeks, its alarm
 * history may no longer contain its first hour.
 */
const ALARM_HISTORY_MS = 14 * 24 * HOUR_MS;
const NEW_API_PAUSE_MS = 1_500;
const REQUEST_LIMIT_MS = 45_000;
/**
 * The longest time that the verification waits for its temporary HTTP API. A new HTTP API answers only after some
 * seconds.
 */
const NEW_API_LIMIT_MS = 60_000;

interface QuestionScope extends MetricScope {
  readonly stage: string;
  readonly api: string;
  readonly sqs: SQSClient;
  readonly lambda: LambdaClient;
  readonly gateway: ApiGatewayV2Client;
}

/** Questions that only a real AWS account can answer. */
const QUESTIONS: Readonly<Record<string, (scope: QuestionScope) => Promise<Found>>> = {
  "Does SQS accept the policies of the queues?": findQueuePolicies,
  "Does SNS accept the policy of the topic?": findTopicPolicy,
  "Do all alarms stay quiet during the first hour of a new stage?": findEarlyAlarms,
  // Lambda creates these metrics from log lines. Only AWS can show whether this works with the stage's log format and
  // log levels.
  "How late are the metrics that the functions log?": ({ stage, ...scope }) =>
    measureMetricDelay(scope, {
      Namespace: `${SERVICE}/${stage}`,
      MetricName: "Accepted",
      Dimensions: [{ Name: "service", Value: SERVICE }],
    }),
  "How late are the metrics of SQS?": (scope) =>
    measureMetricDelay(scope, {
      Namespace: "AWS/SQS",
      MetricName: "NumberOfMessagesSent",
      Dimensions: [{ Name: "QueueName", Value: `${scope.prefix}-poll` }],
    }),
  "Do the metrics of SQS stop after six hours without activity?": findHoursWithoutQueueMetrics,
  "Does API Gateway rename the header WWW-Authenticate?": findAuthenticateHeader,
};

const AFTER_30_SECONDS = "Which answer does a caller get from API Gateway after 30 s?";
const CRASHED = "Which answer does a caller get if a function crashes?";
const THROTTLED = "Which answer does a caller get if a function is throttled?";

/**
 * Answers the questions in order. If one question cannot be answered because of an error, the function still answers
 * the other questions.
 */
export async function answerQuestions(scope: QuestionScope): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const [question, find] of Object.entries(QUESTIONS)) {
    const found = await find(scope).catch(
      (error: unknown): Found => ({ answer: null, evidence: `error ${readErrorName(error)}` }),
    );
    answers.push({ question, ...found });
  }
  return [...answers, ...(await askTemporaryApi(scope))];
}

/**
 * Answers the questions about slow, crashing and throttled functions. The answers come from a temporary Lambda
 * function, so that the functions of the stage are not disturbed.
 */
async function askTemporaryApi(scope: QuestionScope): Promise<readonly Answer[]> {
  const questions = [AFTER_30_SECONDS, CRASHED, THROTTLED];
  const unanswered = (error: unknown) => {
    const evidence = `error ${readErrorName(error)}`;
    return questions.map((question): Answer => ({ question, answer: null, evidence }));
  };
  if (scope.stopping.aborted) return [];
  const api = await createTemporaryFunctionAndApi(scope, scope.prefix).catch(unanswered);
  if (!("url" in api)) return api;
  try {
    await waitForNewApi(api.url, scope);
    const slow = await describeAnswer(AFTER_30_SECONDS, `${api.url}/slow`);
    const crashed = await describeAnswer(CRASHED, `${api.url}/crash`);
    await api.throttle();
    return [slow, crashed, await describeAnswer(THROTTLED, api.url)];
  } catch (error) {
    return unanswered(error);
  } finally {
    await api.stop();
  }
}

async function waitForNewApi(
  url: string,
  { metricLimitMs, stopping }: Pick<QuestionScope, "metricLimitMs" | "stopping">,
): Promise<void> {
  const deadline = performance.now() + Math.min(metricLimitMs, NEW_API_LIMIT_MS);
  for (;;) {
    const response = await request(url).catch((error: unknown) => error);
    if (response instanceof Response && response.status === 200) return;
    if (performance.now() > deadline || stopping.aborted)
      throw response instanceof Error ? response : new Error("the temporary API does not answer");
    await sleep(NEW_API_PAUSE_MS, undefined, { signal: stopping }).catch(() => undefined);
  }
}

async function describeAnswer(question: string, url: string): Promise<Answer> {
  const startedAt = performance.now();
  const response = await request(url);
  const body = (await response.text()).slice(0, MAX_BODY_CHARACTERS);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  return { question, answer: `HTTP ${response.status}`, evidence: `after ${seconds} s, body ${body}` };
}

const Policy = z.looseObject({ Statement: z.array(z.looseObject({ Resource: z.string() })) });

async function findQueuePolicies({ prefix, sqs }: QuestionScope): Promise<Found> {
  for (const name of QUEUE_NAMES) {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: `${prefix}-${name}` }));
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["Policy", "QueueArn"] });
    const { Attributes = {} } = await sqs.send(command);
    const policy = Policy.safeParse(parseJsonOrUndefined(Attributes.Policy ?? ""));
    const resources = policy.data?.Statement.map(({ Resource }) => Resource) ?? [];
    if (resources.length !== 1 || resources[0] !== Attributes.QueueArn)
      return { answer: "no", evidence: `the queue ${name} has no policy about itself` };
  }
  return { answer: "yes", evidence: `each of ${QUEUE_NAMES.length} queues has its policy` };
}

async function findTopicPolicy({ prefix, cloudFormation }: QuestionScope): Promise<Found> {
  const command = new DescribeStackResourcesCommand({ StackName: prefix });
  const { StackResources = [] } = await cloudFormation.send(command);
  const policy = StackResources.find(({ ResourceType }) => ResourceType === "AWS::SNS::TopicPolicy");
  if (policy?.ResourceStatus === undefined)
    return { answer: null, evidence: "the stack has no policy of a topic" };
  const isAccepted = /^(CREATE|UPDATE)_COMPLETE$/.test(policy.ResourceStatus);
  return { answer: isAccepted ? "yes" : "no", evidence: `the policy is ${policy.ResourceStatus}` };
}

async function findEarlyAlarms({ prefix, cloudWatch, cloudFormation }: QuestionScope): Promise<Found> {
  const createdAt = await readStackCreation(cloudFormation, prefix);
  if (createdAt === null) return { answer: null, evidence: "the stack has no creation time" };
  const age = Date.now() - createdAt;
  if (age > ALARM_HISTORY_MS)
    return { answer: null, evidence: "the stage is older than the history of alarms" };
  if (age < HOUR_MS)
    return { answer: null, evidence: "the stage is younger than an hour; verify it again later" };
  const fired: string[] = [];
  for (const name of ALARM_NAMES) {
    const { AlarmHistoryItems = [] } = await cloudWatch.send(
      new DescribeAlarmHistoryCommand({
        AlarmName: `${prefix}-${name}`,
        HistoryItemType: "StateUpdate",
        StartDate: new Date(createdAt),
        EndDate: new Date(createdAt + HOUR_MS),
      }),
    );
    if (AlarmHistoryItems.some(({ HistorySummary = "" }) => HistorySummary.endsWith("to ALARM")))
      fired.push(name);
  }
  return fired.length === 0
    ? { answer: "yes", evidence: `${ALARM_NAMES.length} alarms, no change to ALARM in the first hour` }
    : { answer: "no", evidence: `fired: ${fired.join(", ")}` };
}

async function findAuthenticateHeader({ api }: QuestionScope): Promise<Found> {
  const response = await request(`${api}/v1/jobs`);
  const names = [...response.headers.keys()].filter((name) => name.endsWith("www-authenticate"));
  const evidence = `HTTP ${response.status} without a token`;
  if (names.length === 0) return { answer: null, evidence: `${evidence}, without such a header` };
  return { answer: names.includes("www-authenticate") ? "no" : `yes, to ${names.join(", ")}`, evidence };
}

function request(url: string): Promise<Response> {
  return fetch(url, { signal: AbortSignal.timeout(REQUEST_LIMIT_MS) });
}
