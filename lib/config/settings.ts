import * as z from "zod/mini";
import { WebhookSecret } from "../channels/webhook/target.ts";
import { Name } from "../domain/job.ts";
import { toSecret } from "../domain/secret.ts";
import { SQS_MAX_DELAY_SECONDS, SQS_MAX_VISIBILITY_SECONDS } from "../domain/sqs-limits.ts";
import { httpUrl } from "../domain/zod-fields.ts";

/** The longest a watch may be told to last: well inside the queue's 14 days. */
export const MAX_DEADLINE_MINUTES = 10_080;

/** From `min` to `max`, both allowed. */
const between = (min: number, max: number) => z.number().check(z.minimum(min), z.maximum(max));
/** More than 0, at most `max`. */
const upTo = (max: number) => z.number().check(z.positive(), z.maximum(max));
const wholeBetween = (min: number, max: number) => z.int().check(z.minimum(min), z.maximum(max));

const Days = upTo(3650);
const Hosts = z._default(z.array(z.string().check(z.minLength(1), z.maxLength(300))), []);

const Poll = z.strictObject({
  pollCostSeconds: z._default(upTo(3600), 1),
  minDelaySeconds: z._default(between(0, SQS_MAX_DELAY_SECONDS), 2),
  maxDelaySeconds: z._default(between(1, SQS_MAX_DELAY_SECONDS), SQS_MAX_DELAY_SECONDS),
  goneGraceSeconds: z._default(between(0, 3600), 120),
  /** What CCE allows a project's user to ask in five minutes. Without it a project is paced once CCE asks for fewer. */
  queriesPerFiveMinutes: z.optional(wholeBetween(10, 1_000_000)),
  accessErrorSeconds: z._default(between(0, 86_400), 600),
});
export type PollSettings = z.infer<typeof Poll>;

const Retry = z.strictObject({
  scheduleSeconds: z._default(
    z.array(between(0, SQS_MAX_VISIBILITY_SECONDS)).check(z.minLength(1), z.maxLength(30)),
    [0, 5, 30, 120, 600, 1800, 7200, 21_600, 43_200],
  ),
});

/** Everything an operator may tune; every one has a default. */
export const Settings = z.strictObject({
  defaultProject: z.optional(Name),
  defaultTargets: z._default(z.array(Name), []),
  /** Told when another target is gone. */
  fallbackTarget: z.optional(Name),
  deadlineMinutes: z._default(upTo(MAX_DEADLINE_MINUTES), 120),
  maxPolls: z._default(wholeBetween(1, 100_000), 500),
  poll: z.prefault(Poll, {}),
  retry: z.prefault(Retry, {}),
  /** Hosts, or host:port, that a caller's `callbackUrl` may name. */
  callbackHosts: Hosts,
  /** Secrets that sign calls to a `callbackUrl`; without them such calls carry no signature. */
  callbackSecrets: z._default(z.array(WebhookSecret).check(z.maxLength(5)), []),
  egress: z.prefault(z.strictObject({ allow: Hosts }), {}),
  /** Keys the links to status pages; without it no links are made. */
  linkKey: z.optional(
    z.pipe(
      z
        .string()
        .check(
          z.minLength(8, "must be at least 8 characters; 32 random ones are good (openssl rand -hex 16)"),
        ),
      toSecret,
    ),
  ),
  linkDays: z._default(Days, 30),
  /** Where callers and readers reach this API; by default the address of the deployed HTTP API. */
  publicUrl: z.optional(
    z.pipe(
      httpUrl("must be a URL that starts with https:// (http:// within a network of your own)"),
      z.transform((url: string) => url.replace(/\/+$/, "")),
    ),
  ),
  /** How long the ledger keeps a job that is over; what is still owed is kept whatever this says (lib/retention.ts). */
  retentionDays: z._default(Days, 30),
});
export type Settings = z.infer<typeof Settings>;
