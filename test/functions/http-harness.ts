import { createApiHandler } from "../../functions/api/create-api-handler.ts";
import type { DiscoverJobsOfProject } from "../../functions/discover/create-discover-handler.ts";
import { createSmnHandler } from "../../functions/discover/create-smn-handler.ts";
import { createEnqueueHandler } from "../../functions/enqueue/create-enqueue-handler.ts";
import type { AuthenticatePorts } from "../../functions/shared/authenticate-and-limit-requests.ts";
import type { ApiRequest, ApiResponse } from "../../lib/api/http-message.ts";
import type { FetchFromSmn } from "../../lib/cce/smn.ts";
import type { AttemptResult, DeliveryRequest } from "../../lib/channels/attempt-delivery.ts";
import type { WholeConfig } from "../../lib/config/config.ts";
import { parseWholeConfig } from "../../lib/config/parse-whole-config.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import type { RequestNotes } from "../../lib/runtime/answer-and-log-request.ts";
import type { Act } from "../../lib/runtime/log-act.ts";
import { createMemoryLedger, type MemoryLedger } from "../simulation/memory-ledger.ts";
import { createMemoryQueue, type MemoryQueue } from "../simulation/memory-queue.ts";
import { CONFIG, START, TOKENS } from "./http-config.ts";

export interface Harness {
  readonly ledger: MemoryLedger;
  readonly pollQueue: MemoryQueue;
  readonly notifyQueue: MemoryQueue;
  readonly failures: string[];
  /** The errors that the enqueue function and the handler of SMN messages report. */
  readonly errors: unknown[];
  /** The calls of `POST /v1/jobs` that the enqueue function reports, with the status of each job. */
  readonly accepted: object[];
  /** The deliveries of target tests. */
  readonly deliveries: DeliveryRequest[];
  readonly clock: { now: number };
  /** Calls of the ledger and sends of the queues, by name. */
  readonly calls: string[];
  /** The waits of calls with `?wait`, in milliseconds. */
  readonly waits: number[];
  onWait: (() => Promise<void>) | null;
  /** Changes the result of the next deliveries. */
  attempted: Partial<AttemptResult>;
  /** The events that the functions log, by name. */
  readonly logged: unknown[][];
  readonly acts: Act[];
  /** The notes of the latest request. */
  notes: Partial<RequestNotes>;
  ask(
    method: string,
    url: string,
    more?: { body?: unknown; token?: string | null; headers?: Record<string, string> },
  ): Promise<ApiResponse>;
  /** Sends a request to the function to which API Gateway sends the request. */
  send(request: ApiRequest): Promise<ApiResponse>;
  /** Sends a request to the api function. */
  sendToApi(request: ApiRequest): Promise<ApiResponse>;
}

/** Creates the HTTP functions with a ledger, queues and a clock in memory. */
export function createHarness(
  options: {
    config?: object;
    /** The config that the next read returns. Without it, the config does not change. */
    refreshedConfig?: object;
    /** Replaces the reading of the config. */
    readConfig?: () => Promise<WholeConfig>;
    /** Replaces methods of the ledger. */
    ledger?: (ledger: MemoryLedger) => Partial<Ledger>;
    pollQueue?: Partial<Queue>;
    notifyQueue?: Partial<Queue>;
    remainingMs?: number;
    identify?: AuthenticatePorts["identify"];
    /** Without this function, no request to SMN works. With null, requests to SMN use the network. */
    fetchFromSmn?: FetchFromSmn | null;
    discover?: DiscoverJobsOfProject;
  } = {},
): Harness {
  const config = parseConfig(options.config ?? CONFIG);
  const readConfig = options.readConfig ?? (async () => config);
  const { refreshedConfig } = options;
  const refreshed = refreshedConfig === undefined ? readConfig : async () => parseConfig(refreshedConfig);
  const configs = {
    current: readConfig,
    refreshed,
    currentWith: async (kind: "projects" | "targets", name: string) => {
      const current = await readConfig();
      return Object.hasOwn(current[kind], name) ? current : refreshed();
    },
  };
  const clock = { now: START };
  const now = () => clock.now;
  const calls: string[] = [];
  const counted = <T extends object>(name: string, port: T): T =>
    new Proxy(port, {
      get(target, key, receiver) {
        const value: unknown = Reflect.get(target, key, receiver);
        if (typeof value !== "function") return value;
        return (...parameters: unknown[]) => {
          calls.push(`${name}.${String(key)}`);
          return Reflect.apply(value, target, parameters);
        };
      },
    });
  const memory = createMemoryLedger();
  const pollQueue = createMemoryQueue({ name: "poll", now, visibilitySeconds: 60 });
  const notifyQueue = createMemoryQueue({ name: "notify", now, visibilitySeconds: 60 });
  let uuids = 0;
  const note = (notes: Partial<RequestNotes>) => {
    harness.notes = { ...harness.notes, ...notes };
  };
  const shared = {
    configs,
    identify: options.identify ?? (async () => ({ kind: "refused" as const, refusal: null })),
    onIssuerFailure: () => harness.failures.push("issuer"),
    ledger: counted("ledger", { ...memory, ...options.ledger?.(memory) }),
    now,
    defaultUrl: "https://default.example.com/",
    uuid: () => `uuid-${++uuids}`,
    pollQueue: counted("pollQueue", { ...pollQueue, ...options.pollQueue }),
    notifyQueue: counted("notifyQueue", { ...notifyQueue, ...options.notifyQueue }),
  };
  const invocation = { requestId: "lambda-1", remainingMs: () => options.remainingMs ?? 29_000 };
  const handleEnqueue = createEnqueueHandler({
    ...shared,
    random: () => 0,
    onAccepted: (call, jobs) => harness.accepted.push({ ...call, jobs: jobs.map(({ status }) => status) }),
    onFailure: (step, error) => {
      harness.failures.push(step);
      harness.errors.push(error);
    },
    onDurationsUnread: () => harness.failures.push("durations"),
  });
  const handleSmn = createSmnHandler(options.discover ?? (async () => "listed"), {
    ...shared,
    proxy: null,
    ...(options.fetchFromSmn !== null && {
      fetchFromSmn: options.fetchFromSmn ?? (() => Promise.reject(new Error("the test has no SMN"))),
    }),
    onEvent: ({ error, ...report }) => {
      harness.logged.push(["event", report]);
      if (error !== undefined) harness.errors.push(error);
    },
  });
  const handleApi = createApiHandler({
    ...shared,
    waitingLimits: { total: 4, perCaller: 2 },
    wait: async (ms) => {
      harness.waits.push(ms);
      clock.now += ms;
      await harness.onWait?.();
    },
    deliver: async (delivery) => {
      harness.deliveries.push(delivery);
      return { ...DELIVERED, ...harness.attempted };
    },
    onAct: (act) => harness.acts.push(act),
    onTested: (name, kind, _, caller) => harness.logged.push(["test", name, kind, caller]),
    onRedelivered: (...event) => harness.logged.push(["redeliver", ...event]),
    health: async () => ({ status: 200 }),
  });
  const harness: Harness = {
    ledger: memory,
    pollQueue,
    notifyQueue,
    clock,
    calls,
    failures: [],
    errors: [],
    accepted: [],
    deliveries: [],
    waits: [],
    onWait: null,
    attempted: {},
    notes: {},
    logged: [],
    acts: [],
    ask(method, url, { body, token = TOKENS.all, headers = {} } = {}) {
      const { pathname, searchParams } = new URL(url, "http://api");
      return harness.send({
        method,
        path: decodePath(pathname),
        query: searchParams,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        body: body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body),
        requestId: "request-1",
        sourceIp: "192.0.2.1",
      });
    },
    send(request) {
      harness.notes = {};
      // API Gateway finds the route without the base path of a custom domain.
      if (request.method === "POST" && request.path.endsWith("/v1/jobs"))
        return handleEnqueue(request, invocation, note);
      if (request.method === "POST" && request.path.includes("/v1/events/smn/"))
        return handleSmn(request, invocation, note);
      return harness.sendToApi(request);
    },
    sendToApi: (request) => handleApi(request, invocation, note),
  };
  return harness;
}

const DELIVERED: AttemptResult = {
  verdict: "delivered",
  status: 200,
  reason: "ok",
  afterSeconds: null,
  spent: true,
  durationMs: 5,
  answer: "ok",
};

function parseConfig(document: object): WholeConfig {
  const parsed = parseWholeConfig(document);
  if (parsed.kind === "faults") throw new Error(parsed.faults.join("; "));
  return parsed.config;
}

/** Decodes a path as API Gateway does. A path with a malformed percent-encoding stays unchanged. */
function decodePath(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}
