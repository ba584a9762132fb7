import * as z from "zod";
import { readJobReply } from "../../lib/cce/read-job-reply.ts";

const Case = z.object({
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  expect: z.object({ kind: z.string(), retryAfterSeconds: z.number().optional() }),
});

/** Reads one reply to a job query. Null when it is the expected observation. */
export function check(testCase: unknown): string | null {
  const { expect, ...reply } = Case.parse(testCase);
  const seen = readJobReply(reply, Date.now());
  if (seen.kind !== expect.kind) return `kind: expected ${expect.kind}, got ${seen.kind}`;
  if (expect.retryAfterSeconds === undefined) return null;
  const got = seen.kind === "throttled" ? seen.retryAfterSeconds : null;
  return got === expect.retryAfterSeconds
    ? null
    : `retryAfterSeconds: expected ${expect.retryAfterSeconds}, got ${got}`;
}
