import { unwatchFile, watchFile } from "node:fs";
import { ConfigInvalidError, createCachedConfigSource } from "../../lib/config/config-source.ts";
import { parseWholeConfig } from "../../lib/config/parse-whole-config.ts";
import type { ReferencePorts } from "../../lib/config/replace-env-and-file-references.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { AllowList } from "../../lib/http/egress-rules.ts";
import type { OutgoingProxy } from "../../lib/http/outgoing-proxy.ts";
import { LedgerUnavailableError } from "../../lib/ledger/ledger.ts";
import { monotonicClock, systemClock, systemRandom, systemWait } from "../../lib/runtime/clock.ts";
import { log } from "../../lib/runtime/log.ts";
import { logActAndCountIfStop } from "../../lib/runtime/log-act.ts";
import { meter, redirectMetricsTo } from "../../lib/runtime/metrics.ts";
import { deleteExpiredRows } from "../ledger/sqlite-ledger.ts";
import { createSqliteQueue, type QueueName, type SqliteQueue } from "../queue/sqlite-queue.ts";
import { shiftTimes } from "../store/shift-times.ts";
import { Store } from "../store/store.ts";
import { createClockGuard } from "./clock-guard.ts";
import { listConfigActs } from "./config-acts.ts";
import { readConfigFile } from "./config-file.ts";
import { createHandlers, type Handlers } from "./handlers.ts";
import { startHttpServer, type Tls } from "./http-server.ts";
import { MetricRegistry } from "./metric-registry.ts";
import { QueueWorker } from "./queue-worker.ts";
import { routeRequest } from "./route-request.ts";
import { startSchedule } from "./schedule.ts";

/** The time limit for an API call or a message, in milliseconds. The Lambda functions on AWS have the same limit. */
const TIME_LIMIT_MS = 29_000;
/** The visibility timeout of the queues. The visibility timeout must be longer than the lease of a claim (35 s). */
const VISIBILITY_MS = 40_000;
const MAX_RECEIVE_COUNT = 1000;
const CONCURRENCY = 100;
const SWEEP_EVERY_MS = 5 * 60_000;
const DISCOVER_EVERY_MS = 60_000;
/** The time limit of one sweep or discovery run, in milliseconds. */
const RUN_LIMIT_MS = 60_000;
const AUDIT_EVERY_MS = 3_600_000;
const CONFIG_CHECK_MS = 2000;
const CLOCK_CHECK_MS = 1000;
/**
 * After a stop signal, open requests and messages have this number of milliseconds to end. The process must stop within
 * 10 s, so 2 s are left for the last commit.
 */
const STOP_LIMIT_MS = 8000;

export interface ServiceOptions {
  readonly configFile: string;
  readonly dataDirectory: string;
  readonly env: ReferencePorts["env"];
  readonly host: string;
  readonly port: number;
  readonly tls: Tls | null;
  readonly trustedProxies: Pick<AllowList, "hasAddress">;
  readonly proxy: OutgoingProxy | null;
}

export interface RunningService {
  readonly url: string;
  /** Reads the service's config file again. If the config file has errors, the service keeps the last valid config. */
  reload(): Promise<void>;
  /** Stops accepting requests and messages, waits at most 8 s for those in progress, and closes the database. */
  stop(): Promise<void>;
}

/**
 * Starts the one-node edition: API, pages, queues, sweep, discovery and audit.
 * @throws DataUnusableError, ListenError, ConfigInvalidError or ConfigUnreadableError.
 */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const store = Store.open(options.dataDirectory, { exclusive: true });
  try {
    return await startWithStore(store, options);
  } catch (error) {
    store.close();
    throw error;
  }
}

async function startWithStore(store: Store, options: ServiceOptions): Promise<RunningService> {
  const metrics = new MetricRegistry();
  redirectMetricsTo(metrics.add);
  const configs = createConfigFileSource(options);
  await configs.current();

  const stopping = new AbortController();
  const workers: { poll?: QueueWorker; notify?: QueueWorker } = {};
  const queues = createQueues(store, (name, visibleAt) => workers[name]?.wake(visibleAt));
  let handlers: Handlers | null = null;
  const pages = { store, configs, metrics, isStopping: () => stopping.signal.aborted };
  const server = await startHttpServer({
    ...options,
    answer: (request) => routeRequest(request, handlers, pages, TIME_LIMIT_MS),
  });
  const created = createHandlers({
    store,
    queues,
    configs,
    proxy: options.proxy,
    wait: (ms) => waitUnlessStopped(ms, stopping.signal),
    defaultUrl: server.url,
  });
  handlers = created;

  const createWorker = (name: "poll" | "notify") =>
    new QueueWorker({
      queue: queues[name],
      startBatch: created[name],
      concurrency: CONCURRENCY,
      timeLimitMs: TIME_LIMIT_MS,
      now: systemClock,
      monotonic: monotonicClock,
    });
  workers.poll = createWorker("poll");
  workers.notify = createWorker("notify");
  workers.poll.wake();
  workers.notify.wake();
  const limitedTo = (limitMs: number) => {
    const untilMs = monotonicClock() + limitMs;
    return { remainingMs: () => untilMs - monotonicClock() };
  };
  const schedules = [
    startSchedule("sweep", SWEEP_EVERY_MS, () => created.sweep(limitedTo(RUN_LIMIT_MS))),
    startSchedule("discover", DISCOVER_EVERY_MS, () => created.discover(limitedTo(RUN_LIMIT_MS))),
    startSchedule("audit", AUDIT_EVERY_MS, async () => {
      await created.audit();
      await deleteExpiredRows(store, systemClock());
    }),
  ];
  const clock = createClockGuard(systemClock, monotonicClock);
  const clockTimer = setInterval(() => {
    const backMs = clock.readStepBackMs();
    if (backMs === 0) return;
    log.warn("clock set back", { seconds: backMs / 1000 });
    shiftTimes(store, -backMs).then(
      () => {
        workers.poll?.wake();
        workers.notify?.wake();
      },
      (error: unknown) => log.error("times not shifted", {}, error),
    );
  }, CLOCK_CHECK_MS);
  const reload = async () => {
    await configs.reload().catch(() => undefined);
    // If the config is invalid, `configs.check` has already logged its errors.
    await configs.check().then(
      () => log.info("config read", {}),
      () => undefined,
    );
  };
  watchFile(options.configFile, { interval: CONFIG_CHECK_MS }, () => void reload());

  return {
    url: server.url,
    reload,
    async stop() {
      stopping.abort();
      created.stopAttempts();
      unwatchFile(options.configFile);
      clearInterval(clockTimer);
      for (const schedule of schedules) schedule.stop();
      const ended = Promise.all([
        server.stop(STOP_LIMIT_MS),
        workers.poll?.stop(),
        workers.notify?.stop(),
        ...schedules.map(({ ended }) => ended()),
      ]);
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise((resolve) => {
        timer = setTimeout(resolve, STOP_LIMIT_MS);
      });
      await Promise.race([ended, timeout]);
      clearTimeout(timer);
      store.close();
    },
  };
}

function createConfigFileSource({ configFile, env }: ServiceOptions) {
  let latest: unknown = null;
  return createCachedConfigSource({
    parse: (document) => {
      const parsed = parseWholeConfig(document);
      if (parsed.kind === "config") {
        if (latest !== null) listConfigActs(latest, document).forEach(logActAndCountIfStop);
        latest = document;
      }
      return parsed;
    },
    readDocument: () => readConfigFile(configFile, env),
    now: systemClock,
    random: systemRandom,
    wait: systemWait,
    onFault: (error) => {
      const isInvalid = error instanceof ConfigInvalidError;
      meter.add(isInvalid ? "ConfigInvalid" : "ConfigUnreadable", 1);
      log.error(isInvalid ? "config invalid" : "config unreadable", {}, error);
    },
  });
}

function createQueues(
  store: Store,
  onChange: (name: "poll" | "notify", visibleAt: Instant) => void,
): Readonly<Record<QueueName, SqliteQueue>> {
  const shared = { now: systemClock, visibilityMs: VISIBILITY_MS };
  const live = (name: "poll" | "notify") =>
    createSqliteQueue(store, {
      ...shared,
      name,
      redrive: { maxReceiveCount: MAX_RECEIVE_COUNT, to: `${name}Dead` },
      onChange: (visibleAt) => onChange(name, visibleAt),
    });
  const dead = (name: "pollDead" | "notifyDead") => createSqliteQueue(store, { ...shared, name });
  return {
    poll: live("poll"),
    notify: live("notify"),
    pollDead: dead("pollDead"),
    notifyDead: dead("notifyDead"),
  };
}

/**
 * Waits for `ms` milliseconds.
 * @throws LedgerUnavailableError if the service stops before the waiting time has passed. If the service stops, a
 * waiting API call gets the status 503.
 */
function waitUnlessStopped(ms: number, stopping: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = () => {
      clearTimeout(timer);
      reject(new LedgerUnavailableError(new Error("the service stops")));
    };
    const timer = setTimeout(() => {
      stopping.removeEventListener("abort", fail);
      resolve();
    }, ms);
    if (stopping.aborted) fail();
    else stopping.addEventListener("abort", fail, { once: true });
  });
}
