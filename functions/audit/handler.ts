import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { countWatchesAndFindOrphaned } from "../../lib/ledger/dynamo/audit-watches.ts";
import { AWS_CLIENT, reduceCpuTimePerRequest } from "../../lib/runtime/aws-client.ts";
import { systemClock } from "../../lib/runtime/clock.ts";
import { readEnvironmentOrThrow } from "../../lib/runtime/environment.ts";
import { createScheduleHandler } from "../../lib/runtime/invocation.ts";
import { createAuditHandler } from "./create-audit-handler.ts";

const env = readEnvironmentOrThrow("LEDGER_TABLE");
const table = { client: reduceCpuTimePerRequest(new DynamoDBClient(AWS_CLIENT)), table: env.LEDGER_TABLE };

export const handler = createScheduleHandler(
  createAuditHandler((now) => countWatchesAndFindOrphaned(table, now), systemClock),
);
