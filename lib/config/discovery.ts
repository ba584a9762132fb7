import * as z from "zod/mini";
import { Labels } from "../domain/context.ts";
import { Name } from "../domain/job.ts";
import { NonEmpty } from "../domain/zod-fields.ts";

const TOPIC_URN = /^urn:smn:[a-z0-9-]{2,40}:[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_-]{1,255}$/;
const HOST = /^[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?(:\d{1,5})?$/;
const HostName = z.string().check(z.regex(HOST, "must be a host name in lower case, with a port if needed"));

/** The topics of SMN whose messages make the service list the jobs of a project. */
const SmnTopics = z.strictObject({
  topics: z
    .array(
      z.string().check(z.regex(TOPIC_URN, "must be the URN of an SMN topic, such as urn:smn:eu-de:0bcc:cce")),
    )
    .check(z.minLength(1), z.maxLength(20)),
  /** The host of the signing certificates. The default host follows from the region of the topic and the cloud. */
  certificateHost: z.optional(HostName),
  /** The host at which the service confirms a subscription. The default host is the console of the cloud. */
  confirmationHost: z.optional(HostName),
});

/** The discovery of the jobs of a project that nobody submits. */
export const DiscoverySettings = z.strictObject({
  /** The types of the jobs to watch, without regard to case. Without this key, the service watches jobs of all types. */
  types: z.optional(z.array(NonEmpty).check(z.minLength(1), z.maxLength(100))),
  /** The names of the targets that are notified of the discovered jobs. */
  notify: z.array(Name).check(z.maxLength(50, "must have at most 50 targets")),
  everyMinutes: z._default(z.number().check(z.minimum(1), z.maximum(60)), 2),
  /** The labels in the context of the discovered jobs. */
  labels: z.optional(Labels),
  smn: z.optional(SmnTopics),
});
export type DiscoverySettings = z.infer<typeof DiscoverySettings>;
export type SmnTopics = z.infer<typeof SmnTopics>;
