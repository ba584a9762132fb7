import type { FunctionResource } from "../template/functions.ts";

/** The quota of an AWS account for concurrent executions in one region. The quota of a new account is often only 10. */
export const DEFAULT_ACCOUNT_CONCURRENCY = 1000;

type Concurrency = Pick<FunctionResource, "name" | "reservedConcurrency">;

/** Returns the number of concurrent executions of the account that no function has reserved. */
export function computeUnreservedConcurrency(
  accountConcurrency: number,
  functions: readonly Concurrency[],
): number {
  return functions.reduce(
    (rest, { reservedConcurrency }) => rest - (reservedConcurrency ?? 0),
    accountConcurrency,
  );
}

/**
 * Counts the running executions of all functions of one AWS account. A function with reserved concurrency has its own
 * limit. All functions without reserved concurrency share the rest of the account's quota.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 */
export class ConcurrencyPool {
  readonly #unreserved: number;
  readonly #running = new Map<string | null, number>();

  constructor(accountConcurrency: number, functions: readonly Concurrency[]) {
    this.#unreserved = computeUnreservedConcurrency(accountConcurrency, functions);
  }

  /**
   * Counts a new execution of a Lambda function. Returns a function to call at the end of the execution, or null if the
   * execution must be throttled.
   */
  tryAcquire({ name, reservedConcurrency }: Concurrency): (() => void) | null {
    const pool = reservedConcurrency === null ? null : name;
    const running = this.#running.get(pool) ?? 0;
    if (running >= (reservedConcurrency ?? this.#unreserved)) return null;
    this.#running.set(pool, running + 1);
    return () => this.#running.set(pool, (this.#running.get(pool) ?? 1) - 1);
  }
}
