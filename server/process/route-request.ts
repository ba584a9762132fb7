import { randomUUID } from "node:crypto";
import type { ApiRequest, ApiResponse } from "../../lib/api/http-message.ts";
import { matchRoute } from "../../lib/api/routes.ts";
import { answerAndLogRequest } from "../../lib/runtime/answer-and-log-request.ts";
import { monotonicClock } from "../../lib/runtime/clock.ts";
import type { Handlers } from "./handlers.ts";
import { OPERATION_PAGES, type OperationPagePorts } from "./operation-pages.ts";

/**
 * Answers an HTTP request with an operation page such as `/metrics`, or with the handler of the API call. During the
 * start of the service, operation pages already work, and all API calls get the status 503.
 */
export async function routeRequest(
  request: ApiRequest,
  handlers: Handlers | null,
  pages: OperationPagePorts,
  timeLimitMs: number,
): Promise<ApiResponse> {
  const page = OPERATION_PAGES[request.path];
  if (page !== undefined) return page(pages);
  if (handlers === null) return { status: 503, headers: { "retry-after": "1" } };
  const startedAt = monotonicClock();
  const invocation = {
    requestId: randomUUID(),
    remainingMs: () => timeLimitMs - (monotonicClock() - startedAt),
  };
  const matched = matchRoute(request.method, request.path);
  switch (matched.kind === "matched" ? matched.operation : null) {
    case "acceptJobs":
      return answerAndLogRequest(handlers.enqueue, request, invocation, "POST /v1/jobs");
    case "receiveSmnMessage":
      return answerAndLogRequest(handlers.smn, request, invocation, "$default");
    default:
      return answerAndLogRequest(handlers.api, request, invocation, "$default");
  }
}
