import * as z from "zod";
import { resolve, type Scope, UnresolvableError } from "./intrinsics.ts";
import type { Resource, Template } from "./template.ts";

/** The account the embedded servers put into every ARN. */
export const ACCOUNT = "000000000000";

/** Where the template is put up: what AWS would have decided. */
export interface Place {
  readonly region: string;
  /** Origins, without a slash at the end. */
  readonly sqs: string;
  readonly api: string;
}

interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The names, ARNs and URLs that references in a template give when it is put up at `place`. */
export function createScope(template: Template, place: Place): Scope {
  const pseudo: Record<string, string> = {
    "AWS::Region": place.region,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "embedded",
    "AWS::StackId": `arn:aws:cloudformation:${place.region}:${ACCOUNT}:stack/embedded/local`,
  };
  const identity = (logicalId: string): Identity => {
    const resource = template.Resources[logicalId];
    if (!resource) throw new UnresolvableError(`the template refers to ${logicalId}, which it does not hold`);
    return identify(logicalId, resource, place, scope);
  };
  const scope: Scope = {
    ref: (name) => pseudo[name] ?? identity(name).ref,
    getAtt(logicalId, attribute) {
      const value = identity(logicalId).attributes[attribute];
      if (value === undefined)
        throw new UnresolvableError(`the embedded stack does not know ${attribute} of ${logicalId}`);
      return value;
    },
  };
  return scope;
}

function identify(logicalId: string, { Type, Properties }: Resource, place: Place, scope: Scope): Identity {
  const named = (property: string) =>
    z.string().default(logicalId).parse(resolve(Properties[property], scope));
  const arn = (service: string, rest: string) => `arn:aws:${service}:${place.region}:${ACCOUNT}:${rest}`;
  switch (Type) {
    case "AWS::SQS::Queue": {
      const name = named("QueueName");
      const url = `${place.sqs}/${ACCOUNT}/${name}`;
      return { ref: url, attributes: { Arn: arn("sqs", name), QueueName: name, QueueUrl: url } };
    }
    case "AWS::DynamoDB::Table": {
      const name = named("TableName");
      return { ref: name, attributes: { Arn: arn("dynamodb", `table/${name}`) } };
    }
    case "AWS::Lambda::Function": {
      const name = named("FunctionName");
      return { ref: name, attributes: { Arn: arn("lambda", `function:${name}`) } };
    }
    case "AWS::ApiGatewayV2::Api":
      return { ref: logicalId, attributes: { ApiEndpoint: place.api, ApiId: logicalId } };
    case "AWS::Events::Rule": {
      const name = named("Name");
      return { ref: name, attributes: { Arn: arn("events", `rule/${name}`) } };
    }
    case "AWS::IAM::Role": {
      const name = named("RoleName");
      return { ref: name, attributes: { Arn: `arn:aws:iam::${ACCOUNT}:role/${name}` } };
    }
    case "AWS::SNS::Topic": {
      const name = arn("sns", named("TopicName"));
      return { ref: name, attributes: { TopicArn: name } };
    }
    default:
      return { ref: logicalId, attributes: { Arn: arn("other", logicalId) } };
  }
}
