import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type Accounts, Doorkeeper } from "./accounts.ts";
import { type Answer, faultAnswer, NO_SUCH_JOB, NO_SUCH_ROUTE } from "./answers.ts";
import { Fault, Faults } from "./faults.ts";
import type { JobScriptInput } from "./job-script.ts";
import { JobStore } from "./job-store.ts";
import { Stats } from "./stats.ts";

export interface CceSimulator {
  readonly url: string;
  readonly stats: Stats;
  /** Starts a job now and answers its ID. */
  addJob(projectId: string, script: JobScriptInput): string;
  addFault(fault: Fault): void;
  expireTokens(): void;
  close(): Promise<void>;
}

export interface SimulatorOptions extends Partial<Accounts> {
  readonly port?: number;
  readonly now?: () => number;
  /** How many seconds of a script pass in a real one. */
  readonly speed?: number;
}

/**
 * Starts a CCE and an IAM of our own: `GET /api/v3/projects/{p}/jobs/{id}` and `POST /v3/auth/tokens`, with every
 * signature and token checked. Jobs run by scripts. `POST /__sim/jobs` {"project", "script"}, `POST /__sim/faults`,
 * `POST /__sim/expire-tokens` and `GET /__sim/stats` steer it from another process.
 */
export async function startCceSimulator(options: SimulatorOptions = {}): Promise<CceSimulator> {
  const now = options.now ?? Date.now;
  const { keys = [], users = [], tokens = [], tokenSeconds = 86_400 } = options;
  const parts: Parts = {
    jobs: new JobStore(now, options.speed ?? 1),
    faults: new Faults(),
    door: new Doorkeeper({ keys, users, tokens, tokenSeconds }, now),
    stats: new Stats(),
  };
  const server = createServer((request, response) => {
    answer(request, parts)
      .catch((error: unknown): Answer => ({ status: 400, body: { error: String(error) } }))
      .then((reply) => send(reply, request, response, parts.stats));
  });
  server.on("connection", () => parts.stats.connected());
  await new Promise<void>((resolve, reject) =>
    server.once("error", reject).listen(options.port ?? 0, "127.0.0.1", resolve),
  );
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stats: parts.stats,
    addJob: (projectId, script) => parts.jobs.add(projectId, script),
    addFault: (fault) => parts.faults.add(fault),
    expireTokens: () => parts.door.expireTokens(),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Parts {
  readonly jobs: JobStore;
  readonly faults: Faults;
  readonly door: Doorkeeper;
  readonly stats: Stats;
}

type Reply = Answer | "hang" | "reset";

async function answer(request: IncomingMessage, { jobs, faults, door, stats }: Parts): Promise<Reply> {
  const { pathname } = new URL(request.url ?? "/", "http://simulator");
  switch (`${request.method} ${pathname}`) {
    case "POST /v3/auth/tokens":
      stats.tokenRequests += 1;
      return door.grant(await text(request));
    case "POST /__sim/jobs":
      return { status: 201, body: { jobId: jobs.addRequested(JSON.parse(await text(request))) } };
    case "POST /__sim/faults":
      faults.add(Fault.parse(JSON.parse(await text(request))));
      return { status: 201, body: {} };
    case "POST /__sim/expire-tokens":
      door.expireTokens();
      return { status: 200, body: {} };
    case "GET /__sim/stats":
      return { status: 200, body: stats };
    default:
  }
  const [, project, jobId] = /^\/api\/v3\/projects\/([^/]+)\/jobs\/([^/]+)$/.exec(pathname) ?? [];
  if (request.method !== "GET" || project === undefined || jobId === undefined) return NO_SUCH_ROUTE;
  stats.queried(decodeURIComponent(jobId));
  const fault = faults.take(project);
  if (fault !== null) return faultAnswer(fault) ?? (fault.kind === "hang" ? "hang" : "reset");
  const refusal = door.refusal(request, project);
  if (refusal !== null) return refusal;
  const body = jobs.show(project, decodeURIComponent(jobId));
  return body === null ? NO_SUCH_JOB : { status: 200, body };
}

function send(reply: Reply, request: IncomingMessage, response: ServerResponse, stats: Stats): void {
  if (reply === "hang") return;
  if (reply === "reset") {
    request.socket.resetAndDestroy();
    return;
  }
  if (!request.url?.startsWith("/__sim/")) stats.answered(reply.status);
  const body = typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body);
  response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers }).end(body);
}
