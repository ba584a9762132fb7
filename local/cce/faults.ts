import * as z from "zod";
import {
  createCceErrorResponse,
  createGatewayErrorResponse,
  INVALID_TOKEN,
  JOB_NOT_FOUND,
  type SimulatedResponse,
} from "./responses.ts";

/** An artificial error that the simulated CCE returns for the next job queries. */
export const Fault = z.strictObject({
  kind: z.enum(["429", "401", "403", "500", "hang", "garbage", "404-at-first", "reset"]),
  /** The number of job queries that fail with this error. */
  count: z.int().min(1).default(1),
  /**
   * The ID of the cloud project for which CCE answers job queries with this error. Without `project`, CCE answers the
   * job queries of all projects with this error.
   */
  project: z.string().optional(),
  retryAfterSeconds: z.number().min(0).optional(),
});
export type Fault = z.infer<typeof Fault>;

/** The artificial errors that the simulated CCE has not returned yet, oldest first. */
export class PendingFaults {
  #faults: Fault[] = [];

  add(fault: Fault): void {
    this.#faults.push(fault);
  }

  /**
   * Returns the error for the next job query of a project, or null if the query must not fail. Each error is returned
   * `count` times and then removed.
   */
  takeFor(projectId: string): Fault | null {
    const fault = this.#faults.find(({ project }) => project === undefined || project === projectId);
    if (fault === undefined) return null;
    const { count } = fault;
    this.#faults = this.#faults.flatMap((one) => {
      if (one !== fault) return [one];
      return count > 1 ? [{ ...fault, count: count - 1 }] : [];
    });
    return fault;
  }
}

/**
 * Returns the simulator's response to a query that must fail. `hang` means that the simulator sends no response.
 * `reset` means that the simulator closes the connection before a response.
 */
export function createFaultResponse(fault: Fault): SimulatedResponse | "hang" | "reset" {
  switch (fault.kind) {
    case "429":
      return {
        ...createGatewayErrorResponse(429, "APIGW.0308", "The throttling threshold has been reached"),
        headers: fault.retryAfterSeconds === undefined ? {} : { "retry-after": `${fault.retryAfterSeconds}` },
      };
    case "401":
      return INVALID_TOKEN;
    case "403":
      return createCceErrorResponse(403, "CCE.01403001", "Forbidden.");
    case "500":
      return createCceErrorResponse(500, "CCE.01500001", "Internal error.");
    case "garbage":
      return { status: 200, body: "<html><body>504 Gateway Time-out</body></html>" };
    case "404-at-first":
      return JOB_NOT_FOUND;
    case "hang":
    case "reset":
      return fault.kind;
    default:
      return fault.kind satisfies never;
  }
}
