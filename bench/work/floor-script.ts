import { readRequestKind } from "../support/ledger-recording.ts";
import type { WireRequest } from "../support/wire.ts";

/**
 * One request of the baseline program. The baseline program (floor) only sends the requests that a measured function
 * has sent.
 */
export interface Step {
  readonly operation: string;
  /** The input of the AWS operation, or null for a request to CCE or to a target. */
  readonly input: unknown;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The HTTP headers that the baseline program does not copy, because its HTTP client sets these headers itself. */
const TRANSPORT: ReadonlySet<string> = new Set(["connection", "content-length", "host", "transfer-encoding"]);

/**
 * The requests that a function sent for one job, poll or notification, in the order in which it sent them. The baseline
 * program waits for each response before it sends the next request.
 */
export type Chain = readonly Step[];

/**
 * Splits the requests of one invocation into groups. The baseline program sends one group of requests after the other.
 * Within a group, it sends the requests for different jobs, polls or notifications in parallel. A request that concerns
 * all jobs, polls or notifications of the invocation starts a new group. Requests for the config are omitted, because
 * most invocations do not read the config.
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
