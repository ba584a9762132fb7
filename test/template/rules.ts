import * as z from "zod";
import { commandsIn } from "./commands.ts";
import { type OwnTemplate, resourcesOf } from "./own-template.ts";
import { DEFAULTS } from "./stage-defaults.ts";

/** Checks one property of a template. Returns one line per fault. */
export type Rule = (template: OwnTemplate) => string[];

const Numeric = z.coerce.number();
const OneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())]);

const FunctionProperties = z.object({
  Architectures: z.array(z.string()),
  Runtime: z.string(),
  MemorySize: Numeric,
  Role: z.string(),
});
const Queue = z.object({
  QueueName: z.string(),
  SqsManagedSseEnabled: z.boolean().default(false),
  MessageRetentionPeriod: Numeric.default(345_600),
  RedrivePolicy: z.object({ deadLetterTargetArn: z.string() }).optional(),
});
const Statement = z.object({
  Effect: z.string(),
  Action: OneOrMore,
  Resource: OneOrMore,
  Principal: z.unknown(),
  Condition: z.unknown(),
});
const QueuePolicy = z.object({
  Queues: z.array(z.string()),
  PolicyDocument: z.object({ Statement: z.array(Statement) }),
});
const Table = z.object({
  PointInTimeRecoverySpecification: z.object({ PointInTimeRecoveryEnabled: z.boolean() }).optional(),
  SSESpecification: z.object({ SSEEnabled: z.boolean() }).optional(),
});
const LogGroup = z.object({ LogGroupName: z.string(), RetentionInDays: Numeric.optional() });
const Stage = z.object({
  DefaultRouteSettings: z
    .object({ ThrottlingRateLimit: Numeric.default(0), ThrottlingBurstLimit: Numeric.default(0) })
    .prefault({}),
});
const FOURTEEN_DAYS = 1_209_600;

const faultsIf = (wrong: boolean, fault: string) => (wrong ? [fault] : []);

/** Returns the setting of a function's memory: `pollMemoryMegabytes` for `PollLambdaFunction`. */
const memorySettingOf = (id: string) =>
  `${id.charAt(0).toLowerCase()}${id.slice(1).replace(/LambdaFunction$/, "MemoryMegabytes")}`;

export const functionsHaveRuntimeAndRole: Rule = (template) =>
  resourcesOf(template, "AWS::Lambda::Function", FunctionProperties).flatMap(({ id, properties }, _, all) => [
    ...faultsIf(properties.Architectures.join() !== "arm64", `${id} is not on arm64`),
    ...faultsIf(properties.Runtime !== "nodejs24.x", `${id} is not on Node.js 24`),
    ...faultsIf(
      properties.MemorySize !== Number(DEFAULTS[memorySettingOf(id)]),
      `${id} has ${properties.MemorySize} MB`,
    ),
    ...faultsIf(
      all.filter((other) => other.properties.Role === properties.Role).length > 1,
      `${id} shares its role`,
    ),
  ]);

export const onlyPollMayRecurse: Rule = ({ service }) =>
  service.functions.flatMap(({ shortName, recursiveLoop }) =>
    faultsIf(
      (recursiveLoop === "Allow") !== (shortName === "poll"),
      `${shortName}: recursiveLoop is ${recursiveLoop}`,
    ),
  );

/** The log groups of the functions, and every other one. */
export const logsExpire: Rule = (template) => {
  const groups = resourcesOf(template, "AWS::Logs::LogGroup", LogGroup);
  const names = groups.map(({ properties }) => properties.LogGroupName);
  return [
    ...groups.flatMap(({ id, properties }) =>
      faultsIf(!properties.RetentionInDays, `${id} keeps logs without end`),
    ),
    ...template.service.functions.flatMap(({ name }) =>
      faultsIf(!names.includes(`/aws/lambda/${name}`), `${name} has no log group`),
    ),
  ];
};

export const queuesAreSafe: Rule = (template) => {
  const queues = resourcesOf(template, "AWS::SQS::Queue", Queue);
  const closed = resourcesOf(template, "AWS::SQS::QueuePolicy", QueuePolicy).flatMap(({ properties }) =>
    refusesPlainHttp(properties.PolicyDocument.Statement) ? properties.Queues : [],
  );
  const eventSourceArns = template.service.eventSources.map(({ queueArn }) => queueArn);
  return template.service.queues.flatMap(({ name, url, arn, deadLetterArn }) => {
    const queue = queues.find(({ properties }) => properties.QueueName === name)?.properties;
    return [
      ...faultsIf(!queue?.SqsManagedSseEnabled, `${name} is not encrypted`),
      ...faultsIf(
        queue?.MessageRetentionPeriod !== FOURTEEN_DAYS,
        `${name} does not keep messages for 14 days`,
      ),
      ...faultsIf(!closed.includes(url), `${name} accepts plain HTTP`),
      ...faultsIf(
        eventSourceArns.includes(arn) && deadLetterArn === null,
        `${name} has no dead-letter queue`,
      ),
    ];
  });
};

function refusesPlainHttp(statements: readonly z.infer<typeof Statement>[]): boolean {
  return statements.some(
    ({ Effect, Action, Principal, Condition }) =>
      Effect === "Deny" &&
      Action.join() === "sqs:*" &&
      Principal === "*" &&
      JSON.stringify(Condition) === '{"Bool":{"aws:SecureTransport":"false"}}',
  );
}

export const eventSourcesAreLimited: Rule = ({ service }) =>
  service.eventSources.flatMap((source) => {
    const consumer = service.functions.find(({ arn }) => arn === source.functionName);
    const queue = service.queues.find(({ arn }) => arn === source.queueArn);
    const visibility = queue?.visibilitySeconds ?? 0;
    return [
      ...faultsIf(source.maximumConcurrency === null, `${source.logicalId} has no maximum concurrency`),
      ...faultsIf(!source.reportsBatchItemFailures, `${source.logicalId} fails whole batches`),
      ...faultsIf(
        visibility < 6 * (consumer?.timeoutSeconds ?? 900),
        `${queue?.name} has a visibility timeout of ${visibility} s`,
      ),
    ];
  });

/** DynamoDB encrypts every table. `SSEEnabled: true` only means a key of the account, whose use KMS charges. */
export const ledgerIsSafe: Rule = (template) =>
  resourcesOf(template, "AWS::DynamoDB::Table", Table).flatMap(({ id, properties, onRemoval }) => [
    ...faultsIf(properties.SSESpecification?.SSEEnabled === true, `${id} pays for its encryption key`),
    ...faultsIf(
      properties.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled !== true,
      `${id} cannot be recovered`,
    ),
    ...faultsIf(onRemoval !== "RetainExceptOnCreate", `${id} is deleted with its stack`),
  ]);

/** The stack's tags apply to all resources. The framework's own tags apply to functions and the API only. */
export const stackIsTagged: Rule = ({ stackTags }) =>
  Object.entries({ service: "cce-job-notifier", stage: "dev" }).flatMap(([key, value]) =>
    faultsIf(stackTags[key] !== value, `the stack's tag ${key} is ${stackTags[key]}`),
  );

export const apiIsThrottled: Rule = (template) =>
  resourcesOf(template, "AWS::ApiGatewayV2::Stage", Stage).flatMap(({ id, properties }) =>
    faultsIf(
      properties.DefaultRouteSettings.ThrottlingRateLimit <= 0 ||
        properties.DefaultRouteSettings.ThrottlingBurstLimit <= 0,
      `${id} has no rate limit`,
    ),
  );

/**
 * Allows only the wildcard that AWS requires: the streams of a function's own log group. Every grant stands in the inline
 * policies of a role, where the other rules read it.
 */
export const grantsAreNarrow: Rule = (template) => [
  ...["AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"].flatMap((type) =>
    resourcesOf(template, type, z.unknown()).map(({ id }) => `${id} is a policy outside of its role`),
  ),
  ...resourcesOf(
    template,
    "AWS::IAM::Role",
    z.object({ ManagedPolicyArns: z.array(z.string()).default([]) }),
  ).flatMap(({ id, properties }) =>
    properties.ManagedPolicyArns.map((arn) => `${id} has the managed policy ${arn}`),
  ),
  ...template.service.grants.flatMap(({ roleArn, actions, resources }) => [
    ...actions.filter((action) => /[*?]/.test(action)).map((action) => `${roleArn} may ${action}`),
    ...resources
      .filter((resource) => /[*?]/.test(resource.replace(/^(arn:aws:logs:.*:log-group:[^*]+):\*$/, "$1")))
      .map((resource) => `${roleArn} may use ${resource}`),
  ]),
];

export const onlyConfigReadersMayReadIt: Rule = ({ service, bundles }) =>
  service.functions.flatMap(({ shortName, roleArn }) => {
    const isAllowed = service.grants.some(
      (grant) => grant.roleArn === roleArn && grant.actions.some((action) => action.startsWith("ssm:")),
    );
    const isUsed = commandsIn(bundles[shortName] ?? "").includes("GetParametersByPath");
    return faultsIf(
      isAllowed !== isUsed,
      `${shortName}: may read the config: ${isAllowed}, reads it: ${isUsed}`,
    );
  });
