import * as z from "zod/mini";
import { Labels } from "../domain/context.ts";
import { Name } from "../domain/job.ts";
import { NonEmpty } from "../domain/zod-fields.ts";

/** The discovery of the jobs of a project that nobody submits. */
export const DiscoverySettings = z.strictObject({
  /** The types of the jobs to watch, without regard to case. Without this key, the service watches jobs of all types. */
  types: z.optional(z.array(NonEmpty).check(z.minLength(1), z.maxLength(100))),
  /** The names of the targets that are notified of the discovered jobs. */
  notify: z.array(Name).check(z.maxLength(50, "must have at most 50 targets")),
  everyMinutes: z._default(z.number().check(z.minimum(1), z.maximum(60)), 2),
  /** The labels in the context of the discovered jobs. */
  labels: z.optional(Labels),
});
export type DiscoverySettings = z.infer<typeof DiscoverySettings>;
