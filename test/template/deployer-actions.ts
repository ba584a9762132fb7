import type { NeededAction } from "./iam-policy.ts";
import type { OwnTemplate } from "./own-template.ts";

type Resource = OwnTemplate["resources"][string];

interface ResourceType {
  /** The service and its actions that CloudFormation needs to make, change, read, tag and remove a resource. */
  readonly actions: string;
  /** The ARN of a resource. A name that CloudFormation makes begins with the name of the stack and the logical ID. */
  readonly arn: (properties: Resource["Properties"], id: string) => string;
  readonly context?: Readonly<Record<string, string>>;
}

const STACK = "cce-job-notifier-dev";
const of = (service: string, rest: string) => `arn:aws:${service}:eu-central-1:000000000000:${rest}`;
const role = (_: unknown, id: string) => `arn:aws:iam::000000000000:role/${STACK}-${id}-ABC123`;
const api = (path: string) => () => `arn:aws:apigateway:eu-central-1::${path}`;
const bucket = () => `arn:aws:s3:::${STACK}-serverlessdeploymentbucket-abc123`;
const functionArn = ({ FunctionName }: Resource["Properties"]) => {
  const name = String(FunctionName);
  return name.startsWith("arn:") ? name : of("lambda", `function:${name}`);
};
const logGroup = ({ LogGroupName }: Resource["Properties"]) => of("logs", `log-group:${LogGroupName}`);
const topic = () => of("sns", `${STACK}-alarms`);
const API_ACTIONS = "apigateway GET POST PUT PATCH DELETE TagResource UntagResource";

/**
 * The permissions of each type of resource in the template, as the handlers of the type need them.
 * https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
 */
const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  "AWS::S3::Bucket": {
    actions:
      "s3 CreateBucket DeleteBucket GetEncryptionConfiguration PutEncryptionConfiguration GetBucketTagging PutBucketTagging",
    arn: bucket,
  },
  "AWS::S3::BucketPolicy": { actions: "s3 GetBucketPolicy PutBucketPolicy DeleteBucketPolicy", arn: bucket },
  "AWS::Logs::LogGroup": {
    actions:
      "logs CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy TagResource UntagResource ListTagsForResource",
    arn: logGroup,
  },
  "AWS::Logs::SubscriptionFilter": {
    actions: "logs DescribeSubscriptionFilters PutSubscriptionFilter DeleteSubscriptionFilter",
    arn: logGroup,
  },
  "AWS::Lambda::Function": {
    actions:
      "lambda CreateFunction DeleteFunction GetFunction GetFunctionConfiguration UpdateFunctionCode UpdateFunctionConfiguration GetFunctionRecursionConfig PutFunctionRecursionConfig GetFunctionConcurrency PutFunctionConcurrency DeleteFunctionConcurrency GetRuntimeManagementConfig GetFunctionCodeSigningConfig TagResource UntagResource ListTags",
    arn: functionArn,
  },
  "AWS::Lambda::EventInvokeConfig": {
    actions:
      "lambda GetFunctionEventInvokeConfig PutFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig DeleteFunctionEventInvokeConfig",
    arn: functionArn,
  },
  "AWS::Lambda::Permission": { actions: "lambda AddPermission RemovePermission GetPolicy", arn: functionArn },
  "AWS::Lambda::EventSourceMapping": {
    actions:
      "lambda CreateEventSourceMapping UpdateEventSourceMapping DeleteEventSourceMapping GetEventSourceMapping",
    arn: () => of("lambda", "event-source-mapping:11111111-2222-3333-4444-555555555555"),
    context: { "lambda:FunctionArn": of("lambda", `function:${STACK}-poll`) },
  },
  "AWS::Events::Rule": {
    actions:
      "events PutRule DeleteRule DescribeRule PutTargets RemoveTargets ListTargetsByRule TagResource UntagResource ListTagsForResource",
    arn: (_, id) => of("events", `rule/${STACK}-${id}-ABC123`),
  },
  "AWS::ApiGatewayV2::Api": { actions: API_ACTIONS, arn: api("/apis") },
  "AWS::ApiGatewayV2::Stage": { actions: API_ACTIONS, arn: api("/apis/abc123/stages") },
  "AWS::ApiGatewayV2::Integration": { actions: API_ACTIONS, arn: api("/apis/abc123/integrations") },
  "AWS::ApiGatewayV2::Route": { actions: API_ACTIONS, arn: api("/apis/abc123/routes") },
  "AWS::SQS::Queue": {
    actions:
      "sqs CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl SetQueueAttributes TagQueue UntagQueue ListQueueTags",
    arn: ({ QueueName }) => of("sqs", String(QueueName)),
  },
  "AWS::SQS::QueuePolicy": { actions: "sqs SetQueueAttributes", arn: () => of("sqs", `${STACK}-poll`) },
  "AWS::DynamoDB::Table": {
    actions:
      "dynamodb CreateTable UpdateTable DeleteTable DescribeTable DescribeContinuousBackups UpdateContinuousBackups DescribeTimeToLive UpdateTimeToLive DescribeContributorInsights DescribeKinesisStreamingDestination GetResourcePolicy TagResource UntagResource ListTagsOfResource",
    arn: ({ TableName }) => of("dynamodb", `table/${TableName}`),
  },
  "AWS::IAM::Role": {
    actions:
      "iam CreateRole DeleteRole GetRole UpdateAssumeRolePolicy GetRolePolicy PutRolePolicy DeleteRolePolicy ListRolePolicies ListAttachedRolePolicies TagRole UntagRole PassRole",
    arn: role,
    context: { "iam:PassedToService": "lambda.amazonaws.com" },
  },
  "AWS::SNS::Topic": {
    actions:
      "sns CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes ListSubscriptionsByTopic TagResource UntagResource ListTagsForResource",
    arn: ({ TopicName }) => of("sns", String(TopicName)),
  },
  "AWS::SNS::TopicPolicy": { actions: "sns SetTopicAttributes", arn: topic },
  "AWS::SNS::Subscription": { actions: "sns Subscribe", arn: topic },
  "AWS::CloudWatch::Alarm": {
    actions: "cloudwatch PutMetricAlarm DeleteAlarms TagResource UntagResource ListTagsForResource",
    arn: ({ AlarmName }) => of("cloudwatch", `alarm:${AlarmName}`),
  },
  "AWS::CloudWatch::Dashboard": {
    actions: "cloudwatch PutDashboard GetDashboard DeleteDashboards",
    arn: ({ DashboardName }) => `arn:aws:cloudwatch::000000000000:dashboard/${DashboardName}`,
  },
};

/** The calls of the framework itself, and the actions that have no resource in IAM. */
const FRAMEWORK: readonly (readonly [actions: string, resource: string])[] = [
  [
    "cloudformation CreateStack UpdateStack DeleteStack DescribeStacks DescribeStackEvents DescribeStackResource DescribeStackResources ListStackResources GetTemplate",
    of("cloudformation", `stack/${STACK}/11111111-2222`),
  ],
  ["cloudformation ValidateTemplate", "*"],
  ["s3 ListBucket ListBucketVersions GetBucketLocation", bucket()],
  ["s3 GetObject PutObject DeleteObject DeleteObjectVersion", `${bucket()}/serverless/a.zip`],
  ["lambda TagResource UntagResource ListTags", of("lambda", "event-source-mapping:11111111-2222")],
  ["lambda ListEventSourceMappings", "*"],
  ["apigateway TagResource UntagResource", api("/tags/arn%3Aaws%3Aapigateway")()],
  ["cloudwatch DescribeAlarms", "*"],
  ["sns GetSubscriptionAttributes Unsubscribe", "*"],
  [
    "logs DescribeLogGroups CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries PutResourcePolicy DescribeResourcePolicies",
    "*",
  ],
];

function expand(actions: string, rest: Omit<NeededAction, "action">): NeededAction[] {
  const [service, ...names] = actions.split(" ");
  return names.map((name) => ({ ...rest, action: `${service}:${name}` }));
}

/** Returns the actions that a deployment of the template needs. A type of resource without an entry is an error. */
export function deployerActions({ resources }: Pick<OwnTemplate, "resources">): readonly NeededAction[] {
  const ofResources = Object.entries(resources).flatMap(([id, { Type, Properties }]) => {
    const type = RESOURCE_TYPES[Type];
    if (type === undefined) throw new Error(`${Type} has no entry in test/template/deployer-actions.ts`);
    const { actions, arn, context = {} } = type;
    return expand(actions, { resource: arn(Properties, id), context });
  });
  return [...ofResources, ...FRAMEWORK.flatMap(([actions, resource]) => expand(actions, { resource }))];
}
