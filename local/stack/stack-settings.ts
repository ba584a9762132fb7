import { DEFAULT_ACCOUNT_CONCURRENCY } from "../lambda/concurrency-pool.ts";
import { type ExternalServers, NO_EXTERNAL_SERVERS } from "../servers/external-servers.ts";

/** The settings of a local stack that differ from the default local stack. */
export interface StackSettings {
  /**
   * The folder in which the local stack stores its DynamoDB tables. With the value null, the tables of the ledger are
   * in memory. The SQS queues of the local stack are always in memory.
   */
  readonly ledgerDir: string | null;
  /** The servers that the local stack uses in place of its own servers. */
  readonly externalServers: ExternalServers;
  /** The factor by which schedules run faster than on AWS. */
  readonly scheduleSpeed: number;
  /** The account's quota for concurrent executions of all functions. */
  readonly accountConcurrency: number;
  /**
   * The random seed for the delays of the global secondary indexes. With the value null, the indexes of the tables are
   * never late.
   */
  readonly lateIndexSeed: number | null;
}

export const DEFAULT_SETTINGS: StackSettings = {
  ledgerDir: null,
  externalServers: NO_EXTERNAL_SERVERS,
  scheduleSpeed: 1,
  accountConcurrency: DEFAULT_ACCOUNT_CONCURRENCY,
  lateIndexSeed: null,
};
