import { type ApiRequest, type ApiResponse, jsonResponse } from "../../lib/api/http-message.ts";
import {
  forbidden,
  malformedPathNotFound,
  missingRightError,
  nameNotFound,
  type ProblemResponse,
} from "../../lib/api/problem-response.ts";
import { rejectUnexpectedQueryOrBody } from "../../lib/api/request-body.ts";
import { toRequestErrors } from "../../lib/api/request-errors.ts";
import type { TestResult } from "../../lib/api/status-document.ts";
import { type Caller, isNameInConfig, mayUse } from "../../lib/auth/caller-rights.ts";
import { ATTEMPT_TIME_LIMIT_MS, type AttemptResult } from "../../lib/channels/attempt-delivery.ts";
import type { Target } from "../../lib/channels/registry.ts";
import { getCachedSecretMask } from "../../lib/domain/cached-secret-mask.ts";
import { Name } from "../../lib/domain/names.ts";
import { log } from "../../lib/runtime/log.ts";
import { logActAndCountIfStop, NO_WATCH } from "../../lib/runtime/log-act.ts";
import type { RequestPorts } from "./api-ports.ts";

/** After the test message, the function needs `RESPONSE_MS` to record the result and to respond. */
const RESPONSE_MS = 2_000;

/**
 * Sends a test message to a target, for the request `POST /v1/targets/{name}/test`. If a switched-off target accepts
 * the message, the function switches the target on again.
 */
export async function testTargetAndSwitchOnIfDelivered(
  { name = "" }: Readonly<Record<string, string>>,
  request: ApiRequest,
  ports: RequestPorts,
  caller: Caller,
): Promise<ApiResponse | ProblemResponse> {
  const {
    ledger,
    configs,
    deliver,
    now: clock,
    uuid,
    remainingMs,
    onTested = logTargetTest,
    onAct = logActAndCountIfStop,
  } = ports;
  const problem = rejectUnexpectedQueryOrBody(request);
  if (problem !== null) return problem;
  const errors = toRequestErrors(Name.safeParse(name), () => ({ parameter: "name" }));
  if (errors.length > 0) return malformedPathNotFound(errors);
  if (!mayUse(caller, { target: name })) return nameNotFound("target", name);
  if (!mayUse(caller, { operation: "test", target: name }))
    return forbidden("test", [missingRightError("test", "target", name, { parameter: "name" })]);
  const config = await configs.currentWith("targets", name);
  const target = isNameInConfig(config, "target", name) ? config.targets[name] : undefined;
  if (target === undefined) return nameNotFound("target", name);
  const now = clock();
  // If the ledger is not available, this read throws an error before the function sends the test message.
  const { offSince } = await ledger.readTargetState(name);
  const result = await deliver({
    target,
    content: { kind: "test", target: name, caller: caller.name, at: now },
    webhookId: `msg_test_${uuid()}`,
    now,
    timeLimitMs: Math.max(0, Math.min(ATTEMPT_TIME_LIMIT_MS, remainingMs() - RESPONSE_MS)),
    allow: config.settings.egress.allow,
    mask: getCachedSecretMask(config),
  });
  onTested(name, target.kind, result, caller.name);
  const { verdict, status, reason } = result;
  const act = { ...NO_WATCH, who: caller.name, from: request.sourceIp, targets: [name] };
  onAct({ ...act, act: "test" });
  if (verdict === "delivered") {
    await ledger.switchTargetOn(name);
    if (offSince !== null) onAct({ ...act, act: "target_on" });
  }
  return jsonResponse(200, { target: name, verdict, status, reason } satisfies TestResult);
}

/** Writes a log line about the result of a test message. */
export function logTargetTest(
  target: string,
  kind: Target["kind"],
  { verdict, reason, status, durationMs }: AttemptResult,
  caller: string,
): void {
  log.info("target test", { caller, target, kind, verdict, reason, status, durationMs });
}
