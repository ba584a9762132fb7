import * as z from "zod/mini";
import { Labels } from "../domain/context.ts";
import { Name } from "../domain/job.ts";
import { httpUrlSchema, NonEmpty } from "../domain/zod-fields.ts";

/** The name of a topic of SMN, with the region, the ID of the project and the name of the topic. */
const TopicUrn = z
  .string()
  .check(
    z.regex(
      /^urn:smn:[a-z0-9-]{2,40}:[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_-]{1,255}$/,
      "must be the URN of an SMN topic, such as urn:smn:eu-de:0123456789abcdef0123456789abcdef:cce-events",
    ),
  );

/** The discovery of the jobs of a project that nobody submits. */
export const DiscoverySettings = z.strictObject({
  /** The types of the jobs to watch, without regard to case. Without this key, the service watches jobs of all types. */
  types: z.optional(z.array(NonEmpty).check(z.minLength(1), z.maxLength(100))),
  /** The names of the targets that are notified of the discovered jobs. */
  notify: z.array(Name).check(z.maxLength(50, "must have at most 50 targets")),
  everyMinutes: z._default(z.number().check(z.minimum(1), z.maximum(60)), 2),
  /** The labels in the context of the discovered jobs. */
  labels: z.optional(Labels),
  /** The topics whose messages make the service list the jobs at once. Without this key, the service accepts no message. */
  topics: z.optional(z.array(TopicUrn).check(z.minLength(1), z.maxLength(10))),
  /** The address of SMN in a cloud whose hosts the service does not know. It replaces the hosts of the topic's region. */
  smnEndpoint: z.optional(httpUrlSchema("must be the URL of SMN, starting with https://")),
});
export type DiscoverySettings = z.infer<typeof DiscoverySettings>;
