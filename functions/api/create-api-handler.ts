import type { ApiRequest, ApiResponse } from "../../lib/api/http-message.ts";
import { type ProblemResponse, problemResponse, renderProblem } from "../../lib/api/problem-response.ts";
import { matchRoute, type OperationId, ROUTES } from "../../lib/api/routes.ts";
import { checkRightAndReadWatchKey } from "../../lib/api/watch-path-and-wait-parameters.ts";
import type { Caller } from "../../lib/auth/caller-rights.ts";
import { createSignedPageLinkOptions } from "../../lib/auth/link-keys.ts";
import type { CallerOperation } from "../../lib/config/config.ts";
import type { WatchKey } from "../../lib/domain/job.ts";
import type { HandleRequest } from "../../lib/runtime/answer-and-log-request.ts";
import {
  authenticateAndLimitRequests,
  createApproximateRequestLimit,
} from "../shared/authenticate-and-limit-requests.ts";
import { createCachedDurationsReaderOrEmpty } from "../shared/learned-durations.ts";
import type { ApiPorts, RequestPorts } from "./api-ports.ts";
import {
  createHtmlDocsResponseOrNotModified,
  createOpenApiResponse,
  createStartPageForBrowserOrNotFound,
} from "./api-reference.ts";
import { listProjectJobsWithOwnOrNewestWatch } from "./list-jobs.ts";
import { listUsableProjects, listUsableTargetsOrInvalidRequest } from "./list-usable-names.ts";
import { createJobPageResponse, createListPageResponse } from "./pages.ts";
import { queueRedeliveryOfEndedWatch } from "./queue-redelivery.ts";
import { queueRedeliveryOfFailedToTarget } from "./queue-redelivery-of-failed-to-target.ts";
import { readStatusOrWaitForEnd } from "./read-status.ts";
import { stopOwnOrAllWatches } from "./stop-watch.ts";
import { testTargetAndSwitchOnIfDelivered } from "./test-target.ts";

type Params = Readonly<Record<string, string>>;
type Result = Promise<ApiResponse | ProblemResponse>;
type OpenStep = (params: Params, request: ApiRequest, ports: RequestPorts) => Result;
type CallerStep = (params: Params, request: ApiRequest, ports: RequestPorts, caller: Caller) => Result;
type WatchStep = (key: WatchKey, request: ApiRequest, ports: RequestPorts, caller: Caller) => Result;

/** Operations of the API that need no bearer token. Pages need no token, but a link key in the URL. */
const OPEN_STEPS = {
  readHealth: (_params, _request, { health }) => health(),
  readOpenApi: async (_params, request, ports) => createOpenApiResponse(await publicUrl(ports), request),
  readDocs: (_params, request) => createHtmlDocsResponseOrNotModified(request),
  showStart: async (_params, request) => createStartPageForBrowserOrNotFound(request),
  showJob: createJobPageResponse,
  showJobs: createListPageResponse,
} satisfies Partial<Record<OperationId, OpenStep>>;

const CALLER_STEPS = {
  listJobs: listProjectJobsWithOwnOrNewestWatch,
  readJob: onWatch("read", readStatusOrWaitForEnd),
  stopJob: onWatch("stop", stopOwnOrAllWatches),
  redeliverJob: onWatch("redeliver", queueRedeliveryOfEndedWatch),
  redeliverTarget: queueRedeliveryOfFailedToTarget,
  testTarget: testTargetAndSwitchOnIfDelivered,
  listTargets: listUsableTargetsOrInvalidRequest,
  listProjects: listUsableProjects,
  /** API Gateway sends `POST /v1/jobs` to the function `enqueue`. */
  acceptJobs: async () => methodNotAllowed([ROUTES.acceptJobs.method]),
  /** API Gateway sends SMN messages (SMN is the message service of Huawei Cloud) to the function `discover`. */
  receiveSmnMessage: async () => methodNotAllowed([ROUTES.receiveSmnMessage.method]),
} satisfies Record<Exclude<OperationId, keyof typeof OPEN_STEPS>, CallerStep>;

/**
 * Creates the handler of the function `api`. For a HEAD request, the handler returns the same response as for GET. API
 * Gateway removes the body and sends only the length of the body (RFC 9110, section 8.6).
 */
export function createApiHandler(ports: ApiPorts): HandleRequest {
  const durations = createCachedDurationsReaderOrEmpty(ports.ledger, ports.now, ports.onDurationsUnread);
  const limitRequests = createApproximateRequestLimit(ports.now);
  return async (request, { remainingMs }, note) => {
    const result = await handle(request, { ...ports, limitRequests, remainingMs, note, durations });
    return "kind" in result ? renderProblem(result, request.requestId) : result;
  };
}

async function handle(request: ApiRequest, ports: RequestPorts): Result {
  const route = await findRoute(request, ports);
  if (route.kind === "path_not_found")
    return problemResponse("not-found", "The path does not exist. GET /docs lists all paths.");
  if (route.kind === "method_not_allowed") return methodNotAllowed(route.allow);
  const { operation, params } = route;
  ports.note({ route: `${ROUTES[operation].method} ${ROUTES[operation].path}` });
  if (isOpen(operation)) return OPEN_STEPS[operation](params, request, ports);
  const identified = await authenticateAndLimitRequests(request.headers.authorization, ports);
  if (identified.kind === "problem") return identified;
  return CALLER_STEPS[operation](params, request, ports, identified.caller);
}

/**
 * Finds the route of a request. The path of the public URL also leads to the start page, because the public URL may
 * contain a base path.
 */
async function findRoute({ method, path }: ApiRequest, ports: RequestPorts) {
  const route = matchRoute(method, path);
  if (route.kind !== "path_not_found") return route;
  const basePath = URL.parse(await publicUrl(ports))?.pathname;
  return basePath === path || `${basePath}/` === path ? matchRoute(method, "/") : route;
}

function isOpen(operation: OperationId): operation is keyof typeof OPEN_STEPS {
  return Object.hasOwn(OPEN_STEPS, operation);
}

/** Returns a function that checks the right to the operation, reads the watch key from the URL, and calls `step`. */
function onWatch(operation: CallerOperation, step: WatchStep): CallerStep {
  return async (params, request, ports, caller) => {
    const read = checkRightAndReadWatchKey(caller, operation, params);
    return read.kind === "problem" ? read : step(read.key, request, ports, caller);
  };
}

function methodNotAllowed(methods: readonly string[]): ProblemResponse {
  const allow = methods.join(", ");
  return problemResponse("method-not-allowed", `The methods of this path are ${allow}.`, [], { allow });
}

/** Returns the public URL of the service. If the service has no valid config, the result is `defaultUrl`. */
async function publicUrl({ configs, defaultUrl }: RequestPorts): Promise<string> {
  try {
    return createSignedPageLinkOptions(await configs.current(), defaultUrl).publicUrl;
  } catch {
    return defaultUrl;
  }
}
