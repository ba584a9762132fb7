import * as z from "zod/mini";
import { CountFromOne } from "../fields.ts";
import { readJsonBody } from "./body.ts";
import { faultsOf } from "./faults.ts";
import type { ApiRequest } from "./http.ts";
import { type Refusal, refuse } from "./problem.ts";

/** The body of a redelivery; none at all means all targets. */
export const Redelivery = z
  .strictObject({
    targets: z
      .optional(
        z
          .array(z.string().check(z.minLength(1), z.maxLength(80)))
          .check(
            z.minLength(1, "names at least one target, or is left out for all"),
            z.maxLength(50, "names at most 50 targets"),
          ),
      )
      .register(z.globalRegistry, {
        description: "Targets of the watch; by default all that the outcome was meant for.",
      }),
  })
  .register(z.globalRegistry, { description: "Which targets hear the outcome again." });
export type Redelivery = z.infer<typeof Redelivery>;

/** Which targets are sent the outcome again, and the number of each one's redelivery. */
export const Redelivered = z.object({
  project: z.string(),
  jobId: z.string(),
  targets: z.array(z.object({ target: z.string(), redelivery: CountFromOne })),
});
export type Redelivered = z.infer<typeof Redelivered>;

/** Reads the body of a redelivery. An empty one is `{}`. */
export function readRedelivery(
  request: Pick<ApiRequest, "headers" | "body">,
): { readonly kind: "redelivery"; readonly redelivery: Redelivery } | Refusal {
  if (request.body === "") return { kind: "redelivery", redelivery: {} };
  const body = readJsonBody(request);
  if (body.kind === "refused") return body;
  const parsed = Redelivery.safeParse(body.json);
  return parsed.success
    ? { kind: "redelivery", redelivery: parsed.data }
    : refuse("invalid-request", "Nothing was sent. Each fault is in 'errors'.", faultsOf(parsed.error));
}
