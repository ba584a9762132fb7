import { type ApiResponse, jsonResponse } from "../../lib/api/http-message.ts";
import type { HealthDocument } from "../../lib/api/list-and-health-documents.ts";
import { createExpiringCache } from "../../lib/domain/expiring-cache.ts";
import type { Clock } from "../../lib/domain/job.ts";
import { log } from "../../lib/runtime/log.ts";

/**
 * The time for which an instance stores the result of the health check. The result is stored, because anyone can call
 * `GET /v1/health` without a token, and could otherwise cause costs.
 */
const MAX_AGE_MS = 2_000;
const CHECK_TIMEOUT_MS = 3_000;

type CheckName = keyof HealthDocument["checks"];

export interface HealthPorts {
  /**
   * The functions that check the config, the ledger and the queues. If a check fails, the function for this check
   * throws an error.
   */
  readonly checks: Readonly<Record<CheckName, () => Promise<unknown>>>;
  readonly now: Clock;
  readonly wait: (ms: number) => Promise<void>;
  /** Called for each part of the service (config, ledger or queue) whose check failed. */
  readonly onUnreachable?: (check: CheckName, error: unknown) => void;
}

/**
 * Creates the function for `GET /v1/health`. If all checks succeed, the status is 200. If a check fails, the status is
 * 503. The response does not say why a check failed.
 */
export function createCachedHealthResponder(ports: HealthPorts): () => Promise<ApiResponse> {
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

function logUnreachable(check: CheckName, error: unknown): void {
  log.error("health check failed", { check }, error);
}
