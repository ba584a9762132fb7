import * as z from "zod";
import { Secret } from "./secret.ts";

const secret = z
  .string()
  .min(1, "must not be empty")
  .transform((value) => new Secret(value));

const httpUrl = (what: string) =>
  z.url({ protocol: /^https?$/, error: `must be the URL of ${what}, starting with https://` });

const AkskAuth = z.strictObject({
  kind: z.literal("aksk"),
  accessKey: secret,
  secretKey: secret,
  securityToken: secret.optional(),
});

const PasswordAuth = z.strictObject({
  kind: z.literal("password"),
  iamEndpoint: httpUrl("IAM").optional(),
  domain: z.string().min(1),
  user: z.string().min(1),
  password: secret,
});

const TokenAuth = z.strictObject({ kind: z.literal("token"), token: secret });

/** How a project signs in to CCE. */
export const Auth = z.discriminatedUnion("kind", [AkskAuth, PasswordAuth, TokenAuth]);
export type Auth = z.infer<typeof Auth>;

/** A CCE project. Without `endpoint` it is derived from the region; one of the two must be there. */
export const Project = z
  .strictObject({
    projectId: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, "must be the project ID shown in the cloud's console"),
    region: z
      .string()
      .regex(/^[a-z0-9-]{2,40}$/, "must be a region's ID such as eu-de")
      .optional(),
    endpoint: httpUrl("the CCE API").optional(),
    auth: Auth,
  })
  .refine((project) => project.region !== undefined || project.endpoint !== undefined, {
    message: "needs a region, or an endpoint",
    path: ["region"],
  });
export type Project = z.infer<typeof Project>;
