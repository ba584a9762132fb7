import * as z from "zod";
import { networkVerdict } from "../../lib/channels/attempt-verdict.ts";
import { CHANNELS } from "../../lib/channels/registry.ts";
import type { TargetKind } from "../../lib/channels/targets.ts";
import { Verdict } from "../../lib/domain/job.ts";

const Case = z.object({
  target: z.custom<TargetKind>((kind) => typeof kind === "string" && kind in CHANNELS),
  status: z.int().nullable(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  error: z.string().optional(),
  expect: z.object({ verdict: Verdict, afterSeconds: z.number().optional() }),
});

/** Judges one reply. Waits are compared in the whole seconds a queue can wait. Null when it is judged as expected. */
export function check(testCase: unknown): string | null {
  const { target, status, headers, body, error, expect } = Case.parse(testCase);
  const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  const { verdict, afterSeconds } =
    status === null || error !== undefined
      ? networkVerdict(error ?? "")
      : CHANNELS[target].verdictOf({ status, headers: Object.fromEntries(lowerCase), body }, Date.now());
  if (verdict !== expect.verdict) return `verdict: expected ${expect.verdict}, got ${verdict}`;
  const expected = expect.afterSeconds === undefined ? afterSeconds : Math.ceil(expect.afterSeconds);
  return expected === afterSeconds ? null : `afterSeconds: expected ${expected}, got ${afterSeconds}`;
}
