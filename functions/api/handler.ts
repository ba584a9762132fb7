import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { AWS_CLIENT } from "../../lib/runtime/aws-client.ts";
import { readEnvironment } from "../../lib/runtime/environment.ts";
import { httpHandler } from "../../lib/runtime/http-handler.ts";
import { ssmConfig } from "../../lib/runtime/ssm-config.ts";
import { callersOf } from "../shared/http-callers.ts";
import { statusLedger } from "./api-ledger.ts";
import { operationsOf } from "./operations.ts";
import { statusPorts } from "./ports.ts";
import { route } from "./router.ts";

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
