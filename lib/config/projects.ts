import * as z from "zod/mini";
import { HeaderSecret, SecretText } from "../domain/secret.ts";
import { httpUrlSchema, NonEmpty } from "../domain/zod-fields.ts";
import { Certificates } from "../http/tls-options.ts";

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

/** A CCE project needs a region or an endpoint. The default endpoint of the CCE API depends on the region. */
export const Project = z
  .strictObject({
    projectId: z
      .string()
      .check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, "must be the project ID that the console of the cloud shows")),
    region: z.optional(z.string().check(z.regex(/^[a-z0-9-]{2,40}$/, "must be a region's ID such as eu-de"))),
    endpoint: z.optional(httpUrlSchema("must be the URL of the CCE API, starting with https://")),
    /** Whether the API for Autopilot clusters is asked first (true), never (false) or second (the default). */
    autopilot: z.optional(z.boolean()),
    /** The certificate authorities of CCE and IAM. Without this key, the public certificate authorities are trusted. */
    ca: z.optional(Certificates),
    auth: Auth,
  })
  .check(
    z.refine((project) => project.region !== undefined || project.endpoint !== undefined, {
      message: "is missing: a project needs a region or an endpoint",
      path: ["region"],
      // Without `when`, the library `zod` skips the check of the region if the project has other errors.
      when: ({ value }) => typeof value === "object" && value !== null,
    }),
  );
export type Project = z.infer<typeof Project>;
