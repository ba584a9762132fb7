import { type ApiResponse, jsonResponse } from "../../lib/api/http.ts";
import type { Refusal } from "../../lib/api/problem.ts";
import { forbidden, noSuchName, noSuchTarget } from "../../lib/api/refusals.ts";
import { nameFaults } from "../../lib/api/request-errors.ts";
import type { TestResult } from "../../lib/api/test-result.ts";
import { type Caller, isKnown, mayUse } from "../../lib/auth/caller.ts";
import type { AttemptResult, DeliveryRequest } from "../../lib/channels/deliver.ts";
import type { Target } from "../../lib/channels/targets.ts";
import type { Config } from "../../lib/config/config.ts";
import { type Instant, Name } from "../../lib/domain/job.ts";
import type { TargetLedger } from "../../lib/ledger/target-ledger.ts";

/** The longest an attempt may take. */
const BUDGET_MS = 10_000;
/** Kept free to record the result and to answer. */
const ANSWER_MS = 2_000;

export interface TestTargetPorts {
  readonly ledger: Pick<TargetLedger, "switchTargetOn">;
  readonly config: Config;
  readonly deliver: (request: DeliveryRequest) => Promise<AttemptResult>;
  readonly now: Instant;
  readonly uuid: () => string;
  readonly remainingMs: () => number;
  readonly onTested: (name: string, kind: Target["kind"], attempted: AttemptResult, caller: string) => void;
}

/** `POST /v1/targets/{name}/test`: one real attempt. One that arrives switches on again a target that was gone. */
export async function testTarget(
  name: string,
  caller: Caller,
  ports: TestTargetPorts,
): Promise<ApiResponse | Refusal> {
  const { config, now } = ports;
  const faults = nameFaults("name", Name.safeParse(name));
  if (faults.length > 0) return noSuchName(faults);
  if (!mayUse(caller, "targets", name)) return forbidden([{ parameter: "name", scope: "targets", name }]);
  const target = isKnown(config, "targets", name) ? config.targets[name] : undefined;
  if (target === undefined) return noSuchTarget(name);
  const attempted = await ports.deliver({
    target,
    content: { kind: "test", target: name, at: now },
    webhookId: `msg_test_${ports.uuid()}`,
    now,
    timeLimitMs: Math.max(0, Math.min(BUDGET_MS, ports.remainingMs() - ANSWER_MS)),
    allow: config.settings.egress.allow,
  });
  ports.onTested(name, target.kind, attempted, caller.name);
  const { verdict, status, reason } = attempted;
  if (verdict === "delivered") await ports.ledger.switchTargetOn(name);
  return jsonResponse(200, { target: name, verdict, status, reason } satisfies TestResult);
}
