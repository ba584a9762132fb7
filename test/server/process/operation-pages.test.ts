import { jest } from "@jest/globals";
import type { ApiRequest } from "../../../lib/api/http-message.ts";
import type { ConfigSource } from "../../../lib/config/config-source.ts";
import type { Invocation } from "../../../lib/runtime/invocation.ts";
import type { Handlers } from "../../../server/process/handlers.ts";
import { MetricRegistry } from "../../../server/process/metric-registry.ts";
import { OPERATION_PAGES } from "../../../server/process/operation-pages.ts";
import { routeRequest } from "../../../server/process/route-request.ts";
import { createSqliteQueue, type QueueName } from "../../../server/queue/sqlite-queue.ts";
import type { Store } from "../../../server/store/store.ts";
import { captured } from "../../lib/runtime/captured.ts";
import { openTestStore } from "../open-test-store.ts";

let store: Store;
beforeEach(() => {
  store = openTestStore();
});
afterEach(() => store.close());

const REQUEST: ApiRequest = {
  method: "GET",
  path: "/",
  query: new URLSearchParams(),
  headers: {},
  body: "",
  requestId: "r",
  sourceIp: "192.0.2.1",
};
const READABLE = { current: async () => ({}) };
const UNREADABLE = { current: () => Promise.reject(new Error("no config")) };

const portsWith = (changes: { readonly configs?: object; readonly isStopping?: boolean } = {}) => ({
  store,
  configs: (changes.configs ?? READABLE) as ConfigSource,
  metrics: new MetricRegistry(),
  isStopping: () => changes.isStopping ?? false,
});

describe("the page /readyz", () => {
  const read = async (ports = portsWith()) => {
    const { status, headers, body = "" } = (await OPERATION_PAGES["/readyz"]?.(ports)) ?? { status: 0 };
    expect(headers).toMatchObject({ "cache-control": "no-store" });
    return { status, ...JSON.parse(body) };
  };

  it("has the status 200 if the config can be read and the database can be written", async () => {
    expect(await read()).toEqual({ status: "ok", checks: { config: "ok", ledger: "ok" } });
    expect((await OPERATION_PAGES["/readyz"]?.(portsWith()))?.status).toBe(200);
  });

  it.each([
    [
      "the config cannot be read",
      { configs: UNREADABLE },
      "degraded",
      { config: "unreachable", ledger: "ok" },
    ],
    ["the service stops", { isStopping: true }, "stopping", { config: "ok", ledger: "ok" }],
    [
      "the service stops without a config",
      { isStopping: true, configs: UNREADABLE },
      "stopping",
      { config: "unreachable", ledger: "ok" },
    ],
  ] as const)("has the status 503 if %s", async (_, changes, status, checks) => {
    expect(await read(portsWith(changes))).toEqual({ status, checks });
    expect((await OPERATION_PAGES["/readyz"]?.(portsWith(changes)))?.status).toBe(503);
  });

  it("has the status 503 if the database can be read but not written", async () => {
    store.run("PRAGMA query_only = 1");
    expect(await read()).toEqual({ status: "degraded", checks: { config: "ok", ledger: "unreachable" } });
    expect((await OPERATION_PAGES["/readyz"]?.(portsWith()))?.status).toBe(503);
  });
});

describe("the page /metrics", () => {
  it("contains the waiting and the hidden messages of each queue, and the age of the oldest waiting message in seconds", async () => {
    const send = (name: QueueName, ageSeconds: number, delaySeconds: number) => {
      const now = () => Date.now() - ageSeconds * 1000;
      return createSqliteQueue(store, { name, now, visibilityMs: 1000 }).send([
        { id: "a", body: "a", delaySeconds },
      ]);
    };
    await send("poll", 90, 0);
    await send("poll", 30, 0);
    await send("poll", 0, 600);
    await send("notify", 0, 600);
    await send("pollDead", 7200, 0);
    await send("notifyDead", 60, 0);
    const page = (await OPERATION_PAGES["/metrics"]?.(portsWith()))?.body ?? "";
    const samples = Object.fromEntries(
      [...page.matchAll(/^(\w+)\{queue="(\w+)"\} (\S+)$/gm)].map(([, name, queue, value]) => [
        `${name} ${queue}`,
        Number(value),
      ]),
    );
    const near = (seconds: number) => expect.closeTo(seconds, -2);
    expect(samples).toEqual({
      "QueueMessagesVisible poll": 2,
      "QueueMessagesVisible pollDead": 1,
      "QueueMessagesVisible notify": 0,
      "QueueMessagesVisible notifyDead": 1,
      "QueueMessagesHidden poll": 1,
      "QueueMessagesHidden pollDead": 0,
      "QueueMessagesHidden notify": 1,
      "QueueMessagesHidden notifyDead": 0,
      "QueueOldestSeconds poll": near(90),
      "QueueOldestSeconds pollDead": near(7200),
      "QueueOldestSeconds notify": 0,
      "QueueOldestSeconds notifyDead": near(60),
    });
    expect(page).toMatch(/^process_resident_memory_bytes \d{7,}$/m);
  });
});

describe("a request during the start of the service", () => {
  const ask = (path: string) => {
    const request = { ...REQUEST, path };
    return routeRequest(request, null, portsWith(), 1000);
  };

  it("gets the status 503 and may be repeated after a second", async () => {
    expect(await ask("/v1/jobs")).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
  });

  it("gets an operation page, so that no supervisor restarts the process", async () => {
    expect((await ask("/healthz")).status).toBe(200);
    expect((await ask("/metrics")).headers).toMatchObject({
      "content-type": expect.stringContaining("openmetrics"),
    });
  });
});

describe("a request to the running service", () => {
  const ask = async (method: string, path: string) => {
    let remaining: readonly number[] = [];
    const handler = (name: string) => async (_: ApiRequest, invocation: Invocation) => {
      const before = invocation.remainingMs();
      jest.advanceTimersByTime(400);
      remaining = [before, invocation.remainingMs()];
      return { status: 200, body: name };
    };
    const handlers = {
      enqueue: handler("enqueue"),
      smn: handler("smn"),
      api: handler("api"),
    } as unknown as Handlers;
    const request = { ...REQUEST, method, path };
    jest.useFakeTimers();
    try {
      let answered: string | undefined;
      await captured(async () => {
        answered = (await routeRequest(request, handlers, portsWith(), 1000)).body;
      });
      return { answered, remaining };
    } finally {
      jest.useRealTimers();
    }
  };

  it.each([
    ["POST", "/v1/jobs", "enqueue"],
    ["GET", "/v1/jobs", "api"],
    ["DELETE", "/v1/jobs/prod/a", "api"],
    ["POST", "/v1/events/smn/prod", "smn"],
    ["GET", "/v1/events/smn/prod", "api"],
    ["GET", "/unknown", "api"],
  ])("%s %s is answered by the handler %s", async (method, path, handler) => {
    expect((await ask(method, path)).answered).toBe(handler);
  });

  it("has less time left while it is answered", async () => {
    expect((await ask("GET", "/v1/jobs")).remaining).toEqual([1000, 600]);
  });
});
