import type { AttemptResult, DeliveryRequest } from "../../../lib/channels/attempt-delivery.ts";
import { describeDeliveryReasonsForApiReference } from "../../../lib/channels/delivery-reason.ts";
import type { Target } from "../../../lib/channels/registry.ts";
import type { WholeConfig } from "../../../lib/config/config.ts";
import { getCachedSecretMask } from "../../../lib/domain/cached-secret-mask.ts";
import { findRefusingRule } from "../../../lib/http/egress.ts";
import {
  type AllowList,
  checkUrlBeforeDns,
  parseAllowListIgnoringInvalid,
} from "../../../lib/http/egress-rules.ts";
import { ALLOW_REMEDY } from "../ineffective-entries.ts";
import { type Finding, faultFinding, okFinding, readErrorName } from "./finding.ts";

const ATTEMPT_TIME_LIMIT_MS = 10_000;

/**
 * @throws Error with Node's error code if the host has no IP address.
 */
export type Resolve = (host: string) => Promise<readonly string[]>;

/**
 * Checks whether the rules for connections to targets (the egress rules) allow each target's URL, and resolves the host
 * name in the URL. The check of the targets sends nothing to a target.
 * @param testHint how to send a test message, as text
 */
export async function checkTargets(
  { targets, settings }: Pick<WholeConfig, "targets" | "settings">,
  resolve: Resolve,
  testHint: string,
): Promise<readonly Finding[]> {
  const allowList = parseAllowListIgnoringInvalid(settings.egress.allow);
  return Promise.all(
    Object.entries(targets).map(async ([name, target]) => {
      const item = `target ${name}`;
      const problem = await findUrlFault(item, target, allowList, resolve);
      return problem ?? okFinding(item, `${target.kind}, the egress rules allow its URL; ${testHint}`);
    }),
  );
}

async function findUrlFault(
  item: string,
  { url }: Target,
  allowList: AllowList,
  resolve: Resolve,
): Promise<Finding | null> {
  const checked = checkUrlBeforeDns(url.reveal(), allowList);
  if (checked.kind === "refused")
    return faultFinding(item, `its URL is refused (${checked.rule})`, ALLOW_REMEDY);
  try {
    const rule = findRefusingRule(await resolve(checked.hostPort.host), checked.hostPort, allowList);
    return rule === null
      ? null
      : faultFinding(item, `its host has a refused address (${rule})`, ALLOW_REMEDY);
  } catch (error) {
    return faultFinding(
      item,
      `its host has no address (${readErrorName(error)})`,
      "Compare the host with the URL that the receiver shows.",
    );
  }
}

interface TestMessagePorts {
  readonly deliver: (request: DeliveryRequest) => Promise<AttemptResult>;
  readonly now: () => number;
  readonly uuid: () => string;
}

/** Sends a test message to each target by one delivery attempt, like `POST /v1/targets/{name}/test`. */
export async function sendTestMessages(
  config: Pick<WholeConfig, "targets" | "settings">,
  { deliver, now, uuid }: TestMessagePorts,
): Promise<readonly Finding[]> {
  const { targets, settings } = config;
  return Promise.all(
    Object.entries(targets).map(async ([name, target]) => {
      const result = await deliver({
        target,
        content: { kind: "test", target: name, caller: "npm run doctor", at: now() },
        webhookId: `msg_test_${uuid()}`,
        now: now(),
        timeLimitMs: ATTEMPT_TIME_LIMIT_MS,
        allow: settings.egress.allow,
        mask: getCachedSecretMask(config),
      });
      return attemptFinding(`message to ${name}`, result);
    }),
  );
}

function attemptFinding(item: string, { verdict, status, reason }: AttemptResult): Finding {
  const details = status === null ? reason : `${reason}, HTTP ${status}`;
  switch (verdict) {
    case "delivered":
      return okFinding(item, `delivered (${details})`);
    case "retry":
      return faultFinding(
        item,
        `not delivered (${details})`,
        "Check that the receiver is up, and that no proxy answers in its place. Then try again.",
      );
    case "gone":
      return faultFinding(
        item,
        `gone (${details})`,
        describeDeliveryReasonsForApiReference()[reason] ?? reason,
      );
    case "rejected":
      return faultFinding(
        item,
        `rejected (${details})`,
        reason.startsWith("egress_")
          ? ALLOW_REMEDY
          : (describeDeliveryReasonsForApiReference()[reason] ?? reason),
      );
    default:
      return verdict satisfies never;
  }
}
