import * as z from "zod";
import * as deployment from "./deployment-rules.ts";
import { readEmittedMetrics } from "./emitted-metrics.ts";
import { compileOwnTemplate, type OwnTemplate } from "./own-template.ts";
import { changePolicies, changeProperties } from "./plants.ts";
import type { Rule } from "./rules.ts";

let own: OwnTemplate;
let emitted: ReadonlySet<string>;
beforeAll(async () => {
  own = await compileOwnTemplate();
  emitted = await readEmittedMetrics();
});

const withProperties = (changes: Parameters<typeof changeProperties>[1]) => changeProperties(own, changes);

const everyFunction = (change: Partial<OwnTemplate["service"]["functions"][number]>): OwnTemplate => ({
  ...own,
  service: { ...own.service, functions: own.service.functions.map((one) => ({ ...one, ...change })) },
});

const queueArn = (name: string) =>
  own.service.queues.find((queue) => queue.name === `cce-job-notifier-dev-${name}`)?.arn ?? "";

/** Returns the template with changes to each statement of a policy. */
function withStatement(id: string, change: object): OwnTemplate {
  const document = z
    .looseObject({ Statement: z.array(z.looseObject({})) })
    .parse(own.resources[id]?.Properties.PolicyDocument);
  const Statement = document.Statement.map((statement) => ({ ...statement, ...change }));
  return withProperties({ [id]: { PolicyDocument: { ...document, Statement } } });
}

/** Returns the template with another format of the access log. */
function withAccessLog(change: (format: string) => string): OwnTemplate {
  const settings = z
    .object({ Format: z.string(), DestinationArn: z.string() })
    .parse(own.resources.HttpApiStage?.Properties.AccessLogSettings);
  return withProperties({
    HttpApiStage: { AccessLogSettings: { ...settings, Format: change(settings.Format) } },
  });
}

const RULES: readonly [string, Rule, readonly (() => OwnTemplate)[]][] = [
  [
    "a first deployment that fails can be repeated",
    deployment.failedDeploymentIsRepeatable,
    [
      () => changePolicies(own, "Retain", "Retain"),
      () => changePolicies(own, "RetainExceptOnCreate", "Delete"),
    ],
  ],
  [
    "each statement of a queue or topic policy names the one resource of its policy",
    deployment.policiesNameOneResource,
    [
      () => withStatement("PollQueueOverTls", { Resource: [queueArn("poll"), queueArn("notify")] }),
      () => withStatement("PollQueueOverTls", { Resource: [queueArn("poll")] }),
      () => withStatement("PollQueueOverTls", { Resource: queueArn("notify") }),
      () => withStatement("AlarmTopicOverTls", { Resource: ["arn:aws:sns:x:1:a", "arn:aws:sns:x:1:b"] }),
      () =>
        withProperties({
          PollQueueOverTls: { Queues: own.service.queues.map(({ url }) => url) },
        }),
    ],
  ],
  [
    "no ARN names a partition",
    deployment.noLiteralPartition,
    [
      () => ({ ...own, text: `${own.text} "arn:aws:sqs:eu-central-1:1:q"` }),
      () => ({ ...own, text: `${own.text} "arn:aws-us-gov:iam::1:role/r"` }),
    ],
  ],
  [
    "the API has an access log in JSON that expires and contains nothing that callers write",
    deployment.apiHasAccessLog,
    [
      () => withProperties({ HttpApiStage: { AccessLogSettings: undefined } }),
      () => withProperties({ AccessLog: { RetentionInDays: undefined } }),
      () => withAccessLog((format) => format.replace("$context.requestId", "$context.apiId")),
      () => withAccessLog((format) => format.replace("{", "")),
      () => withAccessLog((format) => format.replace("{", '{"path":"$context.path",')),
    ],
  ],
  [
    "every alarm watches a metric that the code or AWS emits, with exactly its dimensions",
    (template) => deployment.alarmsWatchEmittedMetrics(emitted)(template),
    [
      () => withProperties({ OverdueAlarm: { Dimensions: [] } }),
      () => withProperties({ OverdueAlarm: { MetricName: "Polls" } }),
      () => withProperties({ OverdueAlarm: { MetricName: "SweepsFound" } }),
      () => withProperties({ OverdueAlarm: { Namespace: "cce-job-notifier/prod" } }),
      () => withProperties({ OverdueAlarm: { Dimensions: [{ Name: "service", Value: "poll" }] } }),
      () =>
        withProperties({
          OrphanedJobsAlarm: {
            Dimensions: [
              { Name: "service", Value: "cce-job-notifier" },
              { Name: "kind", Value: "slack" },
            ],
          },
        }),
      () => withProperties({ LoopStoppedAlarm: { Dimensions: [{ Name: "FunctionName", Value: "poll" }] } }),
      () => withProperties({ ApiErrorsAlarm: { MetricName: "5XXError" } }),
      () => withProperties({ NotifyDeadLettersAlarm: { MetricName: "NumberOfMessagesReceived2" } }),
      () =>
        everyFunction({ environment: { POWERTOOLS_METRICS_NAMESPACE: "x", POWERTOOLS_SERVICE_NAME: "y" } }),
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
