import type { Ledger } from "../ledger.ts";
import type { LedgerTable } from "./table.ts";

/** An operation of the ledger on a given table. */
export type Operation<Name extends keyof Ledger> = (
  table: LedgerTable,
  ...rest: Parameters<Ledger[Name]>
) => ReturnType<Ledger[Name]>;

/**
 * Returns the operations without their first parameter, bound to one table.
 * A function binds only the operations that it uses, so that its package and its role contain no others.
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
