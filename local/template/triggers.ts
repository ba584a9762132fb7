import * as z from "zod";
import type { Scope } from "./intrinsics.ts";
import { readResources, type Template, TemplateInvalidError } from "./template.ts";

/** The longest time that an HTTP API waits for a function. On AWS, 30 s are the default time limit of an HTTP API. */
const MAX_INTEGRATION_TIMEOUT_MS = 30_000;

const Mapping = z.object({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  BatchSize: z.coerce.number().int().min(1).max(10_000).default(10),
  MaximumBatchingWindowInSeconds: z.coerce.number().int().min(0).max(300).default(0),
  ScalingConfig: z.object({ MaximumConcurrency: z.coerce.number().int().min(2).max(1000) }).optional(),
  FunctionResponseTypes: z.array(z.string()).default([]),
  Enabled: z.union([z.boolean(), z.stringbool()]).default(true),
});

/**
 * Returns the event source mappings of a CloudFormation template that are enabled. An event source mapping invokes a
 * function with the messages of a queue.
 */
export function readEventSources(template: Template, scope: Scope) {
  return readResources(template, "AWS::Lambda::EventSourceMapping", Mapping, scope)
    .filter(({ properties }) => properties.Enabled)
    .map(({ logicalId, properties }) => ({
      logicalId,
      queueArn: properties.EventSourceArn,
      /** The ARN or the deployed name of the function. */
      functionName: properties.FunctionName,
      batchSize: properties.BatchSize,
      batchingWindowSeconds: properties.MaximumBatchingWindowInSeconds,
      maximumConcurrency: properties.ScalingConfig?.MaximumConcurrency ?? null,
      reportsBatchItemFailures: properties.FunctionResponseTypes.includes("ReportBatchItemFailures"),
    }));
}
export type EventSourceMapping = Readonly<ReturnType<typeof readEventSources>[number]>;

const Integration = z.object({
  IntegrationType: z.literal("AWS_PROXY"),
  IntegrationUri: z.string(),
  PayloadFormatVersion: z.literal("2.0"),
  TimeoutInMillis: z.coerce
    .number()
    .int()
    .min(50)
    .max(MAX_INTEGRATION_TIMEOUT_MS)
    .default(MAX_INTEGRATION_TIMEOUT_MS),
});
const Route = z.object({ RouteKey: z.string(), Target: z.string() });

/**
 * Returns the routes of a template's HTTP API, with the function of each route. Route keys are, for example,
 * `POST /v1/jobs`, `ANY /files/{path+}` and `$default`.
 * @throws TemplateInvalidError if a route has no integration with a function.
 */
export function readRoutes(template: Template, scope: Scope) {
  const integrations = new Map(
    readResources(template, "AWS::ApiGatewayV2::Integration", Integration, scope).map(
      ({ logicalId, properties }) => [`integrations/${scope.ref(logicalId)}`, properties],
    ),
  );
  return readResources(template, "AWS::ApiGatewayV2::Route", Route, scope).map(
    ({ logicalId, properties: { RouteKey, Target } }) => {
      const integration = integrations.get(Target);
      if (!integration)
        throw new TemplateInvalidError(`${logicalId} refers to ${Target}, which is not in the template`);
      const { IntegrationUri, TimeoutInMillis } = integration;
      return { routeKey: RouteKey, functionArn: IntegrationUri, timeoutMs: TimeoutInMillis };
    },
  );
}

const Rule = z.object({
  ScheduleExpression: z.string().optional(),
  State: z.enum(["ENABLED", "DISABLED"]).default("ENABLED"),
  Targets: z.array(z.object({ Arn: z.string(), Input: z.string().optional() })),
});
const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Returns the period of `rate(…)` or of `cron(0/N * * * ? *)`, or null. */
function parsePeriodMs(expression: string): number | null {
  const [, everyMinutes] = /^cron\(0\/([1-9]\d?) \* \* \* \? \*\)$/.exec(expression) ?? [];
  if (everyMinutes !== undefined) return Number(everyMinutes) * 60_000;
  const [, count, unit = ""] = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const unitMs = UNIT_MS[unit];
  return unitMs === undefined ? null : Number(count) * unitMs;
}

/**
 * Returns the enabled schedules of a CloudFormation template. `input` is the event that the function gets, as JSON
 * text. If `input` is null, the function gets the usual event of an EventBridge schedule. The result contains only
 * rules with a schedule, because all other EventBridge events exist only on AWS.
 * @throws TemplateInvalidError if the expression of a schedule is neither `rate(…)` nor `cron(0/N * * * ? *)`.
 */
export function readSchedules(template: Template, scope: Scope) {
  return readResources(template, "AWS::Events::Rule", Rule, scope)
    .filter(({ properties }) => properties.State === "ENABLED")
    .flatMap(({ logicalId, properties: { ScheduleExpression, Targets } }) => {
      if (ScheduleExpression === undefined) return [];
      const periodMs = parsePeriodMs(ScheduleExpression);
      if (periodMs === null)
        throw new TemplateInvalidError(
          `${logicalId}: the embedded stack supports schedules like rate(5 minutes) and cron(0/5 * * * ? *), not ${ScheduleExpression}`,
        );
      const ruleArn = scope.getAtt(logicalId, "Arn");
      return Targets.map(({ Arn, Input = null }) => ({ ruleArn, functionArn: Arn, periodMs, input: Input }));
    });
}
export type Schedule = Readonly<ReturnType<typeof readSchedules>[number]>;
