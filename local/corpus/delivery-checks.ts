import * as z from "zod";
import { verdictOfNetworkError } from "../../lib/channels/attempt-verdict.ts";
import { channelOf, Target } from "../../lib/channels/registry.ts";
import { Verdict } from "../../lib/domain/job.ts";
import { unwrapLazy } from "../../lib/domain/zod-fields.ts";
import { findRefusingRule } from "../../lib/http/egress.ts";
import { checkUrlBeforeDns, parseAllowListIgnoringInvalid } from "../../lib/http/egress-rules.ts";
import { describeDifference } from "./cce-checks.ts";

const ResponseCase = z.object({
  target: z.enum(unwrapLazy(Target).def.options.flatMap(({ shape }) => shape.kind.def.values)),
  status: z.int().nullable(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  error: z.string().optional(),
  expect: z.object({ verdict: Verdict, afterSeconds: z.number().optional() }),
});

/**
 * Checks the decision of this service after a response of a receiver or a network error. Times before a new attempt are
 * compared in whole seconds.
 */
export function checkDeliveryResponse(testCase: unknown): string | null {
  const { target, status, headers, body, error, expect } = ResponseCase.parse(testCase);
  const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  const { verdict, afterSeconds } =
    status === null || error !== undefined
      ? verdictOfNetworkError(error ?? "")
      : channelOf(target).verdictOf({ status, headers: Object.fromEntries(lowerCase), body }, Date.now());
  const expected = expect.afterSeconds === undefined ? afterSeconds : Math.ceil(expect.afterSeconds);
  return (
    describeDifference("verdict", expect.verdict, verdict) ??
    describeDifference("afterSeconds", expected, afterSeconds)
  );
}

const EgressCase = z.object({
  url: z.string(),
  resolves: z.array(z.string()),
  expect: z.object({ verdict: z.enum(["allow", "refuse"]) }),
});

/**
 * Checks whether the rules for connections to targets (the egress rules) allow a URL and its IP addresses. The test
 * case for a URL is checked without an allow list.
 */
export function checkEgress(testCase: unknown): string | null {
  const { url, resolves, expect } = EgressCase.parse(testCase);
  const rule = refusingRule(url, resolves);
  const verdict = rule === null ? "allow" : "refuse";
  if (verdict === expect.verdict) return null;
  return `expected ${expect.verdict}, got ${verdict} (${rule ?? "no rule"})`;
}

function refusingRule(url: string, addresses: readonly string[]): string | null {
  const emptyAllowList = parseAllowListIgnoringInvalid([]);
  const checked = checkUrlBeforeDns(url, emptyAllowList);
  if (checked.kind === "refused") return checked.rule;
  if (addresses.length === 0) return "no address";
  return findRefusingRule(addresses, checked.hostPort, emptyAllowList);
}
