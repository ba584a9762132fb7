import { DEFAULT_ACCOUNT_CONCURRENCY } from "../lambda/concurrency-pool.ts";
import { type ExternalServers, NO_EXTERNAL_SERVERS } from "../servers/external-servers.ts";

/** The settings of a local stack, where they differ from the defaults. */
export interface StackSettings {
  /**
   * The folder in which the local stack stores its DynamoDB tables. If `ledgerDir` is null, the tables are in memory.
   */
  readonly ledgerDir: string | null;
  /** External servers, which the local stack uses in place of its own servers. */
  readonly externalServers: ExternalServers;
  /** The factor by which schedules run faster locally than on AWS. */
  readonly scheduleSpeed: number;
  /** The account's quota of concurrent executions for all its functions. */
  readonly accountConcurrency: number;
  /** The random seed for the delays of simulated indexes, or null for indexes without a delay. */
  readonly lateIndexSeed: number | null;
}

export const DEFAULT_SETTINGS: StackSettings = {
  ledgerDir: null,
  externalServers: NO_EXTERNAL_SERVERS,
  scheduleSpeed: 1,
  accountConcurrency: DEFAULT_ACCOUNT_CONCURRENCY,
  lateIndexSeed: null,
};
