import * as z from "zod";
import { resolveIntrinsics, type Scope, UnresolvableError } from "./intrinsics.ts";
import type { Resource, Template } from "./template.ts";

/** The AWS account ID in every ARN of the local stack. */
export const ACCOUNT_ID = "000000000000";

/** The AWS region and the URLs of a deployed service. */
export interface DeploymentOrigins {
  readonly region: string;
  /** The URL of the SQS server without a slash at the end. */
  readonly sqs: string;
  /** The URL of the HTTP API without a slash at the end. */
  readonly api: string;
}

/** The values that `Ref` and `Fn::GetAtt` have for one resource of a CloudFormation template. */
interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Returns the values of all references in a CloudFormation template, for one deployment. */
export function createScope(template: Template, origins: DeploymentOrigins): Scope {
  const pseudo: Record<string, string> = {
    "AWS::Region": origins.region,
    "AWS::AccountId": ACCOUNT_ID,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "embedded",
    "AWS::StackId": `arn:aws:cloudformation:${origins.region}:${ACCOUNT_ID}:stack/embedded/local`,
  };
  const lookUp = (logicalId: string): Identity => {
    const resource = template.Resources[logicalId];
    if (!resource)
      throw new UnresolvableError(`the template refers to ${logicalId}, which is not in the template`);
    return identityOf(logicalId, resource, origins, scope);
  };
  const scope: Scope = {
    ref: (name) => pseudo[name] ?? lookUp(name).ref,
    getAtt(logicalId, attribute) {
      const value = lookUp(logicalId).attributes[attribute];
      if (value === undefined)
        throw new UnresolvableError(
          `the embedded stack does not support the attribute ${attribute} of ${logicalId}`,
        );
      return value;
    },
  };
  return scope;
}

/**
 * For each type of CloudFormation resource: the property with the resource's name, and two parts of the ARN. The two
 * parts of the ARN are the AWS service and the text before the resource's name.
 */
const NAMED_TYPES: Readonly<Record<string, readonly [property: string, service: string, prefix: string]>> = {
  "AWS::SQS::Queue": ["QueueName", "sqs", ""],
  "AWS::DynamoDB::Table": ["TableName", "dynamodb", "table/"],
  "AWS::Lambda::Function": ["FunctionName", "lambda", "function:"],
  "AWS::Events::Rule": ["Name", "events", "rule/"],
  "AWS::IAM::Role": ["RoleName", "iam", "role/"],
  "AWS::SNS::Topic": ["TopicName", "sns", ""],
};

function identityOf(
  logicalId: string,
  { Type, Properties }: Resource,
  { region, sqs, api }: DeploymentOrigins,
  scope: Scope,
): Identity {
  if (Type === "AWS::ApiGatewayV2::Api")
    return { ref: logicalId, attributes: { ApiEndpoint: api, ApiId: logicalId } };
  const [property, service, prefix] = NAMED_TYPES[Type] ?? [null, "other", ""];
  const name =
    property === null
      ? logicalId
      : z.string().default(logicalId).parse(resolveIntrinsics(Properties[property], scope));
  // The ARN of an IAM resource contains no region, because IAM is the same in all regions.
  const Arn = `arn:aws:${service}:${service === "iam" ? "" : region}:${ACCOUNT_ID}:${prefix}${name}`;
  switch (Type) {
    case "AWS::SQS::Queue": {
      const url = `${sqs}/${ACCOUNT_ID}/${name}`;
      return { ref: url, attributes: { Arn, QueueName: name, QueueUrl: url } };
    }
    case "AWS::SNS::Topic":
      return { ref: Arn, attributes: { TopicArn: Arn } };
    default:
      return { ref: name, attributes: { Arn } };
  }
}
