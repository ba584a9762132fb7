import * as z from "zod/mini";
import { MaybeText, withDescription } from "./zod-fields.ts";

/**
 * A failed subjob. The field `path` lists the job types from the root job down to the failed subjob. The command reads
 * failures and contains no hints, so this file does not import the hints.
 */
export const Failure = z.object({
  path: z.array(z.string()).check(z.minLength(1)),
  jobId: MaybeText,
  resourceName: MaybeText,
  reason: withDescription(
    z.nullable(z.string()),
    "The reason in the cloud's own words. A long reason is truncated and ends in `…`.",
  ),
  hint: withDescription(
    z.nullable(z.string()),
    "One line of advice with a link. The hint is null if the service does not know the reason.",
  ),
});
export type Failure = z.infer<typeof Failure>;
