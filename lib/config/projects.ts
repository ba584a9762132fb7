import * as z from "zod/mini";
import { Labels } from "../domain/context-and-labels.ts";
import { Name } from "../domain/names.ts";
import { HeaderSecret, SecretText } from "../domain/secret.ts";
import {
  httpUrlSchema,
  integerSchema,
  listSchema,
  NonEmpty,
  numberSchema,
  textSchema,
  withChecks,
} from "../domain/zod-fields.ts";
import { Certificates } from "../http/tls-options.ts";

/**
 * The URN of a topic of SMN (the message service of Huawei Cloud): the region, the project ID and the name of the
 * topic.
 */
const TopicUrn = textSchema(
  z.regex(
    /^urn:smn:[a-z0-9-]{2,40}:[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_-]{1,255}$/,
    "must be the URN of an SMN topic, such as urn:smn:eu-de:0123456789abcdef0123456789abcdef:cce-events",
  ),
);

/** The shortest time between two lists of a project's jobs. This time also applies if many SMN messages arrive. */
export const MIN_JOB_LIST_INTERVAL_MS = 10_000;

/** The settings of a project for discovery, which watches the jobs that no caller submits. */
export const DiscoverySettings = z.lazy(() =>
  z.strictObject({
    /**
     * The types of the jobs to watch, without regard to case. Without `types`, the service watches jobs of all types.
     */
    types: z.optional(listSchema(NonEmpty, z.minLength(1), z.maxLength(100))),
    /** The names of the targets that are notified of the discovered jobs. */
    notify: listSchema(Name, z.maxLength(50, "must have at most 50 targets")),
    everyMinutes: z._default(numberSchema(z.minimum(1), z.maximum(60)), 2),
    /** The labels that each discovered job gets. */
    labels: z.optional(Labels),
    /**
     * The SMN topics whose messages make the service list the jobs of the project at once. Without `topics`, the
     * service accepts no SMN message for the project.
     */
    topics: z.optional(listSchema(TopicUrn, z.minLength(1), z.maxLength(10))),
    /** The URL of SMN in a cloud whose SMN hosts the service does not know. */
    smnEndpoint: z.optional(httpUrlSchema("must be the URL of SMN, starting with https://")),
  }),
);

const DEFAULT_READY_MINUTES = 15;
/**
 * A watch may wait at most a day until its resource is usable. Before the success of its job, a watch may run for a
 * week. A poll message can stay in its queue for only 14 days.
 */
const MAX_READY_MINUTES = 1440;

const AkskAuth = z.strictObject({
  kind: z.literal("aksk"),
  accessKey: HeaderSecret,
  secretKey: HeaderSecret,
  securityToken: z.optional(HeaderSecret),
});

const PasswordAuth = z.strictObject({
  kind: z.literal("password"),
  iamEndpoint: z.optional(httpUrlSchema("must be the URL of IAM, starting with https://")),
  domain: NonEmpty,
  user: NonEmpty,
  password: SecretText,
});

const TokenAuth = z.strictObject({ kind: z.literal("token"), token: HeaderSecret });

/** The credentials with which the service calls the CCE API for a project. */
export const Auth = z.discriminatedUnion("kind", [AkskAuth, PasswordAuth, TokenAuth]);
export type Auth = z.infer<typeof Auth>;

/** `ready`: a watch ends only when the resource of its job is usable. */
export const Until = z.literal("ready");
/** The limit in minutes from the success of a job until its resource must be usable. */
export const ReadyMinutes = numberSchema(z.positive(), z.maximum(MAX_READY_MINUTES));

const PUBLIC_FIELDS = {
  projectId: textSchema(
    z.regex(/^[A-Za-z0-9_-]{1,64}$/, "must be the project ID that the console of the cloud shows"),
  ),
  region: z.optional(textSchema(z.regex(/^[a-z0-9-]{2,40}$/, "must be a region's ID such as eu-de"))),
  endpoint: z.optional(httpUrlSchema("must be the URL of the CCE API, starting with https://")),
  /**
   * The time of a query to the Autopilot API of CCE: before the standard API (true), never (false), or after the
   * standard API (default).
   */
  autopilot: z.optional(z.boolean()),
  /**
   * The defaults of `until` and `readyMinutes` for the jobs of the project. Without `until`, a watch ends with its job.
   */
  until: z.optional(Until),
  readyMinutes: z._default(ReadyMinutes, DEFAULT_READY_MINUTES),
  /** Without `discover`, only submitted jobs are watched. */
  discover: z.optional(DiscoverySettings),
  /**
   * `linkVersion` is a number in each link to the HTML pages of the project. If an operator changes `linkVersion`, all
   * earlier links to these pages become invalid.
   */
  linkVersion: z._default(integerSchema(z.nonnegative()), 0),
};

/** A project needs a region or an endpoint, because the default endpoint depends on the region. */
const HAS_ADDRESS = z.refine<z.infer<z.ZodMiniObject<typeof PUBLIC_FIELDS>>>(
  ({ region, endpoint }) => region !== undefined || endpoint !== undefined,
  {
    message: "is missing: a project needs a region or an endpoint",
    path: ["region"],
    // With `when`, zod makes this check even if the project has other errors.
    when: ({ value }) => typeof value === "object" && value !== null,
  },
);

/**
 * The schema of a project without credentials and certificate authorities. Functions that make no connection to CCE
 * use this schema.
 */
export const PublicProject = withChecks(z.strictObject(PUBLIC_FIELDS), HAS_ADDRESS);
export type PublicProject = z.infer<typeof PublicProject>;

export const Project = withChecks(
  z.strictObject({
    ...PUBLIC_FIELDS,
    /** The trusted certificate authorities of CCE and IAM, by default the public ones. */
    ca: z.optional(Certificates),
    auth: Auth,
  }),
  HAS_ADDRESS,
);
export type Project = z.infer<typeof Project>;

export type DiscoverySettings = z.infer<typeof DiscoverySettings>;
