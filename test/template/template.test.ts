import * as alarms from "./alarm-rules.ts";
import { compileOwnTemplate, type OwnTemplate } from "./own-template.ts";
import * as rules from "./rules.ts";

let own: OwnTemplate;
beforeAll(async () => {
  own = await compileOwnTemplate();
}, 60_000);

type Changes = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The template with other properties of some resources. */
function with_(changes: Changes): OwnTemplate {
  const resources = { ...own.resources };
  for (const [id, properties] of Object.entries(changes)) {
    const resource = own.resources[id];
    if (resource === undefined) throw new Error(`there is no ${id}`);
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

/** An alarm that watches one metric of ours, whatever it watched before. */
const watching = (MetricName: string, Statistic: string, Period: number, more: object = {}) => ({
  Metrics: undefined,
  Namespace: "cce-job-notifier/dev",
  MetricName,
  Statistic,
  Period,
  ...more,
});

const SAMPLES: readonly [string, rules.Rule, readonly (() => OwnTemplate)[]][] = [
  [
    "functions run on arm64, Node.js 24 and 256 MB, each with a role of its own",
    rules.functionsRunAsMeant,
    [
      () => with_({ PollLambdaFunction: { Architectures: ["x86_64"] } }),
      () => with_({ SweepLambdaFunction: { Runtime: "nodejs20.x" } }),
      () => with_({ ApiLambdaFunction: { MemorySize: 1024 } }),
      () => with_({ PollLambdaFunction: { Role: own.resources.NotifyLambdaFunction?.Properties.Role } }),
    ],
  ],
  [
    "poll alone may feed itself",
    rules.onlyPollMayLoop,
    [() => everyFunction({ recursiveLoop: "Allow" }), () => everyFunction({ recursiveLoop: "Terminate" })],
  ],
  [
    "no function logs for ever",
    rules.logsAreKeptForAWhile,
    [() => with_({ AuditLogGroup: { RetentionInDays: undefined } })],
  ],
  [
    "queues are encrypted, refuse plain HTTP, keep for 14 days and have a dead-letter queue",
    rules.queuesAreSafe,
    [
      () => with_({ NotifyQueue: { SqsManagedSseEnabled: false } }),
      () => with_({ PollDeadQueue: { MessageRetentionPeriod: 345_600 } }),
      () => with_({ QueuesOverTls: { Queues: [] } }),
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
    "what a queue feeds is bounded, answers by message, and has a sixth of the visibility timeout",
    rules.pollersAreBounded,
    [
      () => everySource({ maximumConcurrency: null }),
      () => everySource({ reportsBatchItemFailures: false }),
      () => everyFunction({ timeoutSeconds: 31 }),
    ],
  ],
  [
    "the ledger is encrypted, can be recovered, and outlives its stack",
    rules.ledgerIsSafe,
    [
      () => with_({ Ledger: { SSESpecification: undefined } }),
      () => with_({ Ledger: { PointInTimeRecoverySpecification: undefined } }),
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
    "all that the stack makes is tagged with the service and the stage",
    rules.everythingIsTagged,
    [
      () => ({ ...own, stackTags: {} }),
      () => ({ ...own, stackTags: { service: "cce-job-notifier", STAGE: "dev" } }),
    ],
  ],
  [
    "the API is throttled",
    rules.apiIsThrottled,
    [() => with_({ HttpApiStage: { DefaultRouteSettings: {} } })],
  ],
  [
    "no role has a wildcard but for the streams of its log group",
    rules.grantsAreNarrow,
    [
      () => moreGrants({ actions: ["dynamodb:*"], resources: ["arn:aws:dynamodb:x:1:table/t"] }),
      () => moreGrants({ actions: ["sqs:SendMessage"], resources: ["arn:aws:sqs:x:1:*"] }),
      () => moreGrants({ actions: ["logs:PutLogEvents"], resources: ["arn:aws:logs:x:1:log-group:*:*"] }),
    ],
  ],
  [
    "only functions that read the config may",
    rules.configIsReadByThoseWhoNeedIt,
    [() => moreGrants({ actions: ["ssm:GetParametersByPath"], resources: ["arn:aws:ssm:x:1:parameter/p"] })],
  ],
  [
    "a sweep or audit that never succeeds raises an alarm, and a new stage none",
    alarms.whatNeverSucceedsIsNoticed,
    [
      () => with_({ SweepSilentAlarm: watching("Invocations", "Sum", 900) }),
      () => with_({ SweepSilentAlarm: watching("SweepFound", "Sum", 900) }),
      () => with_({ AuditSilentAlarm: watching("Invocations", "Sum", 10_800) }),
      () => with_({ AuditSilentAlarm: watching("AuditDiscrepancy", "SampleCount", 10_800) }),
      () =>
        with_({
          AuditSilentAlarm: watching("AuditDiscrepancy", "SampleCount", 10_800, {
            TreatMissingData: "notBreaching",
          }),
        }),
    ],
  ],
  [
    "an alarm about sweeps goes by what every one of them saw, also beside the border of a period",
    alarms.everySweepCounts,
    [
      () => with_({ OverdueAlarm: { Statistic: "Sum", Period: 300, EvaluationPeriods: 3 } }),
      () => with_({ OverdueAlarm: { Statistic: "Sum" } }),
      () => with_({ SweepFailuresAlarm: { Statistic: "Sum", Period: 300, EvaluationPeriods: 3 } }),
    ],
  ],
  [
    "notifications that nobody tries raise an alarm, however few; one that was mended does not",
    alarms.untriedNotificationsAreNoticed,
    [
      () => with_({ NotifyQueueStuckAlarm: watching("ApproximateAgeOfOldestMessage", "Maximum", 300) }),
      () => with_({ NotifyQueueStuckAlarm: watching("SweepFound", "Minimum", 900, { Threshold: 5 }) }),
      () => with_({ NotifyQueueStuckAlarm: { Threshold: 1 } }),
    ],
  ],
  [
    "polls that bring no news for a quarter of an hour raise an alarm, a hiccup or a few of them do not",
    alarms.blindnessIsNoticed,
    [
      () => with_({ NoNewsAlarm: { Statistic: "Minimum" } }),
      () => with_({ NoNewsAlarm: { Statistic: "Maximum" } }),
      () => with_({ NoNewsAlarm: { EvaluationPeriods: 1 } }),
    ],
  ],
  [
    "every dead letter raises an alarm, also while an older one lies there",
    alarms.everyDeadLetterIsNoticed,
    [
      () => with_({ DeadLettersAlarm: watching("ApproximateNumberOfMessagesVisible", "Maximum", 300) }),
      () => with_({ DeadLettersAlarm: watching("DeadLetters", "Sum", 300, { Threshold: 2 }) }),
    ],
  ],
];

describe.each(SAMPLES)("%s", (_, rule, planted) => {
  it("holds", () => {
    expect(rule(own)).toEqual([]);
  });

  it("is noticed where it does not", () => {
    expect(planted.map((plant) => rule(plant()).length > 0)).toEqual(planted.map(() => true));
  });
});
