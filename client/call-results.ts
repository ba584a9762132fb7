import { type ErrorDocument, formatErrorLines, toErrorDocument } from "./error-text.ts";
import { ProblemError } from "./errors.ts";
import { type ExitCode, exitCodeOfError, worstExitCode } from "./exit-code.ts";
import type { Screen } from "./screen.ts";

/**
 * Collects the results and errors of several calls to the service, by the name of the job or target. Each error is
 * printed immediately.
 */
export class CallResults<Value extends object> {
  readonly values = new Map<string, Value>();
  readonly #errors = new Map<string, unknown>();
  readonly #screen: Pick<Screen, "printError">;

  constructor(screen: Pick<Screen, "printError">) {
    this.#screen = screen;
  }

  /** Stores and prints an error response of the service about one job or target. */
  addRefusal(name: string, error: ProblemError): void {
    this.#errors.set(name, error);
    this.#screen.printError(formatErrorLines(error, name));
  }

  /** Stores and prints an error that concerns several jobs or targets. */
  addOutage(names: readonly string[], error: unknown): void {
    for (const name of names) this.#errors.set(name, error);
    this.#screen.printError(formatErrorLines(error));
  }

  hasError(name: string): boolean {
    return this.#errors.has(name);
  }

  /** Returns an object with the field `error` for a failed job or target, or an empty object. */
  errorField(name: string): { readonly error?: ErrorDocument } {
    return this.hasError(name) ? { error: toErrorDocument(this.#errors.get(name)) } : {};
  }

  /** Returns the exit code of the stored error with the highest priority. */
  exitCode(): ExitCode {
    return worstExitCode([...this.#errors.values()].map(exitCodeOfError));
  }

  /**
   * Calls the service for each item in order, and waits for each response. If the service cannot be reached, the client
   * does not send the remaining items.
   */
  async callEach<Item>(
    items: readonly Item[],
    nameOf: (item: Item) => string,
    call: (item: Item) => Promise<void>,
  ): Promise<void> {
    for (const [i, item] of items.entries())
      try {
        await call(item);
      } catch (error) {
        if (!(error instanceof ProblemError)) return this.addOutage(items.slice(i).map(nameOf), error);
        this.addRefusal(nameOf(item), error);
      }
  }
}
