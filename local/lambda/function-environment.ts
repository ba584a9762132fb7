import type { SessionCredentials } from "../iam/role-sessions.ts";
import type { FunctionResource } from "../template/functions.ts";

/**
 * The URLs of the local servers that replace AWS. The AWS SDK finds the URLs in the environment variables of the
 * function.
 */
export interface Endpoints {
  readonly sqs: string;
  readonly dynamodb: string;
  readonly ssm: string;
}

/**
 * Returns the environment variables for the process in which the local stack runs a Lambda function. The variables come
 * from the CloudFormation template and from Lambda's runtime. PATH comes from the environment of the local stack.
 */
export function createFunctionEnvironment(options: {
  resource: FunctionResource;
  region: string;
  endpoints: Endpoints;
  credentials: SessionCredentials;
  taskRoot: string;
  runtimeApi: string;
  instanceName: string;
}): Readonly<Record<string, string>> {
  const { logging } = options.resource;
  const { resource, region, endpoints, credentials, taskRoot, runtimeApi, instanceName } = options;
  return {
    ...resource.environment,
    // The ledger rounds the times of overdue watches to this number of seconds. The number is 1, because on this
    // machine the sweep function can run at any time.
    SWEEP_INTERVAL_SECONDS: "1",
    PATH: process.env.PATH ?? "",
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    _HANDLER: resource.handler,
    LAMBDA_TASK_ROOT: taskRoot,
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_LAMBDA_FUNCTION_NAME: resource.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(resource.memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    ...(logging !== null && {
      AWS_LAMBDA_LOG_FORMAT: logging.LogFormat,
      AWS_LAMBDA_LOG_LEVEL: logging.ApplicationLogLevel,
    }),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${resource.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: instanceName,
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_SSM: endpoints.ssm,
  };
}
