import { randomUUID as uuid } from "node:crypto";
import { createApiHandler } from "../../functions/api/create-api-handler.ts";
import { createCachedHealthResponder } from "../../functions/api/health.ts";
import { createAuditHandler } from "../../functions/audit/create-audit-handler.ts";
import {
  createDiscoverHandler,
  createDiscoveryOfNewJobsIfDue,
} from "../../functions/discover/create-discover-handler.ts";
import { createSmnHandler } from "../../functions/discover/create-smn-handler.ts";
import { createEnqueueHandler } from "../../functions/enqueue/create-enqueue-handler.ts";
import { createNotifyHandler } from "../../functions/notify/create-notify-handler.ts";
import { createPollHandler } from "../../functions/poll/create-poll-handler.ts";
import { createIdentityTokenCheck } from "../../functions/shared/authenticate-and-limit-requests.ts";
import { createSweepHandler } from "../../functions/sweep/create-sweep-handler.ts";
import { createCceClient } from "../../lib/cce/client.ts";
import { attemptDeliveryWithFallback } from "../../lib/channels/attempt-delivery.ts";
import type { ConfigWithCredentials, WholeConfig } from "../../lib/config/config.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import type { OutgoingProxy } from "../../lib/http/outgoing-proxy.ts";
import { monotonicClock, systemClock, systemRandom } from "../../lib/runtime/clock.ts";
import { countWatchesAndFindOrphaned, createSqliteLedger } from "../ledger/sqlite-ledger.ts";
import { WAITING_LIMITS } from "../ledger/target-and-duration-operations.ts";
import type { QueueName, SqliteQueue } from "../queue/sqlite-queue.ts";
import type { Store } from "../store/store.ts";
import { UnrecordedAttemptLimit } from "./unrecorded-attempt-limit.ts";

interface HandlerOptions {
  readonly store: Store;
  readonly queues: Readonly<Record<QueueName, SqliteQueue>>;
  readonly configs: ConfigSource<WholeConfig>;
  readonly proxy: OutgoingProxy | null;
  /** Waits for `ms` milliseconds. Throws an error if the service stops during the wait. */
  readonly wait: (ms: number) => Promise<void>;
  /** Returns the URL of the service for a config without `publicUrl`. */
  readonly defaultUrl: string;
}

/**
 * Creates the handlers of the one-node edition. The Lambda functions use the same factory functions for their handlers.
 */
export function createHandlers({ store, queues, configs, proxy, wait, defaultUrl }: HandlerOptions) {
  const ledger = createSqliteLedger(store);
  const shared = { ledger, configs, proxy, defaultUrl, wait, uuid, now: systemClock, random: systemRandom };
  const senders = { pollQueue: queues.poll, notifyQueue: queues.notify };
  const identify = createIdentityTokenCheck(systemClock, proxy);
  const health = createCachedHealthResponder({
    checks: {
      config: configs.check,
      // This read only checks whether the ledger responds. No target has the name `:health`, because target names
      // contain no colon.
      ledger: () => ledger.readTargetState(":health"),
      queue: () => queues.poll.nextVisibleAt(),
    },
    now: systemClock,
    wait,
  });
  const createCce = (config: ConfigWithCredentials) =>
    createCceClient({ ...shared, config, monotonic: monotonicClock });
  const discover = createDiscoveryOfNewJobsIfDue({ ...shared, ...senders, createCce });
  const attempts = new UnrecordedAttemptLimit({ monotonic: monotonicClock, wait });
  const handleNotification = createNotifyHandler({
    ...shared,
    ledger: {
      ...ledger,
      recordAttemptIfClaimed: (record) => attempts.record(() => ledger.recordAttemptIfClaimed(record)),
    },
    limitAttempts: (attempt) => attempts.run(attempt),
    notifyQueue: queues.notify,
    deadLetterQueue: queues.notifyDead,
    deliver: (request) => attemptDeliveryWithFallback({ ...request, proxy }),
  });
  return {
    enqueue: createEnqueueHandler({ ...shared, ...senders, identify }),
    api: createApiHandler({
      ...shared,
      notifyQueue: queues.notify,
      identify,
      health,
      deliver: (request) => attemptDeliveryWithFallback({ ...request, proxy }),
      waitingLimits: WAITING_LIMITS,
    }),
    poll: createPollHandler({
      ...shared,
      ...senders,
      deadLetterQueue: queues.pollDead,
      createCce,
    }),
    notify: () => handleNotification,
    /**
     * After the call of `stopAttempts`, no new delivery attempt starts. The notifications that are waiting for an
     * attempt stay in the queue.
     */
    stopAttempts: () => attempts.stop(),
    sweep: createSweepHandler({ ...shared, ...senders }),
    discover: createDiscoverHandler(discover, shared),
    smn: createSmnHandler(discover, shared),
    audit: createAuditHandler((now) => countWatchesAndFindOrphaned(store, now), systemClock),
    health,
  };
}

export type Handlers = ReturnType<typeof createHandlers>;
