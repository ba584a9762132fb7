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
 * The requests that a function sent for one job, poll or notification, in order. The baseline program waits for each
 * response before it sends the next request.
 */
export type Chain = readonly Step[];

/**
 * Splits the requests of one invocation into stages. The baseline program sends the requests of one stage after the
 * requests of the previous stage. Within a stage, it sends the requests for different jobs, polls or notifications in
 * parallel. A request for all jobs, polls or notifications together starts a new stage. Requests for the config are
 * omitted, because most invocations do not read the config.
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
