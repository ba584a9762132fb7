import * as alarms from "./alarm-rules.ts";
import { compileOwnTemplate, type OwnTemplate } from "./own-template.ts";
import * as rules from "./rules.ts";

let own: OwnTemplate;
beforeAll(async () => {
  own = await compileOwnTemplate();
}, 60_000);

type Changes = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Returns the template with changed properties of some resources. */
function withProperties(changes: Changes): OwnTemplate {
  const resources = { ...own.resources };
  for (const [id, properties] of Object.entries(changes)) {
    const resource = own.resources[id];
    if (resource === undefined) throw new Error(`unknown resource ${id}`);
    resources[id] = { ...resource, Properties: { ...resource.Properties, ...properties } };
  }
  return { ...own, resources };
}

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
  return { ...own, service: { ...own.service, grants: [...own.service.grants, { roleArn, ...grant }] } };
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

const RULES: readonly [string, rules.Rule, readonly (() => OwnTemplate)[]][] = [
  [
    "functions use arm64, Node.js 24, 256 MB and a role of their own",
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
      () => withProperties({ QueuesOverTls: { Queues: [] } }),
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
    "event sources have a maximum concurrency, report failures by message and have a sufficient visibility timeout",
    rules.eventSourcesAreLimited,
    [
      () => everySource({ maximumConcurrency: null }),
      () => everySource({ reportsBatchItemFailures: false }),
      () => everyFunction({ timeoutSeconds: 31 }),
    ],
  ],
  [
    "the ledger is encrypted, recoverable and retained",
    rules.ledgerIsSafe,
    [
      () => withProperties({ Ledger: { SSESpecification: undefined } }),
      () => withProperties({ Ledger: { PointInTimeRecoverySpecification: undefined } }),
      () => ({
        ...own,
        resources: {
          ...own.resources,
          Ledger: { Type: "AWS::DynamoDB::Table", DeletionPolicy: "Delete", Properties: {} },
        },
      }),
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
      () => withProperties({ SweepNotRunningAlarm: onMetric("SweepFound", "Sum", 900) }),
      () => withProperties({ AuditNotRunningAlarm: onMetric("Invocations", "Sum", 10_800) }),
      () => withProperties({ AuditNotRunningAlarm: onMetric("AuditDiscrepancy", "SampleCount", 10_800) }),
      () =>
        withProperties({
          AuditNotRunningAlarm: onMetric("AuditDiscrepancy", "SampleCount", 10_800, {
            TreatMissingData: "notBreaching",
          }),
        }),
    ],
  ],
  [
    "the alarms on the results of the sweep fire only when every run has the result",
    alarms.onlyEverySweepFires,
    [
      () => withProperties({ OverdueAlarm: { Statistic: "Sum", Period: 300, EvaluationPeriods: 3 } }),
      () => withProperties({ OverdueAlarm: { Statistic: "Sum" } }),
      () => withProperties({ SweepFailuresAlarm: { Statistic: "Sum", Period: 300, EvaluationPeriods: 3 } }),
    ],
  ],
  [
    "the alarm on overdue notifications fires for a few that stay overdue, and not for one that was sent again",
    alarms.overdueNotificationsFire,
    [
      () =>
        withProperties({ NotifyQueueStuckAlarm: onMetric("ApproximateAgeOfOldestMessage", "Maximum", 300) }),
      () =>
        withProperties({ NotifyQueueStuckAlarm: onMetric("SweepFound", "Minimum", 900, { Threshold: 5 }) }),
      () => withProperties({ NotifyQueueStuckAlarm: { Threshold: 1 } }),
    ],
  ],
  [
    "the alarm on failing polls fires when half of them fail for 15 minutes, and not for fewer or shorter",
    alarms.failingPollsFire,
    [
      () => withProperties({ PollsFailingAlarm: { Statistic: "Minimum" } }),
      () => withProperties({ PollsFailingAlarm: { Statistic: "Maximum" } }),
      () => withProperties({ PollsFailingAlarm: { EvaluationPeriods: 1 } }),
    ],
  ],
  [
    "the alarm on dead letters fires for each new one",
    alarms.everyDeadLetterFires,
    [
      () =>
        withProperties({ DeadLettersAlarm: onMetric("ApproximateNumberOfMessagesVisible", "Maximum", 300) }),
      () => withProperties({ DeadLettersAlarm: onMetric("DeadLetters", "Sum", 300, { Threshold: 2 }) }),
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
