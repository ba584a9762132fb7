import { readRequestKind } from "../support/ledger-recording.ts";
import type { WireRequest } from "../support/wire.ts";

/**
 * One request of the baseline program (floor). This program only sends the requests that the measured function has
 * sent.
 */
export interface Step {
  readonly operation: string;
  /** The input of the AWS operation, or null for a request to CCE or to a target. */
  readonly input: unknown;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Node.js sets these HTTP headers itself, so the baseline program does not copy them. */
const TRANSPORT: ReadonlySet<string> = new Set(["connection", "content-length", "host", "transfer-encoding"]);

/**
 * The requests that a function sent for one job, poll or notification, in order. The baseline program waits for each
 * response before it sends the next request.
 */
export type Chain = readonly Step[];

/**
 * Splits the requests of one invocation into stages, which the baseline program sends one after the other. Within a
 * stage, the chains of different records (jobs, polls or notifications) are sent in parallel. A request for all records
 * together, such as a batch, starts a new stage. Requests for the config are omitted, because a function reads the
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
