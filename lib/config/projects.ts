import * as z from "zod/mini";
import { HeaderSecret, SecretText } from "../domain/secret.ts";
import { httpUrl, NonEmpty } from "../domain/zod-fields.ts";

const AkskAuth = z.strictObject({
  kind: z.literal("aksk"),
  accessKey: HeaderSecret,
  secretKey: HeaderSecret,
  securityToken: z.optional(HeaderSecret),
});

const PasswordAuth = z.strictObject({
  kind: z.literal("password"),
  iamEndpoint: z.optional(httpUrl("must be the URL of IAM, starting with https://")),
  domain: NonEmpty,
  user: NonEmpty,
  password: SecretText,
});

const TokenAuth = z.strictObject({ kind: z.literal("token"), token: HeaderSecret });

/** How a project signs in to CCE. */
export const Auth = z.discriminatedUnion("kind", [AkskAuth, PasswordAuth, TokenAuth]);
export type Auth = z.infer<typeof Auth>;

/** A CCE project. Without `endpoint` it is derived from the region; one of the two must be there. */
export const Project = z
  .strictObject({
    projectId: z
      .string()
      .check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, "must be the project ID shown in the cloud's console")),
    region: z.optional(z.string().check(z.regex(/^[a-z0-9-]{2,40}$/, "must be a region's ID such as eu-de"))),
    endpoint: z.optional(httpUrl("must be the URL of the CCE API, starting with https://")),
    auth: Auth,
  })
  .check(
    z.refine((project) => project.region !== undefined || project.endpoint !== undefined, {
      message: "needs a region, or an endpoint",
      path: ["region"],
      // Told beside the faults of other fields, not once those are mended.
      when: ({ value }) => typeof value === "object" && value !== null,
    }),
  );
export type Project = z.infer<typeof Project>;
