import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { readBooks } from "../lib/ledger/dynamo/books.ts";
import { AWS_CLIENT } from "../lib/runtime/aws.ts";
import { systemClock as now } from "../lib/runtime/clock.ts";
import { readEnvironment } from "../lib/runtime/config.ts";
import { scheduleHandler } from "../lib/runtime/schedule.ts";
import { tellBooks } from "./flow/tell-books.ts";

const env = readEnvironment("LEDGER_TABLE");
const table = { client: new DynamoDBClient(AWS_CLIENT), table: env.LEDGER_TABLE };

export const handler = scheduleHandler(async () => tellBooks(await readBooks(table, now())));
