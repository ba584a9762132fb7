import * as z from "zod";
import { findJobId } from "../../lib/cce/create-reply.ts";

const Case = z.object({ body: z.unknown(), expect: z.object({ jobId: z.string().nullable() }) });

/** Finds the job ID in one reply to a create or delete call. Null when it is the expected one. */
export function check(testCase: unknown): string | null {
  const { body, expect } = Case.parse(testCase);
  const got = findJobId(body);
  return got === expect.jobId ? null : `jobId: expected ${expect.jobId}, got ${got}`;
}
