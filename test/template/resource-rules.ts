import * as z from "zod";
import { LAST_ATTEMPT_RECEIVE_COUNT } from "../../functions/notify/record-attempt.ts";
import { TABLE_DEFINITION } from "../support/table.ts";
import { resourcesOf } from "./own-template.ts";
import type { Rule } from "./rules.ts";
import { DEFAULTS } from "./stage-defaults.ts";

const faultsIf = (wrong: boolean, fault: string) => (wrong ? [fault] : []);
const PREFIX = "cce-job-notifier-dev";
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

const kebab = (id: string) => id.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
/** The property with the name of a resource, and the end of the logical ID that is not in the name. */
const NAMES: Readonly<Record<string, readonly [property: string, ending: RegExp]>> = {
  "AWS::SQS::Queue": ["QueueName", /Queue$/],
  "AWS::CloudWatch::Alarm": ["AlarmName", /Alarm$/],
  "AWS::DynamoDB::Table": ["TableName", /$/],
};

/**
 * A name is the prefix of the stage and the logical ID. The operators' commands and the IAM policies of deploy/iam find
 * the resources by these names.
 */
export const namesFollowTheIds: Rule = ({ resources }) =>
  Object.entries(resources).flatMap(([id, { Type, Properties }]) => {
    const [property, ending] = NAMES[Type] ?? [];
    if (property === undefined || ending === undefined) return [];
    const name = `${PREFIX}-${kebab(id.replace(ending, ""))}`;
    return faultsIf(Properties[property] !== name, `${id} has the name ${Properties[property]}`);
  });

const Queue = z.object({
  QueueName: z.string(),
  VisibilityTimeout: z.number().optional(),
  ReceiveMessageWaitTimeSeconds: z.number().optional(),
  RedrivePolicy: z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number() }).optional(),
});
/** The largest value that SQS accepts. */
const MAX_RECEIVE_COUNT = 1000;

export const queuesKeepTheirMessages: Rule = (template) =>
  resourcesOf(template, "AWS::SQS::Queue", Queue).flatMap(({ id, properties }) => {
    const { QueueName: name, RedrivePolicy: redrive } = properties;
    if (name.endsWith("-dead"))
      return faultsIf(redrive !== undefined, `${id} gives its messages to another queue`);
    return [
      ...faultsIf(
        redrive?.deadLetterTargetArn !== `arn:aws:sqs:eu-central-1:000000000000:${name}-dead`,
        `the dead letters of ${id} go to ${redrive?.deadLetterTargetArn}`,
      ),
      ...faultsIf(
        (redrive?.maxReceiveCount ?? 0) < LAST_ATTEMPT_RECEIVE_COUNT + 100 ||
          (redrive?.maxReceiveCount ?? 0) > MAX_RECEIVE_COUNT,
        `${id} gives a message up after ${redrive?.maxReceiveCount} receives`,
      ),
      // Long polling costs nothing while the queue is empty. 20 seconds are the longest time that SQS allows.
      ...faultsIf(properties.ReceiveMessageWaitTimeSeconds !== 20, `${id} is asked without long polling`),
    ];
  });

const Table = z.object({
  AttributeDefinitions: z.unknown(),
  KeySchema: z.unknown(),
  GlobalSecondaryIndexes: z.unknown(),
  BillingMode: z.string().optional(),
  TimeToLiveSpecification: z.unknown(),
});

/** The tests of the ledger use TABLE_DEFINITION. All items that may expire have their time in `expiresAt`. */
export const ledgerIsTheTestedTable: Rule = (template) =>
  resourcesOf(template, "AWS::DynamoDB::Table", Table).flatMap(({ id, properties }) => {
    const { TimeToLiveSpecification: expiry, ...definition } = properties;
    const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode } = TABLE_DEFINITION;
    return [
      ...faultsIf(
        !same(definition, { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode }),
        `${id} is not the table that the tests of the ledger use`,
      ),
      ...faultsIf(
        !same(expiry, { AttributeName: "expiresAt", Enabled: true }),
        `DynamoDB never deletes the items of ${id}`,
      ),
    ];
  });

const LogGroup = z.object({ LogGroupName: z.string(), RetentionInDays: z.coerce.number() });

const RETENTIONS: Readonly<Record<string, string>> = {
  AccessLog: "accessLogRetentionDays",
  TrailLogGroup: "actRetentionDays",
};

export const logsHaveTheirRetention: Rule = (template) =>
  resourcesOf(template, "AWS::Logs::LogGroup", LogGroup).flatMap(({ id, properties }) => {
    const name =
      id === "AccessLog"
        ? `/aws/vendedlogs/${PREFIX}-access`
        : `/aws/lambda/${PREFIX}-${kebab(id.replace(/LogGroup$/, ""))}`;
    return [
      ...faultsIf(properties.LogGroupName !== name, `${id} has the name ${properties.LogGroupName}`),
      ...faultsIf(
        properties.RetentionInDays !== Number(DEFAULTS[RETENTIONS[id] ?? "logRetentionDays"]),
        `${id} keeps lines for ${properties.RetentionInDays} days`,
      ),
    ];
  });
