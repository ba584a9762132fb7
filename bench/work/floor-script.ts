import { readRequestKind } from "../support/ledger-recording.ts";
import type { WireRequest } from "../support/wire.ts";

/**
 * One request of the baseline program. The baseline program (floor) of a function only sends the requests that the
 * function has sent.
 */
export interface Step {
  readonly operation: string;
  /** The input of the AWS operation, or null if the request does not go to AWS. */
  readonly input: unknown;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The HTTP headers that Node.js sets for each connection. The baseline program does not copy the connection headers.
 */
const TRANSPORT: ReadonlySet<string> = new Set(["connection", "content-length", "host", "transfer-encoding"]);

/**
 * The requests that a function sends for one job, poll or notification, in order. The baseline program sends each
 * request after the response to the previous request.
 */
export type Chain = readonly Step[];

/**
 * Groups the requests of one invocation into stages. The next stage of requests starts after the end of the previous
 * stage. Within a stage, the requests of different records run in parallel. A request that belongs to all records of an
 * event starts a new stage of requests. The stages contain no requests for the config, because a function reads the
 * config only every five minutes.
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
