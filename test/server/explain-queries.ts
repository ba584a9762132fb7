import { jest } from "@jest/globals";
import type { Store } from "../../server/store/store.ts";

/** Runs a function. Returns the plan of SQLite for each query and change of the function, with one step on each line. */
export async function explainQueries(store: Store, run: () => Promise<unknown>): Promise<readonly string[]> {
  const statements: Parameters<Store["all"]>[] = [];
  const spies = (["all", "get", "run"] as const).map((method) => {
    const original = store[method].bind(store) as (...call: Parameters<Store["all"]>) => never;
    return jest.spyOn(store, method).mockImplementation((...call) => {
      statements.push(call);
      return original(...call);
    });
  });
  await run();
  for (const spy of spies) spy.mockRestore();
  return statements.map(([sql, ...parameters]) =>
    store
      .all(`EXPLAIN QUERY PLAN ${sql}`, ...parameters)
      .map(({ detail }) => String(detail))
      .join("\n"),
  );
}
