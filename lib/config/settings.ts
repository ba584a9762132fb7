import * as z from "zod/mini";
import { DEFAULT_RETRY_SECONDS } from "../channels/retry-schedule.ts";
import { WebhookSecret } from "../channels/webhook/target.ts";
import { Name } from "../domain/names.ts";
import { toSecret } from "../domain/secret.ts";
import { SQS_MAX_DELAY_SECONDS, SQS_MAX_VISIBILITY_SECONDS } from "../domain/sqs-limits-and-leases.ts";
import { httpUrlSchema, integerSchema, listSchema, numberSchema, textSchema } from "../domain/zod-fields.ts";
import { DEFAULT_RETENTION_DAYS } from "./retention.ts";

/** The deadline of a watch is at most 7 days after its start, because SQS keeps a message for only 14 days. */
export const MAX_DEADLINE_MINUTES = 10_080;

const between = (min: number, max: number) => numberSchema(z.minimum(min), z.maximum(max));
const positiveUpTo = (max: number) => numberSchema(z.positive(), z.maximum(max));
const integerBetween = (min: number, max: number) => integerSchema(z.minimum(min), z.maximum(max));

const MIN_LINK_KEY_CHARACTERS = 32;
const MIN_DISTINCT_CHARACTERS = 8;
/**
 * A key without digits must contain at least `MIN_LETTERS_OF_CASE` lower-case letters, and at least as many upper-case
 * letters.
 */
const MIN_LETTERS_OF_CASE = 10;
/**
 * At least 70 % of all groups of three neighboring characters in a key must be different from each other. A key with
 * repetitions, such as `abcabcabc`, contains few different groups.
 */
const MIN_DISTINCT_GROUPS = 0.7;
/**
 * In a key, at most half of all pairs of neighboring characters may be equal or in alphabetical order, as in `111111`
 * or `abcdef`.
 */
const MAX_SEQUENCE_FRACTION = 0.5;
const COMMON_PARTS =
  /secret|password|passphrase|change|example|default|notifier|production|callback|linkkey|qwerty|letmein|123456/i;

/**
 * A key with which the service signs links to pages and encrypts callback URLs. A key must be strong, because a person
 * with one signed link could try many keys until one fits. The schema refuses short keys, and also keys that are
 * probably not random.
 */
export const LinkKey = z.lazy(() =>
  z.pipe(
    textSchema(
      z.minLength(MIN_LINK_KEY_CHARACTERS, {
        error: `must have at least ${MIN_LINK_KEY_CHARACTERS} characters; openssl rand -hex 32 makes a good key`,
        abort: true,
      }),
      z.refine((key) => !isGuessable(key), "is easy to guess; openssl rand -hex 32 makes a good key"),
    ),
    toSecret,
  ),
);

/**
 * Returns true if the digits and letters of a key are probably random. A random base64 text without digits contains
 * many upper-case and many lower-case letters.
 */
function hasRandomClasses(key: string): boolean {
  const count = (pattern: RegExp) => key.match(pattern)?.length ?? 0;
  const lower = count(/[a-z]/g);
  const upper = count(/[A-Z]/g);
  if (count(/[0-9]/g) > 0) return lower + upper > 0;
  return lower >= MIN_LETTERS_OF_CASE && upper >= MIN_LETTERS_OF_CASE;
}

function isGuessable(key: string): boolean {
  const groups = Array.from({ length: key.length - 2 }, (_, i) => key.slice(i, i + 3));
  const steps = Array.from({ length: key.length - 1 }, (_, i) => key.charCodeAt(i + 1) - key.charCodeAt(i));
  return (
    !hasRandomClasses(key) ||
    new Set(key).size < MIN_DISTINCT_CHARACTERS ||
    new Set(groups).size < groups.length * MIN_DISTINCT_GROUPS ||
    steps.filter((step) => Math.abs(step) <= 1).length > steps.length * MAX_SEQUENCE_FRACTION ||
    COMMON_PARTS.test(key)
  );
}

const Days = z.lazy(() => positiveUpTo(3650));
const DeadlineMinutes = z.lazy(() => positiveUpTo(MAX_DEADLINE_MINUTES));
const Off = z._default(z.boolean(), false);
const Hosts = z.lazy(() => z._default(z.array(textSchema(z.minLength(1), z.maxLength(300))), []));

const Poll = z.lazy(() =>
  z.strictObject({
    pollCostSeconds: z._default(positiveUpTo(3600), 1),
    minDelaySeconds: z._default(between(0, SQS_MAX_DELAY_SECONDS), 2),
    maxDelaySeconds: z._default(between(1, SQS_MAX_DELAY_SECONDS), SQS_MAX_DELAY_SECONDS),
    goneGraceSeconds: z._default(between(0, 3600), 120),
    /**
     * The number of queries that CCE allows one user within five minutes. Without `queriesPerFiveMinutes`, the service
     * slows down only after CCE has answered with status 429.
     */
    queriesPerFiveMinutes: z.optional(integerBetween(10, 1_000_000)),
    accessErrorSeconds: z._default(between(0, 86_400), 600),
  }),
);
export type PollSettings = z.infer<typeof Poll>;

const AnyLimit = z.lazy(() => integerBetween(0, 1_000_000));
const Limit = (limit: number) => z._default(AnyLimit, limit);
/** The limits that apply to each caller. If a limit is 0, the service does not apply the limit. */
const Limits = z.lazy(() =>
  z.strictObject({
    callbacksPerWatch: Limit(5),
    targetsPerWatch: Limit(50),
    watchesPerCaller: Limit(5000),
    requestsPerMinute: Limit(1200),
  }),
);

/**
 * The fields decide whether the status page shows a link to the list of jobs, the labels, and the responses of targets.
 * By default, the page does not show them.
 */
const Pages = z.lazy(() =>
  z.strictObject({
    list: Off,
    labels: Off,
    answers: Off,
  }),
);
export type PageSettings = z.infer<typeof Pages>;

const Retry = z.lazy(() =>
  z.strictObject({
    scheduleSeconds: z._default(
      listSchema(between(0, SQS_MAX_VISIBILITY_SECONDS), z.minLength(1), z.maxLength(30)),
      [...DEFAULT_RETRY_SECONDS],
    ),
  }),
);

/** All settings of the config. Each setting is optional. */
export const Settings = z.lazy(() =>
  z.strictObject({
    defaultProject: z.optional(Name),
    defaultTargets: z._default(z.array(Name), []),
    /** The name of the target that gets an alert if another target no longer exists. */
    fallbackTarget: z.optional(Name),
    deadlineMinutes: z._default(DeadlineMinutes, 120),
    /**
     * The maximum lifetime of an identity token (OIDC). The lifetime is the time from the claim `iat` to the claim
     * `exp`.
     */
    identityTokenMinutes: z._default(DeadlineMinutes, 60),
    maxPolls: z._default(integerBetween(1, 100_000), 500),
    poll: z.prefault(Poll, {}),
    retry: z.prefault(Retry, {}),
    /** The hosts that a caller's `callbackUrl` may have, each as NAME or NAME:PORT. */
    callbackHosts: Hosts,
    /**
     * The secrets with which the service signs notifications to a caller's `callbackUrl`. Without `callbackSecrets`,
     * the notifications have no signature.
     */
    callbackSecrets: z._default(listSchema(WebhookSecret, z.maxLength(5)), []),
    egress: z.prefault(z.strictObject({ allow: Hosts }), {}),
    /**
     * The keys with which the service signs links to pages and encrypts callback URLs. For new links and callback URLs,
     * the service uses the first key. The service also accepts links and callback URLs of the second key. If the config
     * contains no link key, the service creates no links to pages.
     */
    linkKeys: z._default(listSchema(LinkKey, z.maxLength(2)), []),
    linkDays: z._default(Days, 30),
    pages: z.prefault(Pages, {}),
    limits: z.prefault(Limits, {}),
    /** The URL under which users reach the service. Without `publicUrl`, the service uses the URL of the HTTP API. */
    publicUrl: z.optional(
      z.pipe(
        httpUrlSchema("must be a URL that starts with https:// (or http:// in a private network)"),
        z.transform((url: string) => url.replace(/(?<!\/)\/+$/, "")),
      ),
    ),
    /**
     * The number of days for which the ledger stores an ended watch. If a queue may still contain messages of a watch,
     * the ledger stores the watch for longer.
     */
    retentionDays: z._default(Days, DEFAULT_RETENTION_DAYS),
  }),
);
export type Settings = z.infer<typeof Settings>;
