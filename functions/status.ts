import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { AWS_CLIENT } from "../lib/runtime/aws.ts";
import { readEnvironment } from "../lib/runtime/config.ts";
import { httpHandler } from "../lib/runtime/http.ts";
import { ssmConfig } from "../lib/runtime/ssm-config.ts";
import { callersOf } from "./flow/http-callers.ts";
import { operationsOf } from "./flow/http-operations.ts";
import { route } from "./flow/http-router.ts";
import { statusPorts } from "./flow/status-ports.ts";
import { statusLedger } from "./ledger/status-ledger.ts";

const env = readEnvironment(
  "POLL_QUEUE_URL",
  "NOTIFY_QUEUE_URL",
  "LEDGER_TABLE",
  "CONFIG_PATH",
  "PUBLIC_URL",
);
const configs = ssmConfig(env.CONFIG_PATH);
const callers = callersOf(configs);
const ports = statusPorts({
  ledger: statusLedger({ client: new DynamoDBClient(AWS_CLIENT), table: env.LEDGER_TABLE }),
  sqs: new SQSClient(AWS_CLIENT),
  configs,
  pollQueueUrl: env.POLL_QUEUE_URL,
  notifyQueueUrl: env.NOTIFY_QUEUE_URL,
  defaultUrl: env.PUBLIC_URL,
});

export const handler = httpHandler((request, { remainingMs }, note) =>
  route(request, operationsOf({ ...ports, remainingMs }), { ...callers, note }),
);
