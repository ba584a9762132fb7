import { readRequestKind } from "../support/ledger-recording.ts";
import type { WireRequest } from "../support/wire.ts";

/** One request that a floor sends. */
export interface Step {
  readonly operation: string;
  /** The input of an AWS operation. Null means that the request is not for AWS. */
  readonly input: unknown;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The headers that belong to the connection and not to the request. */
const TRANSPORT: ReadonlySet<string> = new Set(["connection", "content-length", "host", "transfer-encoding"]);

/** The requests of one record in their order. Each request needs the reply to the previous request. */
export type Chain = readonly Step[];

/**
 * Returns the requests of an invocation as stages. The stages run one after another. A stage has one chain of
 * requests per record, and the chains run in parallel. A request that all records share starts a new stage. Reads of
 * the config are omitted, because a function reads the config only every five minutes.
 */
export function createFloorScript(requests: readonly WireRequest[]): readonly (readonly Chain[])[] {
  const kinds = new Map<string, Step[]>();
  for (const request of requests) {
    if (request.service === "config") continue;
    const kind =
      request.service === "ledger" ? readRequestKind(request) : `${request.service} ${request.operation}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), stepOf(request)]);
  }
  const stages: Step[][][] = [];
  for (const steps of kinds.values()) {
    const stage = stages.at(-1);
    if (stage?.length === steps.length) for (const [at, step] of steps.entries()) stage[at]?.push(step);
    else stages.push(steps.map((step) => [step]));
  }
  return stages;
}

function stepOf({ service, operation, path, headers: received, body }: WireRequest): Step {
  const isAws = service === "ledger" || service === "queue";
  const headers = Object.fromEntries(Object.entries(received).filter(([name]) => !TRANSPORT.has(name)));
  return { operation, path, headers, body, input: isAws ? JSON.parse(body) : null };
}
