import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { Config, ConfigParser } from "../config/config.ts";
import type { ConfigSource } from "../config/config-source.ts";
import type { Clock, Random } from "../domain/job.ts";
import type { OutgoingProxy } from "../http/outgoing-proxy.ts";
import type { LedgerTable } from "../ledger/dynamo/item-operations.ts";
import type { SqsQueueOptions } from "../queue/sqs-queue.ts";
import { AWS_CLIENT, reduceCpuTimePerRequest } from "./aws-client.ts";
import { systemClock, systemRandom } from "./clock.ts";
import { OUTGOING_PROXY, readEnvironmentOrThrow, type Variable } from "./environment.ts";
import { createCachedSsmConfigSource } from "./ssm-config.ts";

interface AwsPorts<C extends Config, Name extends Variable> {
  readonly env: Readonly<Record<Name | "LEDGER_TABLE" | "SWEEP_INTERVAL_SECONDS" | "CONFIG_PATH", string>>;
  readonly table: LedgerTable;
  readonly sqs: Pick<SqsQueueOptions, "client" | "random">;
  readonly configs: ConfigSource<C>;
  readonly now: Clock;
  readonly random: Random;
  readonly proxy: OutgoingProxy | null;
}

/**
 * Reads the environment variables of a Lambda function, and creates its AWS clients. `table` gives access to the
 * ledger, and `sqs` to the queues.
 * @param configParser parses the parts of the config that the function needs
 * @param names the names of further variables in addition to `LEDGER_TABLE`, `SWEEP_INTERVAL_SECONDS` and `CONFIG_PATH`
 * @throws an error that names all missing and all invalid variables
 */
export function readEnvironmentAndCreateAwsPorts<C extends Config, Name extends Variable>(
  configParser: ConfigParser<C>,
  ...names: readonly Name[]
): AwsPorts<C, Name> {
  const env = readEnvironmentOrThrow<Name | "LEDGER_TABLE" | "SWEEP_INTERVAL_SECONDS" | "CONFIG_PATH">(
    "LEDGER_TABLE",
    "SWEEP_INTERVAL_SECONDS",
    "CONFIG_PATH",
    ...names,
  );
  const sweepIntervalMs = Number(env.SWEEP_INTERVAL_SECONDS) * 1000;
  return {
    env,
    table: {
      client: reduceCpuTimePerRequest(new DynamoDBClient(AWS_CLIENT)),
      table: env.LEDGER_TABLE,
      sweepIntervalMs,
    },
    sqs: { client: reduceCpuTimePerRequest(new SQSClient(AWS_CLIENT)), random: systemRandom },
    configs: createCachedSsmConfigSource(env.CONFIG_PATH, configParser),
    now: systemClock,
    random: systemRandom,
    proxy: OUTGOING_PROXY,
  };
}
