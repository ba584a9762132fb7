import { complaintOf, type ErrorDocument, errorDocument } from "./complaint.ts";
import { ProblemError } from "./errors.ts";
import { type ExitCode, exitCodeOfError, worstOf } from "./exit-code.ts";
import type { Screen } from "./screen.ts";

/** What became of calls that are about one thing each, as far as it was no answer. */
export interface Failures {
  /** The service refused this one, which says nothing of the others. */
  refused(name: string, error: ProblemError): void;
  /** No more can be asked: told once, and why nothing is known of each of these. */
  broken(names: readonly string[], error: unknown): void;
  has(name: string): boolean;
  /** Why nothing is known of it, as a field of its document. */
  of(name: string): { readonly error?: ErrorDocument };
  code(): ExitCode;
}

/** Tells each failure as it comes, and keeps it. */
export function createFailures(screen: Pick<Screen, "complain">): Failures {
  const errors = new Map<string, unknown>();
  return {
    refused(name, error) {
      errors.set(name, error);
      screen.complain(complaintOf(error, name));
    },
    broken(names, error) {
      for (const name of names) errors.set(name, error);
      screen.complain(complaintOf(error));
    },
    has: (name) => errors.has(name),
    of: (name) => (errors.has(name) ? { error: errorDocument(errors.get(name)) } : {}),
    code: () => worstOf([...errors.values()].map(exitCodeOfError)),
  };
}

/** Asks for one after the other, and keeps what was no answer. */
export async function inTurn<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
  ask: (item: T) => Promise<void>,
  failures: Failures,
): Promise<void> {
  for (const [i, item] of items.entries())
    try {
      await ask(item);
    } catch (error) {
      if (error instanceof ProblemError) failures.refused(nameOf(item), error);
      else {
        // What kept this one from being asked would keep the others, too, each after as many tries.
        failures.broken(items.slice(i).map(nameOf), error);
        return;
      }
    }
}
