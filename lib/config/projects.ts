import * as z from "zod/mini";
import { Labels } from "../domain/context-and-labels.ts";
import { Name } from "../domain/names.ts";
import { DEFAULT_READY_MINUTES, ReadyMinutes, Until } from "../domain/ready.ts";
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
 * The URN of a topic of SMN, the message service of Huawei Cloud. A URN contains the region, the project ID and the
 * name of the topic.
 */
const TopicUrn = z.lazy(() =>
  textSchema(
    z.regex(
      /^urn:smn:[a-z0-9-]{2,40}:[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_-]{1,255}$/,
      "must be the URN of an SMN topic, such as urn:smn:eu-de:0123456789abcdef0123456789abcdef:cce-events",
    ),
  ),
);

/**
 * The minimum time between two requests for the list of a project's jobs. If more SMN messages arrive, the service does
 * not list the jobs more often.
 */
export const MIN_JOB_LIST_INTERVAL_MS = 10_000;

/** The settings of a project for discovery. Discovery watches jobs that no caller has submitted. */
export const DiscoverySettings = z.lazy(() =>
  z.strictObject({
    /**
     * The types of the jobs that discovery watches. Discovery ignores upper and lower case in `types`. Without `types`,
     * discovery watches jobs of all types.
     */
    types: z.optional(listSchema(NonEmpty, z.minLength(1), z.maxLength(100))),
    /** The names of the targets that discovery notifies. */
    notify: listSchema(Name, z.maxLength(50, "must have at most 50 targets")),
    everyMinutes: z._default(numberSchema(z.minimum(1), z.maximum(60)), 2),
    /** The labels of every job that discovery watches. */
    labels: z.optional(Labels),
    /**
     * The SMN topics of the project. When a message of an SMN topic arrives, the service lists the jobs of the project
     * at once. Without `topics`, the service accepts no SMN messages for the project.
     */
    topics: z.optional(listSchema(TopicUrn, z.minLength(1), z.maxLength(10))),
    /** The URL of SMN. The service needs this URL only if it does not know the hosts of SMN in the cloud. */
    smnEndpoint: z.optional(httpUrlSchema("must be the URL of SMN, starting with https://")),
  }),
);

const AkskAuth = z.lazy(() =>
  z.strictObject({
    kind: z.literal("aksk"),
    accessKey: HeaderSecret,
    secretKey: HeaderSecret,
    securityToken: z.optional(HeaderSecret),
  }),
);

const PasswordAuth = z.lazy(() =>
  z.strictObject({
    kind: z.literal("password"),
    iamEndpoint: z.optional(httpUrlSchema("must be the URL of IAM, starting with https://")),
    domain: NonEmpty,
    user: NonEmpty,
    password: SecretText,
  }),
);

const TokenAuth = z.lazy(() => z.strictObject({ kind: z.literal("token"), token: HeaderSecret }));

/** The credentials with which the service signs in to CCE for a project. */
export const Auth = z.lazy(() => z.discriminatedUnion("kind", [AkskAuth, PasswordAuth, TokenAuth]));
export type Auth = z.infer<typeof Auth>;

const createPublicFields = () => ({
  projectId: textSchema(
    z.regex(/^[A-Za-z0-9_-]{1,64}$/, "must be the project ID that the console of the cloud shows"),
  ),
  region: z.optional(textSchema(z.regex(/^[a-z0-9-]{2,40}$/, "must be a region's ID such as eu-de"))),
  endpoint: z.optional(httpUrlSchema("must be the URL of the CCE API, starting with https://")),
  /**
   * With the value true, the service asks the Autopilot API of CCE before the standard API. With the value false, the
   * service never asks the Autopilot API. By default, the service asks the Autopilot API after the standard API.
   */
  autopilot: z.optional(z.boolean()),
  /**
   * `until` and `readyMinutes` apply to a job if its caller does not set them. If neither the caller nor the project
   * sets `until`, a watch ends when its job ends.
   */
  until: z.optional(Until),
  readyMinutes: z._default(ReadyMinutes, DEFAULT_READY_MINUTES),
  /** Without `discover`, the service watches only jobs that callers submit. */
  discover: z.optional(DiscoverySettings),
  /**
   * Each link to the pages of the project contains the number `linkVersion`. If an operator changes `linkVersion`, all
   * earlier links to the pages become invalid.
   */
  linkVersion: z._default(integerSchema(z.nonnegative()), 0),
});

/** A project must have a region or an endpoint, because the default endpoint depends on the region. */
const refineHasAddress = () =>
  z.refine<z.infer<z.ZodMiniObject<ReturnType<typeof createPublicFields>>>>(
    ({ region, endpoint }) => region !== undefined || endpoint !== undefined,
    {
      message: "is missing: a project needs a region or an endpoint",
      path: ["region"],
      // With `when`, zod checks the region and the endpoint even if the project contains other errors.
      when: ({ value }) => typeof value === "object" && value !== null,
    },
  );

/**
 * The schema of a project without its credentials and certificate authorities. Functions that do not connect to CCE use
 * the schema without credentials.
 */
export const PublicProject = z.lazy(() =>
  withChecks(z.strictObject(createPublicFields()), refineHasAddress()),
);
export type PublicProject = z.infer<typeof PublicProject>;

export const Project = z.lazy(() =>
  withChecks(
    z.strictObject({
      ...createPublicFields(),
      /**
       * The certificate authorities that the service trusts for CCE and IAM. By default, the service trusts the public
       * certificate authorities.
       */
      ca: z.optional(Certificates),
      auth: Auth,
    }),
    refineHasAddress(),
  ),
);
export type Project = z.infer<typeof Project>;

export type DiscoverySettings = z.infer<typeof DiscoverySettings>;
