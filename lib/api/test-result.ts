import * as z from "zod/mini";
import { Verdict } from "../domain/job.ts";
import { Reason } from "./status-document.ts";

/** What one real attempt at a target came to. */
export const TestResult = z.object({
  target: z.string(),
  verdict: Verdict,
  status: z
    .nullable(z.int())
    .register(z.globalRegistry, { description: "The receiver's HTTP status; null when none arrived." }),
  reason: Reason,
});
export type TestResult = z.infer<typeof TestResult>;
