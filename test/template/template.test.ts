import * as z from "zod";
import * as alarms from "./alarm-rules.ts";
import { compileOwnTemplate, type OwnTemplate } from "./own-template.ts";
import { changePolicies, changeProperties } from "./plants.ts";
import * as rules from "./rules.ts";

let own: OwnTemplate;
beforeAll(async () => {
  own = await compileOwnTemplate();
});

const withProperties = (changes: Parameters<typeof changeProperties>[1]) => changeProperties(own, changes);

const everyFunction = (change: Partial<OwnTemplate["service"]["functions"][number]>): OwnTemplate => ({
  ...own,
  service: { ...own.service, functions: own.service.functions.map((one) => ({ ...one, ...change })) },
});
const everySource = (change: Partial<OwnTemplate["service"]["eventSources"][number]>): OwnTemplate => ({
  ...own,
  service: { ...own.service, eventSources: own.service.eventSources.map((one) => ({ ...one, ...change })) },
});
const moreGrants = (grant: { actions: string[]; resources: string[] }): OwnTemplate => {
  const roleArn = own.service.functions.find(({ shortName }) => shortName === "audit")?.roleArn ?? "";
  return {
    ...own,
    service: { ...own.service, grants: [...own.service.grants, { roleArn, conditions: {}, ...grant }] },
  };
};

/** The properties of an alarm on one metric of the product. */
const onMetric = (MetricName: string, Statistic: string, Period: number, more: object = {}) => ({
  Metrics: undefined,
  Namespace: "cce-job-notifier/dev",
  MetricName,
  Statistic,
  Period,
  ...more,
});

/** Returns the template with another expression of an alarm. */
function withExpression(id: string, expressionId: string, expression: string): OwnTemplate {
  const metrics = z
    .array(z.looseObject({ Id: z.string() }))
    .parse(own.resources[id]?.Properties.Metrics)
    .map((metric) => (metric.Id === expressionId ? { ...metric, Expression: expression } : metric));
  return withProperties({ [id]: { Metrics: metrics } });
}

const RULES: readonly [string, rules.Rule, readonly (() => OwnTemplate)[]][] = [
  [
    "each function uses arm64, Node.js 24, the documented memory and its own role",
    rules.functionsHaveRuntimeAndRole,
    [
      () => withProperties({ PollLambdaFunction: { Architectures: ["x86_64"] } }),
      () => withProperties({ SweepLambdaFunction: { Runtime: "nodejs20.x" } }),
      () => withProperties({ ApiLambdaFunction: { MemorySize: 1024 } }),
      () =>
        withProperties({ PollLambdaFunction: { Role: own.resources.NotifyLambdaFunction?.Properties.Role } }),
    ],
  ],
  [
    "only poll may send to the queue that invokes it",
    rules.onlyPollMayRecurse,
    [() => everyFunction({ recursiveLoop: "Allow" }), () => everyFunction({ recursiveLoop: "Terminate" })],
  ],
  [
    "the logs of every function expire",
    rules.logsExpire,
    [() => withProperties({ AuditLogGroup: { RetentionInDays: undefined } })],
  ],
  [
    "queues are encrypted, refuse plain HTTP, keep messages for 14 days and have a dead-letter queue",
    rules.queuesAreSafe,
    [
      () => withProperties({ NotifyQueue: { SqsManagedSseEnabled: false } }),
      () => withProperties({ PollDeadQueue: { MessageRetentionPeriod: 345_600 } }),
      () => withProperties({ NotifyQueueOverTls: { Queues: [] } }),
      () => ({
        ...own,
        service: {
          ...own.service,
          queues: own.service.queues.map((queue) => ({ ...queue, deadLetterArn: null })),
        },
      }),
    ],
  ],
  [
    "event sources have a maximum concurrency, report the failure of each message and have a sufficient visibility timeout",
    rules.eventSourcesAreLimited,
    [
      () => everySource({ maximumConcurrency: null }),
      () => everySource({ reportsBatchItemFailures: false }),
      () => everyFunction({ timeoutSeconds: 31 }),
    ],
  ],
  [
    "the ledger is recoverable, retained and encrypted with a free key",
    rules.ledgerIsSafe,
    [
      () => withProperties({ Ledger: { SSESpecification: { SSEEnabled: true } } }),
      () => withProperties({ Ledger: { PointInTimeRecoverySpecification: undefined } }),
      () => changePolicies(own, "Delete", "Retain"),
    ],
  ],
  [
    "the stack is tagged with the service and the stage",
    rules.stackIsTagged,
    [
      () => ({ ...own, stackTags: {} }),
      () => ({ ...own, stackTags: { service: "cce-job-notifier", STAGE: "dev" } }),
    ],
  ],
  [
    "the API has a rate limit",
    rules.apiIsThrottled,
    [() => withProperties({ HttpApiStage: { DefaultRouteSettings: {} } })],
  ],
  [
    "roles use wildcards only for the streams of their log group",
    rules.grantsAreNarrow,
    [
      () =>
        withProperties({ PollRole: { ManagedPolicyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"] } }),
      () => moreGrants({ actions: ["dynamodb:*"], resources: ["arn:aws:dynamodb:x:1:table/t"] }),
      () => moreGrants({ actions: ["sqs:SendMessage"], resources: ["arn:aws:sqs:x:1:*"] }),
      () => moreGrants({ actions: ["logs:PutLogEvents"], resources: ["arn:aws:logs:x:1:log-group:*:*"] }),
    ],
  ],
  [
    "only functions that read the config have the permission",
    rules.onlyConfigReadersMayReadIt,
    [() => moreGrants({ actions: ["ssm:GetParametersByPath"], resources: ["arn:aws:ssm:x:1:parameter/p"] })],
  ],
  [
    "the alarms on sweep and audit fire when no run succeeds, and not on a new stage",
    alarms.failingSchedulesFire,
    [
      () => withProperties({ SweepNotRunningAlarm: onMetric("Invocations", "Sum", 900) }),
      () => withProperties({ SweepNotRunningAlarm: onMetric("FaultsFound", "Sum", 900) }),
      () => withProperties({ SweepNotRunningAlarm: { TreatMissingData: "notBreaching" } }),
      () => withExpression("SweepNotRunningAlarm", "succeeded", "1 - FILL(failed, 1)"),
      () => withExpression("SweepNotRunningAlarm", "succeeded", "zero + 1 - failed"),
      () => withProperties({ AuditNotRunningAlarm: onMetric("Invocations", "Sum", 10_800) }),
      () => withProperties({ AuditNotRunningAlarm: onMetric("AuditDiscrepancy", "SampleCount", 10_800) }),
      () =>
        withProperties({
          AuditNotRunningAlarm: onMetric("AuditDiscrepancy", "SampleCount", 10_800, {
            TreatMissingData: "notBreaching",
          }),
        }),
      () => withExpression("AuditNotRunningAlarm", "succeeded", "IF(sweeps >= 30, 1 - FILL(failed, 1), 1)"),
    ],
  ],
  [
    "no alarm fires on a new and healthy stage",
    alarms.newStageIsQuiet,
    [
      () => withProperties({ SweepNotRunningAlarm: { TreatMissingData: "breaching" } }),
      () => withProperties({ SweepNotRunningAlarm: { EvaluationPeriods: 1 } }),
      () => withExpression("SweepNotRunningAlarm", "succeeded", "1 - FILL(failed, 1)"),
      () => withProperties({ AuditNotRunningAlarm: { TreatMissingData: "breaching" } }),
      () => withProperties({ NotifyQueueFullAlarm: { Threshold: 0 } }),
      () => withProperties({ ErrorsAlarm: { TreatMissingData: "breaching" } }),
    ],
  ],
  [
    "the alarm on notifications in flight fires long before SQS stops all deliveries",
    alarms.fullQueueFires,
    [
      () => withProperties({ NotifyQueueFullAlarm: { Threshold: 120_000 } }),
      () => withProperties({ NotifyQueueFullAlarm: { Threshold: 1000 } }),
      () => withProperties({ NotifyQueueFullAlarm: { MetricName: "ApproximateNumberOfMessagesVisible" } }),
    ],
  ],
  [
    "the alarm on the results of the sweep fires only when several runs find a fault",
    alarms.onlyEverySweepFires,
    [
      () => withProperties({ OverdueAlarm: { Threshold: 1 } }),
      () => withProperties({ OverdueAlarm: { Period: 300 } }),
      () => withProperties({ OverdueAlarm: onMetric("ApproximateAgeOfOldestMessage", "Maximum", 300) }),
    ],
  ],
  [
    "the alarm on failing polls fires when half of the polls fail for 15 minutes, and not for fewer polls or a shorter time",
    alarms.failingPollsFire,
    [
      () => withProperties({ PollsFailingAlarm: { Statistic: "Minimum" } }),
      () => withProperties({ PollsFailingAlarm: { Statistic: "Maximum" } }),
      () => withProperties({ PollsFailingAlarm: { EvaluationPeriods: 1 } }),
    ],
  ],
  [
    "the alarm about late notifications fires if more than 5 % of many notifications are late",
    alarms.lateNotificationsFire,
    [
      () => withExpression("LateNotificationsAlarm", "lateness", "late"),
      () => withProperties({ LateNotificationsAlarm: { Threshold: 3 } }),
      () => withProperties({ LateNotificationsAlarm: { Threshold: 90 } }),
    ],
  ],
  [
    "the alarm on dead letters fires for each new dead letter",
    alarms.everyDeadLetterFires,
    [
      () => withProperties({ GivenUpAlarm: onMetric("ApproximateNumberOfMessagesVisible", "Maximum", 300) }),
      () => withProperties({ GivenUpAlarm: onMetric("GivenUp", "Sum", 300, { Threshold: 2 }) }),
    ],
  ],
];

describe.each(RULES)("%s", (_, rule, planted) => {
  it("holds for the template", () => {
    expect(rule(own)).toEqual([]);
  });

  it("finds planted violations", () => {
    expect(planted.map((plant) => rule(plant()).length > 0)).toEqual(planted.map(() => true));
  });
});
