import type { Ledger } from "../ledger.ts";
import type { LedgerTable } from "./item-operations.ts";

/** A ledger operation that takes the DynamoDB table as the first parameter. */
export type Operation<Name extends keyof Ledger> = (
  table: LedgerTable,
  ...rest: Parameters<Ledger[Name]>
) => ReturnType<Ledger[Name]>;

/**
 * Returns ledger operations that use the given table and no longer take the table as a parameter. A Lambda function
 * passes only the ledger operations that it needs, so that the package of the Lambda function stays small.
 */
export function bindToTable<Name extends keyof Ledger>(
  table: LedgerTable,
  operations: Pick<{ readonly [Each in keyof Ledger]: Operation<Each> }, Name>,
): Pick<Ledger, Name> {
  const bound = Object.entries<(table: LedgerTable, ...rest: never[]) => unknown>(operations).map(
    ([name, operation]) => [name, (...rest: never[]) => operation(table, ...rest)],
  );
  return Object.fromEntries(bound) as Pick<Ledger, Name>;
}
