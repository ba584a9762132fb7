import type { LedgerTable } from "./table.ts";

/** An operation of the ledger, over whichever table. */
type Operation = (table: LedgerTable, ...rest: never[]) => unknown;

/** The same operations, over one table. */
export type OnTable<Operations> = {
  readonly [Name in keyof Operations]: Operations[Name] extends (
    table: LedgerTable,
    ...rest: infer Rest
  ) => infer Answer
    ? (...rest: Rest) => Answer
    : never;
};

/**
 * Binds operations to one table. A function that binds just those it uses has no others in its package, so that
 * its role can be compared with what is in there.
 */
export function onTable<const Operations extends Readonly<Record<string, Operation>>>(
  table: LedgerTable,
  operations: Operations,
): OnTable<Operations> {
  const bound = Object.entries(operations).map(([name, operation]) => [
    name,
    (...rest: never[]) => operation(table, ...rest),
  ]);
  return Object.fromEntries(bound) as OnTable<Operations>;
}
