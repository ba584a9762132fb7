import * as z from "zod/mini";
import { HeaderSecret, SecretText } from "../domain/secret.ts";
import { httpUrlSchema, NonEmpty } from "../domain/zod-fields.ts";
import { Certificates } from "../http/tls-options.ts";
import { DiscoverySettings } from "./discovery-settings.ts";

const DEFAULT_READY_MINUTES = 15;
/** A poll message may wait in its queue for 14 days, and a watch lasts at most a week before the success of its job. */
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

/** Until when a watch continues after the success of its job: until what the job made is usable. */
export const Until = z.literal("ready");
/** The time in minutes, after the success of a job, in which the resource of the job must become usable. */
export const ReadyMinutes = z.number().check(z.positive(), z.maximum(MAX_READY_MINUTES));

const PUBLIC_FIELDS = {
  projectId: z
    .string()
    .check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, "must be the project ID that the console of the cloud shows")),
  region: z.optional(z.string().check(z.regex(/^[a-z0-9-]{2,40}$/, "must be a region's ID such as eu-de"))),
  endpoint: z.optional(httpUrlSchema("must be the URL of the CCE API, starting with https://")),
  /** Whether the API for Autopilot clusters is asked first (true), never (false) or second (the default). */
  autopilot: z.optional(z.boolean()),
  /** The defaults of a submission for the project. Without `until`, a watch ends with its job. */
  until: z.optional(Until),
  readyMinutes: z._default(ReadyMinutes, DEFAULT_READY_MINUTES),
  /** Without this key, the service watches only jobs that callers submit. */
  discover: z.optional(DiscoverySettings),
  /** A new number revokes all links to pages of the project. */
  linkVersion: z._default(z.int().check(z.nonnegative()), 0),
};

/** A CCE project needs a region or an endpoint. The default endpoint of the CCE API depends on the region. */
const HAS_ADDRESS = z.refine<z.infer<z.ZodMiniObject<typeof PUBLIC_FIELDS>>>(
  ({ region, endpoint }) => region !== undefined || endpoint !== undefined,
  {
    message: "is missing: a project needs a region or an endpoint",
    path: ["region"],
    // Without `when`, the library `zod` skips the check of the region if the project has other errors.
    when: ({ value }) => typeof value === "object" && value !== null,
  },
);

/** A project without the fields that only a connection to CCE needs. Functions without such a connection read it. */
export const PublicProject = z.strictObject(PUBLIC_FIELDS).check(HAS_ADDRESS);
export type PublicProject = z.infer<typeof PublicProject>;

export const Project = z
  .strictObject({
    ...PUBLIC_FIELDS,
    /** The certificate authorities of CCE and IAM. Without this key, the public certificate authorities are trusted. */
    ca: z.optional(Certificates),
    auth: Auth,
  })
  .check(HAS_ADDRESS);
export type Project = z.infer<typeof Project>;
