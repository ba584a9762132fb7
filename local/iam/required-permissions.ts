import * as z from "zod";
import type { AwsCall } from "../servers/aws-endpoint.ts";
import type { Permission } from "../template/grants.ts";
import { ACCOUNT_ID } from "../template/scope.ts";

const Input = z.object({
  TableName: z.string().optional(),
  IndexName: z.string().optional(),
  RequestItems: z.record(z.string(), z.unknown()).optional(),
  QueueUrl: z.string().optional(),
  QueueName: z.string().optional(),
  Path: z.string().optional(),
  Recursive: z.boolean().default(false),
  Name: z.string().optional(),
  Names: z.array(z.string()).optional(),
});
type Input = z.infer<typeof Input>;

/** A permission that an AWS call needs. The permission contains no IAM role, because each call has only one role. */
export type RequiredPermission = Omit<Permission, "roleArn">;

/**
 * Returns the permissions that IAM requires for a call.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
export function listRequiredPermissions(call: AwsCall, region: string): readonly RequiredPermission[] {
  const { service, operation } = call;
  const input = Input.parse(call.input);
  const arn = (name: string) => `arn:aws:${service}:${region}:${ACCOUNT_ID}:${name}`;
  switch (service) {
    case "dynamodb":
      return tablePermissions(operation, input, (name) =>
        name.startsWith("arn:") ? name : arn(`table/${name}`),
      );
    case "sqs": {
      // IAM has no permissions for batch operations of SQS. For example, `SendMessageBatch` needs the permission
      // `sqs:SendMessage`.
      const action = `sqs:${operation.replace(/Batch$/, "")}`;
      const name = input.QueueName ?? input.QueueUrl?.split("/").at(-1);
      return [{ action, resource: name === undefined ? "*" : arn(name) }];
    }
    case "ssm": {
      const action = `ssm:${operation}`;
      const names = input.Names ?? [input.Path ?? input.Name].filter((name) => name !== undefined);
      if (names.length === 0) return [{ action, resource: "*" }];
      // For GetParametersByPath, IAM checks only the permission for the path, and not for each parameter below it.
      const context = input.Path === undefined ? {} : { "ssm:recursive": String(input.Recursive) };
      return names.map((name) => ({
        action,
        resource: arn(`parameter/${name.replace(/^\//, "")}`),
        context,
      }));
    }
    default:
      return service satisfies never;
  }
}

function tablePermissions(
  operation: string,
  { TableName, IndexName, RequestItems }: Input,
  tableArn: (name: string) => string,
): readonly RequiredPermission[] {
  const action = `dynamodb:${operation}`;
  if (RequestItems !== undefined)
    return Object.keys(RequestItems).map((name) => ({ action, resource: tableArn(name) }));
  if (TableName === undefined) return [{ action, resource: "*" }];
  const index = IndexName === undefined ? "" : `/index/${IndexName}`;
  return [{ action, resource: tableArn(TableName) + index }];
}
