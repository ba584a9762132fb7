import type { ApiRequest, ApiResponse } from "../../lib/api/http.ts";
import { problemResponse, type Refusal, refuse } from "../../lib/api/problem.ts";
import { noSuchPath } from "../../lib/api/refusals.ts";
import { matchRoute, type Operation, ROUTES } from "../../lib/api/routes.ts";
import type { Caller } from "../../lib/auth/caller.ts";
import { type AuthenticatePorts, authenticate } from "../shared/authenticate.ts";

type Answer = Promise<ApiResponse | Refusal>;
export type Params = Readonly<Record<string, string>>;

/** What is open to all, and what only a known caller may do. */
export type OpenOperation = "readOpenApi" | "readHealth" | "readDocs" | "showJob" | "showJobs";
export type CallerOperation = Exclude<Operation, OpenOperation | "acceptJobs">;

export interface Operations {
  readonly open: Readonly<Record<OpenOperation, (params: Params, request: ApiRequest) => Answer>>;
  readonly forCaller: Readonly<
    Record<CallerOperation, (params: Params, request: ApiRequest, caller: Caller) => Answer>
  >;
}

/**
 * Hands a request to its operation. Unknown paths and methods, and unknown callers, are answered here. HEAD is answered
 * as GET, body and all: the gateway speaks HTTP, leaves the body out and tells its length (RFC 9110, section 8.6). From
 * an answer without one it could only tell that it is empty.
 */
export async function route(
  request: ApiRequest,
  operations: Operations,
  ports: AuthenticatePorts,
): Promise<ApiResponse> {
  const answer = await dispatch(request, operations, ports);
  return "kind" in answer ? problemResponse(answer, request.requestId) : answer;
}

async function dispatch(request: ApiRequest, operations: Operations, ports: AuthenticatePorts): Answer {
  const matched = matchRoute(request.method, request.path);
  switch (matched.kind) {
    case "no_such_path":
      return noSuchPath();
    case "method_not_allowed":
      return methodNotAllowed(matched.allow);
    case "matched":
      break;
    default:
      return matched satisfies never;
  }
  const { operation, params } = matched;
  ports.note({ route: `${ROUTES[operation].method} ${ROUTES[operation].path}` });
  if (isOpen(operation)) return operations.open[operation](params, request);
  if (operation === "acceptJobs") return methodNotAllowed([ROUTES.acceptJobs.method]);
  const identified = await authenticate(request.headers.authorization, ports);
  if (identified.kind === "refused") return identified;
  return operations.forCaller[operation](params, request, identified.caller);
}

const OPEN: readonly Operation[] = [
  "readOpenApi",
  "readHealth",
  "readDocs",
  "showJob",
  "showJobs",
] satisfies OpenOperation[];

function isOpen(operation: Operation): operation is OpenOperation {
  return OPEN.includes(operation);
}

function methodNotAllowed(allow: readonly string[]): Refusal {
  return refuse("method-not-allowed", `This path takes ${allow.join(", ")}.`, [], {
    allow: allow.join(", "),
  });
}
