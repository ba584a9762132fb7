import type { SQLInputValue } from "node:sqlite";
import { jest } from "@jest/globals";
import type { Store } from "../../server/store/store.ts";

/** Runs a function. Returns the plan of SQLite for each query and change of the function, with one step on each line. */
export async function explainQueries(store: Store, run: () => Promise<unknown>): Promise<readonly string[]> {
  const statements: [string, readonly SQLInputValue[]][] = [];
  const spies = (["all", "get", "run"] as const).map((method) => {
    const original: (sql: string, ...parameters: readonly SQLInputValue[]) => unknown =
      store[method].bind(store);
    return jest.spyOn(store, method).mockImplementation((sql: string, ...parameters: SQLInputValue[]) => {
      statements.push([sql, parameters]);
      return original(sql, ...parameters) as never;
    });
  });
  await run();
  for (const spy of spies) spy.mockRestore();
  return statements.map(([sql, parameters]) =>
    store
      .all(`EXPLAIN QUERY PLAN ${sql}`, ...parameters)
      .map(({ detail }) => String(detail))
      .join("\n"),
  );
}
