import * as z from "zod/mini";
import { CountFromOne } from "../domain/zod-fields.ts";
import { type ParsedBody, readJsonBody } from "./body.ts";
import type { ApiRequest } from "./http.ts";
import { refuseFaults } from "./no-input.ts";
import { unknownParameters } from "./parameters.ts";
import type { Fault, Refusal } from "./problem.ts";
import { faultsOf } from "./request-errors.ts";

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

/** Reads a redelivery: its body alone says what is asked. An empty one is `{}`. */
export function readRedelivery(
  request: Pick<ApiRequest, "query" | "headers" | "body">,
): { readonly kind: "redelivery"; readonly redelivery: Redelivery } | Refusal {
  const body: ParsedBody = request.body === "" ? { kind: "json", json: {} } : readJsonBody(request);
  if (body.kind === "refused") return body;
  const parsed = Redelivery.safeParse(body.json);
  const refused = refuseFaults(parameterFaults(request.query), parsed.success ? [] : faultsOf(parsed.error));
  return refused ?? { kind: "redelivery", redelivery: parsed.data ?? {} };
}

/** Targets in the query would be ignored, and all the others told as well. */
function parameterFaults(query: URLSearchParams): Fault[] {
  return unknownParameters(query, []).map((fault) =>
    fault.parameter === "targets"
      ? { ...fault, detail: `${fault.detail}: name them in the body, {"targets":[…]}` }
      : fault,
  );
}
