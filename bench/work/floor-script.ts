import { readRequestKind } from "../support/ledger-recording.ts";
import type { WireRequest } from "../support/wire.ts";

/** One request of a floor. A floor is a baseline program that only sends the recorded requests of a function. */
export interface Step {
  readonly operation: string;
  /** The input of the AWS operation, or null for a request to another service. */
  readonly input: unknown;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The headers that Node.js sets for each connection. The floor does not copy them. */
const TRANSPORT: ReadonlySet<string> = new Set(["connection", "content-length", "host", "transfer-encoding"]);

/**
 * The requests of one job, poll or notification in their order. Each request starts after the reply to the previous
 * request.
 */
export type Chain = readonly Step[];

/**
 * Groups the requests of one invocation into stages, which run one after another. A stage has one chain of requests per
 * record, and the chains run in parallel. A request that all records share starts a new stage. Requests for the config
 * are omitted, because a function reads the config only every five minutes.
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
