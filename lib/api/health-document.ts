import "../domain/zod-fields.ts";
import * as z from "zod/mini";

const Check = z.enum(["ok", "unreachable"]);

/** The response body of `GET /v1/health`. */
export const HealthDocument = z.object({
  status: z.enum(["ok", "degraded"]),
  checks: z.object({ config: Check, ledger: Check, queue: Check }),
});
export type HealthDocument = z.infer<typeof HealthDocument>;
