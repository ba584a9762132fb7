import { type ErrorDocument, errorDocument, errorLines } from "./error-text.ts";
import { ProblemError } from "./errors.ts";
import { type ExitCode, exitCodeOfError, worstExitCode } from "./exit-code.ts";
import type { Screen } from "./screen.ts";

/** The answers of the service about several jobs or targets, by their names. An error is printed when it is added. */
export class CallResults<Value extends object> {
  readonly values = new Map<string, Value>();
  readonly #errors = new Map<string, unknown>();
  readonly #screen: Pick<Screen, "printError">;

  constructor(screen: Pick<Screen, "printError">) {
    this.#screen = screen;
  }

  /** Adds a refusal of the service. It says nothing about the other names. */
  addRefusal(name: string, error: ProblemError): void {
    this.#errors.set(name, error);
    this.#screen.printError(errorLines(error, name));
  }

  /** Adds an error that affects all these names, and prints it once. */
  addOutage(names: readonly string[], error: unknown): void {
    for (const name of names) this.#errors.set(name, error);
    this.#screen.printError(errorLines(error));
  }

  hasError(name: string): boolean {
    return this.#errors.has(name);
  }

  /** The error as a field of the name's JSON document. The object is empty without an error. */
  errorField(name: string): { readonly error?: ErrorDocument } {
    return this.hasError(name) ? { error: errorDocument(this.#errors.get(name)) } : {};
  }

  /** The worst exit code of the errors. */
  exitCode(): ExitCode {
    return worstExitCode([...this.#errors.values()].map(exitCodeOfError));
  }

  /** Calls the service for one item after the other. After an outage the next calls would fail too, so it stops. */
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
