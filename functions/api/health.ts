import type { HealthDocument } from "../../lib/api/health-document.ts";
import { type ApiResponse, jsonResponse } from "../../lib/api/http.ts";
import type { Instant } from "../../lib/domain/job.ts";

/** Health is open to all, so what it costs is bounded: one check of each in so many milliseconds per instance. */
const KEPT_MS = 2_000;
/** What does not answer within this is not reachable. */
const CHECK_MS = 3_000;

type Checked = keyof HealthDocument["checks"];
export type HealthChecks = Readonly<Record<Checked, () => Promise<unknown>>>;

export interface HealthPorts {
  readonly checks: HealthChecks;
  readonly now: () => Instant;
  readonly wait: (ms: number) => Promise<void>;
  readonly onUnreachable: (what: Checked, error: unknown) => void;
}

/** `GET /v1/health`: 200 when config, ledger and queues answer, else 503. Says nothing about why. */
export function createHealth(ports: HealthPorts): () => Promise<ApiResponse> {
  let kept: { readonly at: Instant; readonly answer: Promise<ApiResponse> } | null = null;
  return () => {
    if (kept === null || ports.now() - kept.at >= KEPT_MS) kept = { at: ports.now(), answer: check(ports) };
    return kept.answer;
  };
}

async function check({ checks, wait, onUnreachable }: HealthPorts): Promise<ApiResponse> {
  const one = async (what: Checked): Promise<"ok" | "unreachable"> => {
    try {
      const late = wait(CHECK_MS).then(() => {
        throw new Error(`no answer within ${CHECK_MS} ms`);
      });
      await Promise.race([checks[what](), late]);
      return "ok";
    } catch (error) {
      onUnreachable(what, error);
      return "unreachable";
    }
  };
  const [config, ledger, queue] = await Promise.all([one("config"), one("ledger"), one("queue")]);
  const healthy = [config, ledger, queue].every((result) => result === "ok");
  const document: HealthDocument = { status: healthy ? "ok" : "degraded", checks: { config, ledger, queue } };
  return jsonResponse(healthy ? 200 : 503, document, {
    "cache-control": "no-store",
    ...(healthy ? {} : { "retry-after": "5" }),
  });
}
