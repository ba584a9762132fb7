import * as z from "zod";
import { resourcesOf } from "./own-template.ts";
import type { Rule } from "./rules.ts";

const faultsIf = (wrong: boolean, fault: string) => (wrong ? [fault] : []);
const PREFIX = "cce-job-notifier-dev";
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

const arnOfGroup = (id: string) => `arn:aws:other:eu-central-1:000000000000:${id}`;

const Statements = z.array(
  z.looseObject({
    Effect: z.string(),
    Principal: z.unknown(),
    Action: z.unknown(),
    Condition: z.unknown().optional(),
  }),
);
const WithPolicy = z.object({ PolicyDocument: z.object({ Version: z.string(), Statement: Statements }) });
const Role = z.object({
  AssumeRolePolicyDocument: z.object({ Version: z.string(), Statement: Statements }),
  Policies: z.array(WithPolicy.extend({ PolicyDocument: z.object({ Version: z.string() }) })),
});
/** With an older version, IAM does not know all elements of a policy. */
const VERSION = "2012-10-17";
const OVER_TLS = { Bool: { "aws:SecureTransport": "false" } };

export const policiesNameTheirPrincipals: Rule = (template) => [
  ...resourcesOf(template, "AWS::IAM::Role", Role).flatMap(({ id, properties }) => {
    const { AssumeRolePolicyDocument: trust, Policies } = properties;
    const [only] = trust.Statement;
    return [
      ...faultsIf(
        trust.Statement.length !== 1 ||
          !same(only, {
            Effect: "Allow",
            Principal: { Service: "lambda.amazonaws.com" },
            Action: "sts:AssumeRole",
          }),
        `${id} is not a role of Lambda alone`,
      ),
      ...faultsIf(
        [trust, ...Policies.map(({ PolicyDocument }) => PolicyDocument)].some(
          (one) => one.Version !== VERSION,
        ),
        `${id} has a policy of an old version`,
      ),
    ];
  }),
  ...["AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"].flatMap((type) =>
    resourcesOf(template, type, WithPolicy).flatMap(({ id, properties: { PolicyDocument } }) =>
      faultsIf(
        PolicyDocument.Version !== VERSION ||
          !PolicyDocument.Statement.some(
            ({ Effect, Principal, Condition }) =>
              Effect === "Deny" && Principal === "*" && same(Condition, OVER_TLS),
          ),
        `${id} accepts plain HTTP`,
      ),
    ),
  ),
];

const Subscription = z.object({ TopicArn: z.string(), Protocol: z.string(), Endpoint: z.string() });
const Topic = z.object({ TopicName: z.string() });
const Actions = z.object({ AlarmActions: z.array(z.string()), OKActions: z.array(z.string()) });

/** CloudWatch may publish to the topic for alarms of this account only, and an email goes out if an address is set. */
export const alarmsReachPeople: Rule = (template) => {
  const topic = `arn:aws:sns:eu-central-1:000000000000:${PREFIX}-alarms`;
  const [policy] = resourcesOf(template, "AWS::SNS::TopicPolicy", WithPolicy);
  const allowing =
    policy?.properties.PolicyDocument.Statement.filter(({ Effect }) => Effect === "Allow") ?? [];
  const denying = policy?.properties.PolicyDocument.Statement.filter(({ Effect }) => Effect === "Deny") ?? [];
  const [mail] = resourcesOf(template, "AWS::SNS::Subscription", Subscription);
  return [
    ...resourcesOf(template, "AWS::CloudWatch::Alarm", Actions).flatMap(({ id, properties }) =>
      faultsIf(
        !same(properties, { AlarmActions: [topic], OKActions: [topic] }),
        `${id} does not notify people that it fires and that it is over`,
      ),
    ),
    ...faultsIf(
      resourcesOf(template, "AWS::SNS::Topic", Topic)[0]?.properties.TopicName !== `${PREFIX}-alarms`,
      "the topic has another name",
    ),
    ...faultsIf(
      allowing.length !== 1 ||
        !same(allowing[0]?.Principal, { Service: "cloudwatch.amazonaws.com" }) ||
        allowing[0]?.Action !== "sns:Publish" ||
        !same(allowing[0].Condition, { StringEquals: { "aws:SourceAccount": "000000000000" } }),
      "CloudWatch may not publish, or others may publish",
    ),
    ...faultsIf(
      denying.some(({ Action }) => Action !== "sns:Publish"),
      "plain HTTP may publish",
    ),
    ...faultsIf(
      !same(mail?.properties, { TopicArn: topic, Protocol: "email", Endpoint: "" }) ||
        template.resources.AlarmMail?.Condition !== "HasAlarmEmail",
      "the topic does not send emails to alarmEmail",
    ),
  ];
};

const Filter = z.object({ LogGroupName: z.string(), FilterPattern: z.string(), DestinationArn: z.string() });
const Permission = z.object({
  FunctionName: z.string(),
  Action: z.string(),
  Principal: z.string(),
  SourceArn: z.string(),
});

/** CloudWatch Logs invokes `trail` for each line `act` of the two functions that act for a person. */
export const actsAreCopied: Rule = (template) => {
  const trail = template.service.functions.find(({ shortName }) => shortName === "trail")?.arn;
  const filters = resourcesOf(template, "AWS::Logs::SubscriptionFilter", Filter);
  const permissions = resourcesOf(template, "AWS::Lambda::Permission", Permission.partial());
  return ["api", "notify"].flatMap((name) => {
    const group = `${name === "api" ? "Api" : "Notify"}LogGroup`;
    const filter = filters.find(
      ({ properties }) => properties.LogGroupName === `/aws/lambda/${PREFIX}-${name}`,
    );
    const permission = permissions.find(
      ({ properties }) =>
        properties.Principal === "logs.amazonaws.com" && properties.SourceArn === arnOfGroup(group),
    );
    return [
      ...faultsIf(
        filter?.properties.FilterPattern !== '{ $.message = "act" }' ||
          filter.properties.DestinationArn !== trail,
        `the acts of ${name} are not copied`,
      ),
      ...faultsIf(
        permission?.properties.FunctionName !== trail ||
          permission?.properties.Action !== "lambda:InvokeFunction",
        `the log of ${name} may not invoke trail`,
      ),
      // CloudWatch Logs tries the permission when it creates the filter.
      ...faultsIf(
        !same(template.resources[filter?.id ?? ""]?.DependsOn, [group, permission?.id]),
        `the filter of ${name} may be made before its log group and its permission`,
      ),
    ];
  });
};
