import * as z from "zod";
import { emittedMetric } from "./emitted-metrics.ts";
import { resourcesOf } from "./own-template.ts";
import type { Rule } from "./rules.ts";

const faultsIf = (wrong: boolean, fault: string) => (wrong ? [fault] : []);

const Policy = z.object({
  Queues: z.array(z.string()).default([]),
  Topics: z.array(z.string()).default([]),
  PolicyDocument: z.object({ Statement: z.array(z.object({ Resource: z.unknown() })) }),
});

/**
 * Each statement of a queue policy or topic policy must name exactly the resource that the policy belongs to. SQS
 * refuses a policy that names several resources, and gives no reason. No linter and no emulator finds this error.
 */
export const policiesNameOneResource: Rule = (template) =>
  ["AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"].flatMap((type) => {
    const policies = resourcesOf(template, type, Policy);
    if (policies.length === 0) return [`the template has no ${type}`];
    return policies.flatMap(({ id, properties }) => {
      const { Queues, Topics, PolicyDocument } = properties;
      const arns = [
        ...template.service.queues.filter(({ url }) => Queues.includes(url)).map(({ arn }) => arn),
        ...Topics,
      ];
      return [
        ...faultsIf(arns.length !== 1, `${id} belongs to ${arns.length} resources`),
        ...faultsIf(PolicyDocument.Statement.length === 0, `${id} has no statement`),
        ...PolicyDocument.Statement.flatMap(({ Resource }) =>
          faultsIf(
            Resource !== arns[0],
            `${id} has a statement for ${JSON.stringify(Resource)} instead of its own resource`,
          ),
        ),
      ];
    });
  });

/** The template must not contain the name of an AWS partition, because ARNs differ in `aws-cn` and `aws-us-gov`. */
export const noLiteralPartition: Rule = ({ text }) =>
  [...text.matchAll(/arn:aws[a-z-]*:[^"]{0,60}/g)].map(([arn]) => `the template contains ${arn}`);

/**
 * A failed first deployment must remove all resources, so that the next deployment finds no existing names.
 * A retained resource needs `UpdateReplacePolicy: Retain`, because `UpdateReplacePolicy` has no `RetainExceptOnCreate`.
 */
export const failedDeploymentIsRepeatable: Rule = ({ resources }) =>
  Object.entries(resources).flatMap(([id, { DeletionPolicy, UpdateReplacePolicy }]) => [
    ...faultsIf(DeletionPolicy === "Retain", `${id} stays after a first deployment that fails`),
    ...faultsIf(
      DeletionPolicy === "RetainExceptOnCreate" && UpdateReplacePolicy !== "Retain",
      `${id} is deleted when an update replaces it`,
    ),
  ]);

const Stage = z.object({
  AccessLogSettings: z.object({ DestinationArn: z.string(), Format: z.string() }).optional(),
});
const LogGroup = z.object({ RetentionInDays: z.coerce.number().optional() });
const REQUIRED_FIELDS = {
  requestId: "$context.requestId",
  ip: "$context.identity.sourceIp",
  routeKey: "$context.routeKey",
  status: "$context.status",
  responseLength: "$context.responseLength",
  integrationError: "$context.integrationErrorMessage",
};
/** Matches the variables of API Gateway that contain the path, a header or the query string of a request. */
const UNSAFE = /\$context\.(?:path|requestOverride|authorizer|identity\.userAgent|customDomain|domainName)/;

/**
 * API Gateway must write an access log, because no other log shows the gateway's own 4xx and 5xx replies. The access
 * log must not contain the keys of page URLs.
 */
export const apiHasAccessLog: Rule = (template) => {
  const groups = resourcesOf(template, "AWS::Logs::LogGroup", LogGroup);
  return resourcesOf(template, "AWS::ApiGatewayV2::Stage", Stage).flatMap(({ id, properties }) => {
    const { AccessLogSettings: settings } = properties;
    if (settings === undefined) return [`${id} has no access log`];
    const group = groups.find((one) => settings.DestinationArn.endsWith(`:${one.id}`));
    const format = z.record(z.string(), z.string()).safeParse(parse(settings.Format));
    return [
      ...faultsIf(!group?.properties.RetentionInDays, `${id} has an access log without a retention time`),
      ...faultsIf(!format.success, `${id} writes an access log that is not JSON`),
      ...faultsIf(/\n/.test(settings.Format), `${id} writes several lines per request`),
      ...faultsIf(UNSAFE.test(settings.Format), `${id} logs text that a caller wrote`),
      ...Object.entries(REQUIRED_FIELDS).flatMap(([name, variable]) =>
        faultsIf(format.data?.[name] !== variable, `${id} does not log ${name}`),
      ),
    ];
  });
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const Metric = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
});
const Alarm = z.looseObject({
  MetricName: z.string().optional(),
  Metrics: z.array(z.object({ MetricStat: z.object({ Metric }).optional() })).default([]),
});

/**
 * The AWS metrics that alarms may use, and the only dimension of each metric. The metric of an HTTP API is called
 * `5xx`, and not `5XXError`.
 */
const AWS_METRICS: Readonly<
  Record<string, { readonly dimension: string; readonly names: readonly string[] }>
> = {
  "AWS/Lambda": {
    dimension: "FunctionName",
    names: ["Duration", "Errors", "Invocations", "RecursiveInvocationsDropped", "Throttles"],
  },
  "AWS/SQS": {
    dimension: "QueueName",
    names: [
      "ApproximateAgeOfOldestMessage",
      "ApproximateNumberOfMessagesDelayed",
      "ApproximateNumberOfMessagesNotVisible",
      "ApproximateNumberOfMessagesVisible",
      "NumberOfMessagesSent",
    ],
  },
  "AWS/ApiGateway": { dimension: "ApiId", names: ["4xx", "5xx", "Count", "Latency"] },
};

/**
 * Every alarm must watch an existing metric. The code emits the metric with exactly the alarm's dimensions, or AWS
 * writes the metric for a resource of the template. CloudWatch accepts an alarm for an unknown metric, but the alarm
 * never has data.
 */
export const alarmsWatchEmittedMetrics =
  (emitted: ReadonlySet<string>): Rule =>
  (template) => {
    const environments = template.service.functions.map(({ environment }) => environment);
    const namespaces = new Set(environments.map((one) => one.POWERTOOLS_METRICS_NAMESPACE));
    const services = new Set(environments.map((one) => one.POWERTOOLS_SERVICE_NAME));
    const names: Readonly<Record<string, readonly string[]>> = {
      FunctionName: template.service.functions.map(({ name }) => name),
      QueueName: template.service.queues.map(({ name }) => name),
      ApiId: Object.entries(template.resources)
        .filter(([, { Type }]) => Type === "AWS::ApiGatewayV2::Api")
        .map(([id]) => id),
    };
    const isEmitted = ({ Namespace, MetricName, Dimensions }: z.infer<typeof Metric>) => {
      const keys = Dimensions.map(({ Name }) => Name);
      const service = Dimensions.find(({ Name }) => Name === "service")?.Value;
      const own = AWS_METRICS[Namespace];
      if (own === undefined)
        return (
          [...namespaces].join() === Namespace &&
          [...services].join() === service &&
          emitted.has(emittedMetric(MetricName, keys))
        );
      const [dimension] = Dimensions;
      return (
        own.names.includes(MetricName) &&
        keys.join() === own.dimension &&
        (names[own.dimension] ?? []).includes(dimension?.Value ?? "")
      );
    };
    return resourcesOf(template, "AWS::CloudWatch::Alarm", Alarm).flatMap(({ id, properties }) => {
      const watched = [
        ...Metric.array().parse(properties.MetricName === undefined ? [] : [properties]),
        ...properties.Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []),
      ];
      return [
        ...faultsIf(watched.length === 0, `${id} watches nothing`),
        ...watched
          .filter((metric) => !isEmitted(metric))
          .map((metric) => `${id} watches ${JSON.stringify(metric)}, which nothing emits`),
      ];
    });
  };
