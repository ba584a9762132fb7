import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { listenLocally } from "../servers/local-server.ts";
import { type Accounts, Authentication } from "./authentication.ts";
import { createFaultResponse, Fault, PendingFaults } from "./faults.ts";
import type { OperationScriptInput } from "./operation-phases.ts";
import { JOB_NOT_FOUND, type SimulatedResponse, UNKNOWN_ROUTE } from "./responses.ts";
import { type JobScriptInput, SimulatedJobs } from "./simulated-jobs.ts";
import { type ResourceScriptInput, SimulatedResources } from "./simulated-resources.ts";
import { createCceTrace, type EndpointAnswer, SimulatedSmn, sendSmnMessage } from "./simulated-smn.ts";

/** The number of requests to the simulated CCE, and the number of its responses with each HTTP status. */
interface SimulatorStats {
  queries: number;
  lists: number;
  tokenRequests: number;
  connections: number;
  readonly queriesByJob: Record<string, number>;
  readonly answersByStatus: Record<string, number>;
}

export interface CceSimulator {
  readonly url: string;
  readonly stats: Readonly<SimulatorStats>;
  readonly smn: SimulatedSmn;
  /** Starts a simulated job now and returns the job's ID. */
  addJob(projectId: string, script: JobScriptInput): string;
  /** Ends a running job of the simulator immediately. The job's script must not have an end. */
  endJob(jobId: string): void;
  /** Adds a simulated resource and starts its script immediately. */
  addResource(script: ResourceScriptInput): void;
  /** Starts a simulated operation without a job. */
  addOperation(script: OperationScriptInput): void;
  addFault(fault: Fault): void;
  /**
   * Subscribes an HTTPS endpoint to a topic of the simulated SMN. SMN then asks the endpoint to confirm the
   * subscription.
   */
  subscribe(endpoint: string, topicUrn: string): Promise<EndpointAnswer>;
  /**
   * Sends a trace to the endpoint of an SMN topic. A trace is a record of the cloud's audit log (CTS) about a CCE
   * operation such as `createNode`.
   */
  publishTrace(endpoint: string, topicUrn: string, traceName: string): Promise<EndpointAnswer>;
  expireTokens(): void;
  stop(): Promise<void>;
}

interface SimulatorOptions extends Partial<Accounts> {
  /** The TCP port of the simulator. By default the simulator uses any free port. */
  readonly port?: number;
  readonly now?: () => number;
  /**
   * How fast the simulated jobs run. With the speed 10, ten seconds of a job script take one real second. The default
   * speed is 1.
   */
  readonly speed?: number;
}

interface SimulatedCloud {
  readonly jobs: SimulatedJobs;
  readonly resources: SimulatedResources;
  readonly faults: PendingFaults;
  readonly authentication: Authentication;
  readonly smn: SimulatedSmn;
  readonly stats: SimulatorStats;
}

/**
 * Starts a simulated CCE with its token service IAM. The simulator supports a query for one job,
 * `GET /api/v3/projects/{projectId}/jobs/{jobId}`, and the list of jobs, `GET /api/v2/projects/{projectId}/jobs`. The
 * paths for jobs of Autopilot clusters start with `/autopilot` in place of `/api`. The simulator also supports requests
 * for clusters, add-ons and IAM tokens. The simulator checks the signature or token of every query for a job, a list of
 * jobs or a resource. The simulator also sends the certificate of SMN and confirms subscriptions, at paths below
 * `/smn/`. Other processes add jobs with `POST /__sim/jobs` and a body such as `{"project", "script"}`. The paths
 * `/__sim/resources` and `/__sim/operations` accept the scripts of resources and operations. The other paths are
 * `POST /__sim/faults`, `POST /__sim/expire-tokens` and `GET /__sim/stats`.
 */
export async function startCceSimulator(options: SimulatorOptions = {}): Promise<CceSimulator> {
  const { keys = [], users = [], tokens = [], tokenSeconds = 86_400, now = Date.now, speed = 1 } = options;
  const jobs = new SimulatedJobs(now, speed);
  const resources = new SimulatedResources(now, speed);
  const faults = new PendingFaults();
  const authentication = new Authentication({ keys, users, tokens, tokenSeconds }, now);
  const smn = new SimulatedSmn(now);
  const stats = {
    queries: 0,
    lists: 0,
    tokenRequests: 0,
    connections: 0,
    queriesByJob: {},
    answersByStatus: {},
  };
  const cloud: SimulatedCloud = { jobs, resources, faults, authentication, smn, stats };
  const server = createServer(async (request, response) => {
    const reply = await respond(request, cloud).catch(
      (error: unknown): SimulatedResponse => ({ status: 400, body: { error: String(error) } }),
    );
    send(reply, request, response, stats);
  });
  server.on("connection", () => {
    stats.connections += 1;
  });
  const { url, stop } = await listenLocally(server, options.port);
  return {
    url,
    stats,
    smn,
    addJob: (projectId, script) => jobs.add(projectId, script),
    endJob: (jobId) => jobs.end(jobId),
    addResource: (script) => resources.add(script),
    addOperation: (script) => resources.addOperation(script),
    addFault: (fault) => faults.add(fault),
    subscribe: (endpoint, topicUrn) =>
      sendSmnMessage(endpoint, smn.createMessage(url, topicUrn, { type: "SubscriptionConfirmation" })),
    publishTrace: (endpoint, topicUrn, traceName) =>
      sendSmnMessage(endpoint, smn.createMessage(url, topicUrn, { message: createCceTrace(traceName) })),
    expireTokens: () => authentication.expireTokens(),
    stop,
  };
}

type Reply = SimulatedResponse | "hang" | "reset";

async function respond(
  request: IncomingMessage,
  { jobs, resources, faults, authentication, smn, stats }: SimulatedCloud,
): Promise<Reply> {
  const requested = new URL(request.url ?? "/", "http://simulator");
  const { pathname } = requested;
  switch (`${request.method} ${pathname}`) {
    case "POST /v3/auth/tokens":
      stats.tokenRequests += 1;
      return authentication.issueToken(await text(request));
    case "POST /__sim/jobs":
      return { status: 201, body: { jobId: jobs.addRequested(JSON.parse(await text(request))) } };
    case "POST /__sim/resources":
      resources.add(JSON.parse(await text(request)));
      return { status: 201, body: {} };
    case "POST /__sim/operations":
      resources.addOperation(JSON.parse(await text(request)));
      return { status: 201, body: {} };
    case "POST /__sim/faults":
      faults.add(Fault.parse(JSON.parse(await text(request))));
      return { status: 201, body: {} };
    case "POST /__sim/expire-tokens":
      authentication.expireTokens();
      return { status: 200, body: {} };
    case "GET /__sim/stats":
      return { status: 200, body: stats };
    default:
  }
  const ofSmn = request.method === "GET" ? smn.respond(requested) : null;
  if (ofSmn !== null) return ofSmn;
  const query = request.method === "GET" ? readQuery(pathname) : null;
  if (query === null) return UNKNOWN_ROUTE;
  const { jobId, path, isAutopilot } = query;
  const projectId = query.projectId ?? String(request.headers["x-project-id"] ?? "");
  // Most clouds have no API for Autopilot clusters. The simulator offers the API for Autopilot clusters only in
  // projects with an Autopilot job.
  if (isAutopilot && !jobs.hasAutopilot(projectId)) return UNKNOWN_ROUTE;
  const id = jobId ?? path;
  if (id === null) stats.lists += 1;
  else {
    stats.queries += 1;
    stats.queriesByJob[id] = (stats.queriesByJob[id] ?? 0) + 1;
  }
  const fault = faults.takeFor(projectId);
  if (fault !== null) return createFaultResponse(fault);
  const refusal = authentication.refuse(request, projectId);
  if (refusal !== null) return refusal;
  if (id === null) return { status: 200, body: jobs.list(projectId, isAutopilot) };
  const body = path === null ? jobs.render(projectId, id, isAutopilot) : resources.render(projectId, path);
  return body === null ? JOB_NOT_FOUND : { status: 200, body };
}

/** A query for one job (`jobId` is set), for one resource (`path` is set), or for the job list (both are null). */
interface SimulatedQuery {
  /** Null if the request path contains no project ID. */
  readonly projectId: string | null;
  readonly jobId: string | null;
  readonly path: string | null;
  /** `isAutopilot` is true if the query is for the API for Autopilot clusters. */
  readonly isAutopilot: boolean;
}

function readQuery(pathname: string): SimulatedQuery | null {
  const [, listApi, listed] = /^\/(api|autopilot)\/v2\/projects\/([^/]+)\/jobs$/.exec(pathname) ?? [];
  if (listed !== undefined)
    return { projectId: listed, jobId: null, path: null, isAutopilot: listApi === "autopilot" };
  const [, jobApi, owner = null, jobId] =
    /^\/(api|autopilot)\/v3\/(?:projects\/([^/]+)\/)?jobs\/([^/]+)$/.exec(pathname) ?? [];
  if (jobId !== undefined) {
    const isAutopilot = jobApi === "autopilot";
    return { projectId: owner, jobId: decodeURIComponent(jobId), path: null, isAutopilot };
  }
  const [, projectId = null, path] =
    /^\/api\/v3\/(?:projects\/([^/]+)\/)?(clusters\/.+|addons\/[^/]+)$/.exec(pathname) ?? [];
  if (path === undefined) return null;
  return { projectId, jobId: null, path: decodeURIComponent(path), isAutopilot: false };
}

function send(reply: Reply, request: IncomingMessage, response: ServerResponse, stats: SimulatorStats): void {
  if (reply === "hang") return;
  if (reply === "reset") {
    request.socket.resetAndDestroy();
    return;
  }
  const { status, headers } = reply;
  if (!request.url?.startsWith("/__sim/"))
    stats.answersByStatus[status] = (stats.answersByStatus[status] ?? 0) + 1;
  const body = typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body);
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
}
