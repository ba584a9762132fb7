import * as z from "zod/mini";
import { httpUrl } from "./fields.ts";

const Word = z.string().check(z.maxLength(200));
const Labels = z
  .record(z.string().check(z.minLength(1), z.maxLength(63)), Word)
  .check(z.refine((labels) => Object.keys(labels).length <= 20, "at most 20 labels"));

/** What the caller tells about itself; shown in notifications and passed on to webhooks. */
export const Context = z
  .strictObject({
    actor: z.optional(Word),
    pipeline: z.optional(Word),
    runUrl: z.optional(httpUrl("must be an http or https URL").check(z.maxLength(1000))),
    commit: z.optional(z.string().check(z.maxLength(100))),
    labels: z.optional(Labels),
  })
  .register(z.globalRegistry, {
    description: "What the caller tells about itself; shown in notifications and passed on to webhooks.",
  });
export type Context = z.infer<typeof Context>;
