import type { HealthDocument } from "../../lib/api/health-document.ts";
import { type ApiResponse, jsonResponse } from "../../lib/api/http-message.ts";
import { createExpiringCache } from "../../lib/domain/expiring-cache.ts";
import type { Instant } from "../../lib/domain/job.ts";
import { log } from "../../lib/runtime/log.ts";

/**
 * Anyone may call the health check without a token. Each result of the health check is kept for some time, to limit the
 * cost of many calls.
 */
const MAX_AGE_MS = 2_000;
const CHECK_TIMEOUT_MS = 3_000;

type CheckName = keyof HealthDocument["checks"];

export interface HealthPorts {
  /** Each check throws an error when the service cannot reach the config, the ledger or the queue. */
  readonly checks: Readonly<Record<CheckName, () => Promise<unknown>>>;
  readonly now: () => Instant;
  readonly wait: (ms: number) => Promise<void>;
  /** Reports a failed health check. By default, the health check writes a log line. */
  readonly onUnreachable?: (check: CheckName, error: unknown) => void;
}

/**
 * Creates the function that responds to `GET /v1/health`. The HTTP status is 200 if the config, the ledger and the
 * queue can be reached, else 503. The response does not say why a health check failed.
 */
export function createCachedHealthCheck(ports: HealthPorts): () => Promise<ApiResponse> {
  const cache = createExpiringCache({ load: () => runChecks(ports), now: ports.now, maxAgeMs: MAX_AGE_MS });
  return () => cache.get("health");
}

async function runChecks({
  checks,
  wait,
  onUnreachable = logUnreachable,
}: HealthPorts): Promise<ApiResponse> {
  const run = async (check: CheckName): Promise<"ok" | "unreachable"> => {
    try {
      const timeout = wait(CHECK_TIMEOUT_MS).then(() => {
        throw new Error(`the health check got no response within ${CHECK_TIMEOUT_MS} ms`);
      });
      await Promise.race([checks[check](), timeout]);
      return "ok";
    } catch (error) {
      onUnreachable(check, error);
      return "unreachable";
    }
  };
  const [config, ledger, queue] = await Promise.all([run("config"), run("ledger"), run("queue")]);
  const isHealthy = [config, ledger, queue].every((result) => result === "ok");
  const document: HealthDocument = {
    status: isHealthy ? "ok" : "degraded",
    checks: { config, ledger, queue },
  };
  return jsonResponse(isHealthy ? 200 : 503, document, {
    "cache-control": "no-store",
    ...(isHealthy ? {} : { "retry-after": "5" }),
  });
}

/** Logs a failed health check. */
function logUnreachable(check: CheckName, error: unknown): void {
  log.error("health check failed", { check }, error);
}
