import { type ApiRequest, type ApiResponse, jsonResponse } from "../../lib/api/http-message.ts";
import {
  forbidden,
  missingRightError,
  type ProblemResponse,
  problemResponse,
  unavailable,
  watchNotFound,
} from "../../lib/api/problem.ts";
import {
  type RedeliveredTarget,
  type Redelivery,
  type RedeliveryResult,
  readRedelivery,
} from "../../lib/api/redelivery-request.ts";
import { invalidRequest } from "../../lib/api/request-errors.ts";
import { type Caller, mayUse } from "../../lib/auth/caller.ts";
import { isCallbackName } from "../../lib/channels/webhook/target.ts";
import type { Config } from "../../lib/config/config.ts";
import type { Outcome, WatchKey } from "../../lib/domain/job.ts";
import type { Watch } from "../../lib/ledger/watch.ts";
import { log } from "../../lib/runtime/log.ts";
import { logAct } from "../../lib/runtime/log-act.ts";
import type { ApiPorts } from "./api-ports.ts";
import { isSwitchedOff, queueAgain } from "./queue-again.ts";

/**
 * Creates the response to `POST …/redeliver` and queues the notifications of the caller's own ended watch again. The
 * service notifies a target that the request names, even if the setting `on` of the target excludes the outcome of the
 * job. If the request names no targets, the function selects targets of the watch. The caller must have the right to
 * use each selected target, and the setting `on` of the target must list the outcome of the job. A target that is
 * switched off is skipped.
 */
export async function redeliver(
  key: WatchKey,
  request: ApiRequest,
  { ledger, configs, now: clock, notifyQueue, onRedelivered = logRedelivered, onAct = logAct }: ApiPorts,
  caller: Caller,
): Promise<ApiResponse | ProblemResponse> {
  const read = readRedelivery(request);
  if (read.kind === "problem") return read;
  const [config, now] = [await configs.current(), clock()];
  const document = await ledger.readWatch(key);
  if (document === null) return watchNotFound(key);
  const { watch } = document;
  const { project, jobId, state } = watch;
  if (state === "watching" || state === "stopped")
    return problemResponse(
      "not-concluded",
      `The watch has no outcome, because the state of the watch is '${state}'.`,
    );
  const chosen = chooseTargets(read.redelivery, watch, state, caller, config);
  if (chosen.kind === "problem") return chosen;

  const off = await Promise.all(chosen.targets.map((target) => isSwitchedOff(target, { ledger })));
  const wanted = chosen.targets.filter((_, i) => !off[i]);
  const times = { settings: config.settings, now };
  const results = await queueAgain(document, state, wanted, times, { ledger, notifyQueue });
  const queued = wanted.filter((target) => results.get(target) === "queued");
  onRedelivered({ ...key, traceparent: watch.traceparent }, queued);
  onAct({
    act: "redeliver",
    who: caller.name,
    from: request.sourceIp,
    project,
    jobId,
    owner: key.caller,
    targets: queued,
  });
  if ([...results.values()].includes("failed"))
    return unavailable("Some notifications were not queued. Send the request again.");
  const targets = chosen.targets.map((target, i): RedeliveredTarget => {
    return off[i] ? { target, status: "skipped", reason: "target_off" } : { target, status: "queued" };
  });
  return jsonResponse(202, { project, jobId, targets } satisfies RedeliveryResult);
}

function chooseTargets(
  { targets: named }: Redelivery,
  watch: Watch,
  outcome: Outcome,
  caller: Caller,
  { targets: configured }: Config,
): { readonly kind: "chosen"; readonly targets: readonly string[] } | ProblemResponse {
  const isUsable = (target: string) =>
    isCallbackName(target) || mayUse(caller, { operation: "redeliver", project: watch.project, target });
  if (named === undefined) {
    const isSubscribed = (name: string) => configured[name]?.on.includes(outcome) ?? true;
    return { kind: "chosen", targets: watch.targets.filter((name) => isUsable(name) && isSubscribed(name)) };
  }
  const positions = named.map((name, i) => ({ pointer: `#/targets/${i}`, name }));
  const missing = positions.filter(({ name }) => !isUsable(name));
  if (missing.length > 0)
    return forbidden(
      "redeliver",
      missing.map(({ name, pointer }) => missingRightError("redeliver", "target", name, { pointer })),
    );
  const errors = positions
    .filter(({ name }) => !watch.targets.includes(name))
    .map(({ name, pointer }) => ({
      pointer,
      detail: `'${name}' is not a target of this watch. To notify this target, send POST /v1/jobs with '${name}' in 'notify'.`,
    }));
  return errors.length > 0 ? invalidRequest(errors) : { kind: "chosen", targets: [...new Set(named)] };
}

/**
 * Logs that a caller has queued notifications again. The notify function later writes a log line for each delivery
 * attempt.
 */
export function logRedelivered(
  { project, jobId, caller, traceparent }: WatchKey & Pick<Watch, "traceparent">,
  targets: readonly string[],
): void {
  log.info("redeliver", { project, jobId, caller, targets, traceparent });
}
