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

/** What one record asks for, call after call: each needs the answer to the one before. */
export type Chain = readonly Step[];

/**
 * The wire calls of an invocation in the order the work allows: stages one after the other, a stage's chains side by
 * side. Kinds of calls that every record of a batch makes follow each other within its chain; where all records
 * share a call, or share it out otherwise, a new stage begins. Reading the config is left out: it happens once in
 * five minutes.
 */
export function scriptOf(heard: readonly Heard[]): readonly (readonly Chain[])[] {
  const kinds = new Map<string, Step[]>();
  for (const one of heard) {
    if (one.service === "config") continue;
    const kind = one.service === "ledger" ? kindOf(one) : `${one.service} ${one.operation}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), stepOf(one)]);
  }
  const stages: Step[][][] = [];
  for (const steps of kinds.values()) {
    const stage = stages.at(-1);
    if (stage?.length === steps.length) for (const [at, step] of steps.entries()) stage[at]?.push(step);
    else stages.push(steps.map((step) => [step]));
  }
  return stages;
}

function stepOf({ service, operation, path, headers: received, body }: Heard): Step {
  const isAws = service === "ledger" || service === "queue";
  const headers = Object.fromEntries(Object.entries(received).filter(([name]) => !TRANSPORT.has(name)));
  return { operation, path, headers, body, input: isAws ? JSON.parse(body) : null };
}
