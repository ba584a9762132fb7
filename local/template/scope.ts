import * as z from "zod";
import { resolveIntrinsics, type Scope, UnresolvableError } from "./intrinsics.ts";
import type { Resource, Template } from "./template.ts";

/** The account ID in every ARN of the embedded stack. */
export const ACCOUNT_ID = "000000000000";

/** The region and the addresses of a deployment. */
export interface DeploymentOrigins {
  readonly region: string;
  /** The URL of SQS without a slash at the end. */
  readonly sqs: string;
  /** The URL of the HTTP API without a slash at the end. */
  readonly api: string;
}

/** The results of `Ref` and `Fn::GetAtt`. */
interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Returns the values that a template's references have in a deployment. */
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

function identityOf(
  logicalId: string,
  { Type, Properties }: Resource,
  origins: DeploymentOrigins,
  scope: Scope,
): Identity {
  const nameFrom = (property: string) =>
    z.string().default(logicalId).parse(resolveIntrinsics(Properties[property], scope));
  const arn = (service: string, rest: string) => `arn:aws:${service}:${origins.region}:${ACCOUNT_ID}:${rest}`;
  switch (Type) {
    case "AWS::SQS::Queue": {
      const name = nameFrom("QueueName");
      const url = `${origins.sqs}/${ACCOUNT_ID}/${name}`;
      return { ref: url, attributes: { Arn: arn("sqs", name), QueueName: name, QueueUrl: url } };
    }
    case "AWS::DynamoDB::Table": {
      const name = nameFrom("TableName");
      return { ref: name, attributes: { Arn: arn("dynamodb", `table/${name}`) } };
    }
    case "AWS::Lambda::Function": {
      const name = nameFrom("FunctionName");
      return { ref: name, attributes: { Arn: arn("lambda", `function:${name}`) } };
    }
    case "AWS::ApiGatewayV2::Api":
      return { ref: logicalId, attributes: { ApiEndpoint: origins.api, ApiId: logicalId } };
    case "AWS::Events::Rule": {
      const name = nameFrom("Name");
      return { ref: name, attributes: { Arn: arn("events", `rule/${name}`) } };
    }
    case "AWS::IAM::Role": {
      const name = nameFrom("RoleName");
      return { ref: name, attributes: { Arn: `arn:aws:iam::${ACCOUNT_ID}:role/${name}` } };
    }
    case "AWS::SNS::Topic": {
      const name = arn("sns", nameFrom("TopicName"));
      return { ref: name, attributes: { TopicArn: name } };
    }
    default:
      return { ref: logicalId, attributes: { Arn: arn("other", logicalId) } };
  }
}
