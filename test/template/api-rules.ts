import * as z from "zod";
import { resourcesOf } from "./own-template.ts";
import type { Rule } from "./rules.ts";
import { DEFAULTS } from "./stage-defaults.ts";

const faultsIf = (wrong: boolean, fault: string) => (wrong ? [fault] : []);
const PREFIX = "cce-job-notifier-dev";

const arnOfGroup = (id: string) => `arn:aws:other:eu-central-1:000000000000:${id}`;

const Api = z.object({ ProtocolType: z.string(), DisableExecuteApiEndpoint: z.boolean().optional() });
const Stage = z.object({
  StageName: z.string(),
  AutoDeploy: z.boolean(),
  DefaultRouteSettings: z.object({
    // CloudWatch charges for a set of metrics per route. The access log contains the same figures.
    DetailedMetricsEnabled: z.literal(false),
    ThrottlingRateLimit: z.number(),
    ThrottlingBurstLimit: z.number(),
  }),
  AccessLogSettings: z.object({ DestinationArn: z.string() }),
});

/** Without a domain of its own, callers use the endpoint that AWS gives to the API. */
export const apiIsReachable: Rule = (template) => [
  ...resourcesOf(template, "AWS::ApiGatewayV2::Api", Api).flatMap(({ id, properties }) =>
    faultsIf(
      properties.ProtocolType !== "HTTP" || properties.DisableExecuteApiEndpoint === true,
      `${id} has no endpoint`,
    ),
  ),
  ...resourcesOf(template, "AWS::ApiGatewayV2::Stage", Stage).flatMap(({ id, properties }) => {
    const { StageName, AutoDeploy, DefaultRouteSettings: routes, AccessLogSettings: log } = properties;
    return [
      ...faultsIf(StageName !== "$default" || !AutoDeploy, `${id} does not serve the deployed routes`),
      ...faultsIf(
        routes.ThrottlingRateLimit !== Number(DEFAULTS.apiRatePerSecond),
        `${id} ignores apiRatePerSecond`,
      ),
      ...faultsIf(routes.ThrottlingBurstLimit !== Number(DEFAULTS.apiBurst), `${id} ignores apiBurst`),
      ...faultsIf(log.DestinationArn !== arnOfGroup("AccessLog"), `${id} writes no access log`),
    ];
  }),
];

const Dashboard = z.object({ DashboardName: z.string(), DashboardBody: z.string() });
const Widgets = z.object({
  widgets: z.array(z.object({ properties: z.object({ metrics: z.array(z.array(z.unknown())) }) })),
});
/** The queue of each line of the dashboard, by the words of its label. */
const QUEUE_LABELS: Readonly<Record<string, string>> = {
  "polls delayed": "poll",
  "polls due": "poll",
  "notifications in flight or waiting": "notify",
  "poll dead letters": "poll-dead",
  "notify dead letters": "notify-dead",
};

/** Lines of the dashboard name the queue of their label, an existing function, and the namespace of the product. */
export const dashboardShowsTheStage: Rule = (template) =>
  resourcesOf(template, "AWS::CloudWatch::Dashboard", Dashboard).flatMap(({ id, properties }) => {
    const lines = Widgets.parse(JSON.parse(properties.DashboardBody)).widgets.flatMap(
      (one) => one.properties.metrics,
    );
    const names = template.service.functions.map(({ name }) => name);
    const isRight = (line: readonly unknown[]): boolean => {
      const [namespace, , dimension, value, options] = line;
      if (namespace === "...") return names.includes(String(line[1]));
      if (namespace === "AWS/Lambda") return dimension === "FunctionName" && names.includes(String(value));
      if (namespace === "AWS/SQS") {
        const { label } = z.object({ label: z.string() }).parse(options);
        return dimension === "QueueName" && value === `${PREFIX}-${QUEUE_LABELS[label]}`;
      }
      if (typeof namespace === "object")
        return JSON.stringify(namespace).includes('{\\"cce-job-notifier/dev\\",service');
      return namespace === "cce-job-notifier/dev" && dimension === "service" && value === "cce-job-notifier";
    };
    return [
      ...faultsIf(properties.DashboardName !== PREFIX, `${id} has another name`),
      ...lines.filter((line) => !isRight(line)).map((line) => `${id} shows ${JSON.stringify(line)}`),
    ];
  });
