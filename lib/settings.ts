import * as z from "zod";
import { Name } from "./job.ts";
import { Secret } from "./secret.ts";
import { WebhookSecret } from "./targets.ts";

/** SQS delays a message by at most 900 s. */
export const SQS_MAX_DELAY_SECONDS = 900;
/** SQS hides a received message for at most 12 hours. */
export const SQS_MAX_VISIBILITY_SECONDS = 43_200;
/** The longest a watch may be told to last: well inside the queue's 14 days. */
export const MAX_DEADLINE_MINUTES = 10_080;

const Poll = z.strictObject({
  lookCostSeconds: z.number().positive().max(3600).default(1),
  minDelaySeconds: z.number().min(0).max(SQS_MAX_DELAY_SECONDS).default(2),
  maxDelaySeconds: z.number().min(1).max(SQS_MAX_DELAY_SECONDS).default(SQS_MAX_DELAY_SECONDS),
  goneGraceSeconds: z.number().min(0).max(3600).default(120),
  /** What CCE allows a project's user to ask in five minutes. Without it a project is paced once CCE asks for fewer. */
  queriesPerFiveMinutes: z.int().min(10).max(1_000_000).optional(),
  troubleSeconds: z.number().min(0).max(86_400).default(600),
});
export type PollSettings = z.infer<typeof Poll>;

const Retry = z.strictObject({
  scheduleSeconds: z
    .array(z.number().min(0).max(SQS_MAX_VISIBILITY_SECONDS))
    .min(1)
    .max(30)
    .default([0, 5, 30, 120, 600, 1800, 7200, 21_600, 43_200]),
});

/** Everything an operator may tune; every one has a default. */
export const Settings = z.strictObject({
  defaultProject: Name.optional(),
  defaultTargets: z.array(Name).default([]),
  /** Told when another target is gone. */
  fallbackTarget: Name.optional(),
  deadlineMinutes: z.number().positive().max(MAX_DEADLINE_MINUTES).default(120),
  maxLooks: z.int().min(1).max(100_000).default(500),
  poll: Poll.prefault({}),
  retry: Retry.prefault({}),
  /** Hosts, or host:port, that a caller's `callbackUrl` may name. */
  callbackHosts: z.array(z.string().min(1).max(300)).default([]),
  /** Secrets that sign calls to a `callbackUrl`; without them such calls carry no signature. */
  callbackSecrets: z.array(WebhookSecret).max(5).default([]),
  egress: z.strictObject({ allow: z.array(z.string().min(1).max(300)).default([]) }).prefault({}),
  /** Keys the links to status pages; without it no links are made. */
  linkKey: z
    .string()
    .min(8, "must be at least 8 characters; 32 random ones are good (openssl rand -hex 16)")
    .transform((key) => new Secret(key))
    .optional(),
  linkDays: z.number().positive().max(3650).default(30),
  /** Where callers and readers reach this API; by default the address of the deployed HTTP API. */
  publicUrl: z
    .url({ protocol: /^https?$/, error: "must be an https URL" })
    .transform((url) => url.replace(/\/+$/, ""))
    .optional(),
  retentionDays: z.number().positive().max(3650).default(30),
});
export type Settings = z.infer<typeof Settings>;
