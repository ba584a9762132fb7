import * as z from "zod/mini";
import { OUTCOMES, Outcome } from "../domain/job.ts";
import { SecretText, toSecret } from "../domain/secret.ts";

/** The egress rules decide at each attempt whether the URL may be called. */
const SecretUrl = z.pipe(z.string().check(z.refine((text) => URL.canParse(text), "must be a URL")), toSecret);

/** Fields that every kind of target has. */
export const commonFields = {
  url: SecretUrl,
  on: z._default(
    z.array(Outcome).check(z.minLength(1, "must name at least one outcome; omit it to get all outcomes")),
    [...OUTCOMES],
  ),
};

/** Fields of a target that is a chat. */
export const chatFields = {
  ...commonFields,
  mention: z.optional(z.string().check(z.minLength(1), z.maxLength(200))),
};

/** Fields of a chat that can check a signature. */
export const signedChatFields = {
  ...chatFields,
  secret: z.optional(SecretText),
};

/** The schema of one kind of target. */
export type TargetSchema = z.ZodMiniObject<{ readonly kind: z.ZodMiniLiteral<string> } & typeof commonFields>;
