import * as z from "zod/mini";
import { type ApiResponse, jsonResponse } from "../../lib/api/http-message.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import { Count } from "../../lib/domain/zod-fields.ts";
import { systemClock } from "../../lib/runtime/clock.ts";
import type { Store } from "../store/store.ts";
import { type Measurement, type MetricRegistry, OPENMETRICS_TYPE } from "./metric-registry.ts";

export interface OperationPagePorts {
  readonly store: Store;
  readonly configs: ConfigSource;
  readonly metrics: MetricRegistry;
  /** Returns true when the service begins to stop. */
  readonly isStopping: () => boolean;
}

const NO_STORE = { "cache-control": "no-store" };

/**
 * The operation pages for operators and monitoring tools, such as `/metrics`. The operation pages need no token, and
 * contain no names and no secrets.
 */
export const OPERATION_PAGES: Readonly<Record<string, (ports: OperationPagePorts) => Promise<ApiResponse>>> =
  {
    /**
     * A supervisor such as Kubernetes requests `/healthz` regularly. If the process does not respond, the supervisor
     * restarts the process.
     */
    "/healthz": async () => jsonResponse(200, { status: "ok" }, NO_STORE),
    /**
     * A load balancer requests `/readyz` regularly. If the service responds with the status 503, the load balancer
     * sends no other requests to the service.
     */
    "/readyz": readReadiness,
    "/metrics": async ({ store, metrics }) => ({
      status: 200,
      headers: { "content-type": OPENMETRICS_TYPE, ...NO_STORE },
      body: metrics.render([...(await measureQueues(store)), measureProcess()]),
    }),
  };

async function readReadiness({ store, configs, isStopping }: OperationPagePorts): Promise<ApiResponse> {
  const check = (result: Promise<unknown>) =>
    result.then(
      () => "ok",
      () => "unreachable",
    );
  // This SQL statement changes no data. If the database cannot be written, the statement fails.
  const writable = store.write(() => store.run("UPDATE message SET id = id WHERE id = ''"));
  const [config, ledger] = await Promise.all([check(configs.current()), check(writable)]);
  const isReady = config === "ok" && ledger === "ok" && !isStopping();
  const status = isStopping() ? "stopping" : isReady ? "ok" : "degraded";
  return jsonResponse(isReady ? 200 : 503, { status, checks: { config, ledger } }, NO_STORE);
}

const QueueRow = z.object({
  queue: z.string(),
  visible: Count,
  hidden: Count,
  oldest: z.nullable(z.number()),
});

async function measureQueues(store: Store): Promise<readonly Measurement[]> {
  const now = systemClock();
  const found = await store.read(() =>
    store
      .all(
        `SELECT queue, count(*) FILTER (WHERE visible_at <= ?) AS visible,
           count(*) FILTER (WHERE visible_at > ?) AS hidden,
           min(visible_at) FILTER (WHERE visible_at <= ?) AS oldest FROM message GROUP BY queue`,
        now,
        now,
        now,
      )
      .map((row) => QueueRow.parse(row)),
  );
  const names = ["poll", "pollDead", "notify", "notifyDead"];
  const rows = names.map(
    (queue) => found.find((row) => row.queue === queue) ?? { queue, visible: 0, hidden: 0, oldest: null },
  );
  const measure = (
    name: string,
    help: string,
    value: (row: (typeof rows)[number]) => number,
  ): Measurement => ({
    name,
    help,
    samples: rows.map((row) => ({ labels: { queue: row.queue }, value: value(row) })),
  });
  return [
    measure("QueueMessagesVisible", "The number of messages that wait for a worker.", (row) => row.visible),
    measure(
      "QueueMessagesHidden",
      "The number of messages that a worker handles or that are delayed.",
      (row) => row.hidden,
    ),
    measure("QueueOldestSeconds", "The time for which the oldest visible message waits.", (row) =>
      row.oldest === null ? 0 : (now - row.oldest) / 1000,
    ),
  ];
}

function measureProcess(): Measurement {
  return {
    name: "process_resident_memory_bytes",
    help: "The memory of the process.",
    samples: [{ labels: {}, value: process.memoryUsage.rss() }],
  };
}
