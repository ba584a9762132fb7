import type { ApiRequest, ApiResponse } from "../../lib/api/http-message.ts";
import { type ProblemResponse, pathNotFound, problemResponse, renderProblem } from "../../lib/api/problem.ts";
import { readRedelivery } from "../../lib/api/redelivery.ts";
import { rejectInput } from "../../lib/api/request-body.ts";
import { matchRoute, type Operation, ROUTES } from "../../lib/api/routes.ts";
import { readWatchKey } from "../../lib/api/watch-request.ts";
import type { Caller } from "../../lib/auth/caller.ts";
import { linkOptions } from "../../lib/auth/link-keys.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import type { WatchKey } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { Note } from "../../lib/runtime/http-handler.ts";
import type { Invocation } from "../../lib/runtime/invocation.ts";
import { type AuthenticatePorts, authenticate } from "../shared/authenticate.ts";
import { docsResponse, openApiResponse } from "./description.ts";
import { listJobs } from "./list-jobs.ts";
import { showJob, showJobs } from "./pages.ts";
import { type ReadStatusPorts, readStatus } from "./read-status.ts";
import { type RedeliverPorts, redeliver } from "./redeliver.ts";
import { type StopWatchPorts, stopWatch } from "./stop-watch.ts";
import { type TestTargetPorts, testTarget } from "./test-target.ts";

export interface ApiPorts
  extends Omit<AuthenticatePorts, "note">,
    Pick<ReadStatusPorts, "now" | "wait">,
    Pick<RedeliverPorts, "notifyQueue" | "onRedelivered">,
    Pick<StopWatchPorts, "onStopped">,
    Pick<TestTargetPorts, "deliver" | "uuid" | "onTested"> {
  readonly ledger: Pick<Ledger, "listRecentWatches" | "switchTargetOn"> &
    ReadStatusPorts["ledger"] &
    RedeliverPorts["ledger"] &
    StopWatchPorts["ledger"];
  readonly configs: Pick<ConfigSource, "current" | "fresh" | "knowing">;
  /** The API's own address, for a config without `settings.publicUrl`. */
  readonly defaultUrl: string;
  readonly health: () => Promise<ApiResponse>;
}

interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly request: ApiRequest;
  readonly remainingMs: () => number;
}
interface CallerCall extends Call {
  readonly caller: Caller;
}
type Result = Promise<ApiResponse | ProblemResponse>;

/** The operations without a bearer token. The link of a page contains a key. */
type OpenOperation = "readOpenApi" | "readHealth" | "readDocs" | "showJob" | "showJobs";
/** `acceptJobs` belongs to the enqueue function. */
type CallerOperation = Exclude<Operation, OpenOperation | "acceptJobs">;

/**
 * Creates the handler of all routes except `POST /v1/jobs`. HEAD gets the same response as GET, with the body: the
 * gateway removes the body and reports its length (RFC 9110, section 8.6).
 */
export function createApiHandler(
  ports: ApiPorts,
): (request: ApiRequest, invocation: Pick<Invocation, "remainingMs">, note: Note) => Promise<ApiResponse> {
  const open = openOperations(ports);
  const forCaller = callerOperations(ports);

  const handle = async (request: ApiRequest, remainingMs: () => number, note: Note): Result => {
    const route = matchRoute(request.method, request.path);
    if (route.kind === "path_not_found") return pathNotFound();
    if (route.kind === "method_not_allowed") return methodNotAllowed(route.allow);
    const { operation, params } = route;
    note({ route: `${ROUTES[operation].method} ${ROUTES[operation].path}` });
    if (operation === "acceptJobs") return methodNotAllowed([ROUTES.acceptJobs.method]);
    const call = { params, request, remainingMs };
    if (isOpen(operation)) return open[operation](call);
    const identified = await authenticate(request.headers.authorization, { ...ports, note });
    if (identified.kind === "problem") return identified;
    return forCaller[operation]({ ...call, caller: identified.caller });

    function isOpen(name: Operation): name is OpenOperation {
      return Object.hasOwn(open, name);
    }
  };

  return async (request, { remainingMs }, note) => {
    const result = await handle(request, remainingMs, note);
    return "kind" in result ? renderProblem(result, request.requestId) : result;
  };
}

function openOperations(ports: ApiPorts): Readonly<Record<OpenOperation, (call: Call) => Result>> {
  const pagesPorts = async () => {
    const config = await ports.configs.current();
    return { ...ports, config, links: linkOptions(config, ports.defaultUrl), now: ports.now() };
  };
  /** The OpenAPI document is available even while the config has errors. The config source has logged the errors. */
  const publicUrl = async (): Promise<string> => {
    try {
      return linkOptions(await ports.configs.current(), ports.defaultUrl).publicUrl;
    } catch {
      return ports.defaultUrl;
    }
  };
  return {
    readHealth: () => ports.health(),
    readOpenApi: async ({ request }) => openApiResponse(await publicUrl(), request),
    readDocs: ({ request }) => docsResponse(request),
    showJob: async ({ params, request }) => showJob(params, request, await pagesPorts()),
    showJobs: async ({ request }) => showJobs(request, await pagesPorts()),
  };
}

function callerOperations(ports: ApiPorts): Readonly<Record<CallerOperation, (call: CallerCall) => Result>> {
  const { configs } = ports;
  return {
    listJobs: async ({ request, caller }) => {
      const name = request.query.get("project");
      const current = await (name === null ? configs.current() : configs.knowing("projects", name));
      const links = linkOptions(current, ports.defaultUrl);
      return listJobs(request, caller, { ledger: ports.ledger, config: current, links, now: ports.now() });
    },
    readJob: onWatch(async (key, { request, remainingMs }) =>
      readStatus(key, request, { ...ports, config: await configs.current(), remainingMs }),
    ),
    stopJob: onWatch(
      async (key, { request, caller }) =>
        rejectInput(request) ??
        stopWatch(key, caller.name, { ...ports, config: await configs.current(), now: ports.now() }),
    ),
    redeliverJob: onWatch(async (key, { request, caller }) => {
      const read = readRedelivery(request);
      if (read.kind === "problem") return read;
      const current = await configs.current();
      return redeliver(key, read.redelivery, caller, { ...ports, config: current, now: ports.now() });
    }),
    testTarget: async ({ params: { name = "" }, request, caller, remainingMs }) => {
      const problem = rejectInput(request);
      if (problem !== null) return problem;
      const current = await configs.knowing("targets", name);
      return testTarget(name, caller, { ...ports, config: current, now: ports.now(), remainingMs });
    },
  };
}

/** Makes an operation on the watch that the path names. */
function onWatch(run: (key: WatchKey, call: CallerCall) => Result): (call: CallerCall) => Result {
  return async (call) => {
    const read = readWatchKey(call.caller, call.params);
    return read.kind === "problem" ? read : run(read.key, call);
  };
}

function methodNotAllowed(methods: readonly string[]): ProblemResponse {
  const allow = methods.join(", ");
  return problemResponse("method-not-allowed", `The methods of this path are ${allow}.`, [], { allow });
}
