import { treeTeller } from "../../functions/api/describe-tree.ts";
import { operationsOf } from "../../functions/api/operations.ts";
import { route } from "../../functions/api/router.ts";
import { acceptRequest } from "../../functions/enqueue/accept-request.ts";
import { callbackGuard } from "../../functions/enqueue/callback-guard.ts";
import type { AuthenticatePorts } from "../../functions/shared/authenticate.ts";
import type { ApiRequest, ApiResponse } from "../../lib/api/http.ts";
import { findJobId, findRefusal } from "../../lib/cce/create-reply.ts";
import type { AttemptResult, DeliveryRequest } from "../../lib/channels/deliver.ts";
import { type Config, parseConfig } from "../../lib/config/config.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import type { RequestNotes } from "../../lib/runtime/http-handler.ts";
import { createMemoryLedger, type MemoryLedger } from "../simulation/memory-ledger.ts";
import { createMemoryQueue, type MemoryQueue } from "../simulation/memory-queue.ts";
import { CONFIG, START, TOKENS } from "./http-config.ts";

export interface Harness {
  readonly ledger: MemoryLedger;
  readonly pollQueue: MemoryQueue;
  readonly notifyQueue: MemoryQueue;
  readonly failures: string[];
  readonly attempts: DeliveryRequest[];
  readonly clock: { now: number };
  /** Calls of the ledger and sends of the queues, by name. */
  readonly calls: string[];
  /** Each wait of a held call goes through here. */
  readonly waits: number[];
  onWait: (() => Promise<void>) | null;
  attempted: Partial<AttemptResult>;
  /** What was told of for the log, by name. */
  readonly told: unknown[][];
  /** What the log line of the latest request would say of it. */
  notes: Partial<RequestNotes>;
  ask(
    method: string,
    url: string,
    more?: { body?: unknown; token?: string | null; headers?: Record<string, string> },
  ): Promise<ApiResponse>;
  send(request: ApiRequest): Promise<ApiResponse>;
}

/** Everything behind the HTTP API, in memory and on a clock of its own; `config` and `break` change what is there. */
export function createHarness(
  options: {
    config?: object;
    /** In place of reading the config. */
    readConfig?: () => Promise<Config>;
    ledger?: (ledger: MemoryLedger) => Partial<Ledger>;
    pollQueue?: Partial<Queue>;
    notifyQueue?: Partial<Queue>;
    remainingMs?: number;
    identify?: AuthenticatePorts["identify"];
  } = {},
): Harness {
  const parsed = parseConfig(options.config ?? CONFIG);
  if (parsed.kind === "faults") throw new Error(parsed.faults.join("; "));
  const { config } = parsed;
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
  const ledger = counted("ledger", { ...memory, ...options.ledger?.(memory) });
  let uuids = 0;

  const callers = {
    config: { current: async () => config, reread: async () => config },
    identify: options.identify ?? (async () => ({ kind: "refused" as const })),
    onIssuerFailure: () => harness.failures.push("issuer"),
    note: (found: Partial<RequestNotes>) => {
      harness.notes = { ...harness.notes, ...found };
    },
  };
  const shared = {
    ...callers,
    ledger,
    now,
    defaultUrl: "https://default.example.com/",
    uuid: () => `uuid-${++uuids}`,
    pollQueue: counted("pollQueue", { ...pollQueue, ...options.pollQueue }),
    notifyQueue: counted("notifyQueue", { ...notifyQueue, ...options.notifyQueue }),
  };
  const harness: Harness = {
    ledger: memory,
    pollQueue,
    notifyQueue,
    clock,
    calls,
    failures: [],
    attempts: [],
    waits: [],
    onWait: null,
    attempted: {},
    notes: {},
    told: [],
    ask(method, url, { body, token = TOKENS.all, headers = {} } = {}) {
      const { pathname, searchParams } = new URL(url, "http://api");
      return harness.send({
        method,
        path: pathname,
        query: searchParams,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        body: body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body),
        requestId: "request-1",
      });
    },
    send(request) {
      harness.notes = {};
      if (request.method === "POST" && request.path === "/v1/jobs")
        return acceptRequest(request, {
          ...shared,
          callbackGuard,
          firstDelaySeconds: () => 10,
          replies: { jobIdOf: findJobId, refusalIn: findRefusal },
          onAccepted: () => undefined,
          onFailure: (what) => harness.failures.push(what),
        });
      return route(
        request,
        operationsOf({
          ...shared,
          readConfig: options.readConfig ?? (async () => config),
          tell: treeTeller,
          wait: async (ms) => {
            harness.waits.push(ms);
            clock.now += ms;
            await harness.onWait?.();
          },
          remainingMs: () => options.remainingMs ?? 29_000,
          deliver: async (delivery) => {
            harness.attempts.push(delivery);
            return { ...DELIVERED, ...harness.attempted };
          },
          onStopped: (...what) => harness.told.push(["stop", ...what]),
          onTested: (name, kind, _, caller) => harness.told.push(["test", name, kind, caller]),
          onRedelivered: (...what) => harness.told.push(["redeliver", ...what]),
          health: async () => ({ status: 200 }),
        }),
        callers,
      );
    },
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
