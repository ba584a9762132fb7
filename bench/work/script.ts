import { kindOf } from "../support/tape.ts";
import type { Heard } from "../support/wire.ts";

/** One wire call of an invocation, as the floor makes it again. */
export interface Step {
  readonly operation: string;
  /** An AWS operation's input. */
  readonly input: unknown;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Headers that belong to a connection, not to a request. */
const TRANSPORT: ReadonlySet<string> = new Set(["connection", "content-length", "host", "transfer-encoding"]);

/**
 * The wire calls of an invocation as stages: calls of one kind were made side by side by the records of a batch,
 * kinds one after the other. Reading the config is left out: it happens once in five minutes.
 */
export function scriptOf(heard: readonly Heard[]): readonly (readonly Step[])[] {
  const stages = new Map<string, Step[]>();
  for (const one of heard) {
    if (one.service === "config") continue;
    const kind = one.service === "ledger" ? kindOf(one) : `${one.service} ${one.operation}`;
    const { operation, path, body } = one;
    const isAws = one.service === "ledger" || one.service === "queue";
    const headers = Object.fromEntries(Object.entries(one.headers).filter(([name]) => !TRANSPORT.has(name)));
    const step = { operation, path, headers, body, input: isAws ? JSON.parse(body) : null };
    stages.set(kind, [...(stages.get(kind) ?? []), step]);
  }
  return [...stages.values()];
}
