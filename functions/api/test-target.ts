import type { TestResult } from "../../lib/api/delivery-document.ts";
import { type ApiRequest, type ApiResponse, jsonResponse } from "../../lib/api/http-message.ts";
import { forbidden, malformedPath, type ProblemResponse, targetNotFound } from "../../lib/api/problem.ts";
import { rejectInput } from "../../lib/api/request-body.ts";
import { nameErrors } from "../../lib/api/request-errors.ts";
import { type Caller, isConfigured, mayUse } from "../../lib/auth/caller.ts";
import type { AttemptResult, DeliveryRequest } from "../../lib/channels/deliver.ts";
import type { Target } from "../../lib/channels/registry.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import { type Instant, Name } from "../../lib/domain/job.ts";
import type { TargetLedger } from "../../lib/ledger/ledger.ts";
import { log } from "../../lib/runtime/log.ts";

const ATTEMPT_MS = 10_000;
/** The time that is reserved to record the result and to respond. */
const RESPONSE_MS = 2_000;

export interface TestTargetPorts {
  readonly ledger: Pick<TargetLedger, "switchTargetOn">;
  readonly configs: Pick<ConfigSource, "currentWith">;
  readonly deliver: (request: DeliveryRequest) => Promise<AttemptResult>;
  readonly now: () => Instant;
  readonly uuid: () => string;
  readonly remainingMs: () => number;
  readonly onTested: (name: string, kind: Target["kind"], result: AttemptResult, caller: string) => void;
}

/** `POST /v1/targets/{name}/test`: makes one attempt. A delivered attempt switches on a target that was gone. */
export async function testTarget(
  { name = "" }: Readonly<Record<string, string>>,
  request: Pick<ApiRequest, "query" | "body">,
  ports: TestTargetPorts,
  caller: Caller,
): Promise<ApiResponse | ProblemResponse> {
  const problem = rejectInput(request);
  if (problem !== null) return problem;
  const errors = nameErrors("name", Name.safeParse(name));
  if (errors.length > 0) return malformedPath(errors);
  if (!mayUse(caller, "targets", name)) return forbidden([{ parameter: "name", scope: "targets", name }]);
  const config = await ports.configs.currentWith("targets", name);
  const target = isConfigured(config, "targets", name) ? config.targets[name] : undefined;
  if (target === undefined) return targetNotFound(name);
  const now = ports.now();
  const result = await ports.deliver({
    target,
    content: { kind: "test", target: name, at: now },
    webhookId: `msg_test_${ports.uuid()}`,
    now,
    timeLimitMs: Math.max(0, Math.min(ATTEMPT_MS, ports.remainingMs() - RESPONSE_MS)),
    allow: config.settings.egress.allow,
  });
  ports.onTested(name, target.kind, result, caller.name);
  const { verdict, status, reason } = result;
  if (verdict === "delivered") await ports.ledger.switchTargetOn(name);
  return jsonResponse(200, { target: name, verdict, status, reason } satisfies TestResult);
}

/** Logs a test attempt. */
export function logTested(
  target: string,
  kind: Target["kind"],
  { verdict, reason, status, durationMs }: AttemptResult,
  caller: string,
): void {
  log.info("target test", { caller, target, kind, verdict, reason, status, duration_ms: durationMs });
}
