import * as z from "zod/mini";
import { countJsonBytes } from "./json.ts";
import { truncate } from "./truncate-text.ts";
import { httpUrlSchema, withDescription } from "./zod-fields.ts";

const ShortText = z.string().check(z.maxLength(200));
const Labels = z
  .record(z.string().check(z.minLength(1), z.maxLength(63)), ShortText)
  .check(z.refine((labels) => Object.keys(labels).length <= 20, "at most 20 labels"));

/** The information that a caller gives about itself, such as the pipeline and the commit. */
export const Context = withDescription(
  z.strictObject({
    actor: z.optional(ShortText),
    pipeline: z.optional(ShortText),
    runUrl: z.optional(httpUrlSchema("must be an http or https URL").check(z.maxLength(1000))),
    commit: z.optional(z.string().check(z.maxLength(100))),
    labels: z.optional(Labels),
  }),
  "The information that the caller gives about itself. Notifications and webhook events contain the context.",
);
export type Context = z.infer<typeof Context>;

const FIELD_BYTES = 600;
const LABELS_BYTES = 6000;

/** Truncates a context so that the context fits into an event. Omits labels that do not fit into the event. */
export function truncateContext(context: Context): {
  readonly context: Context;
  readonly omittedLabels: number;
} {
  const { labels, ...rest } = context;
  const truncated: Context = { ...rest };
  if (truncated.runUrl !== undefined) truncated.runUrl = truncated.runUrl.toWellFormed();
  for (const name of ["actor", "pipeline", "commit"] as const) {
    const value = truncated[name];
    if (value !== undefined) truncated[name] = truncate(value, FIELD_BYTES, countJsonBytes);
  }
  if (labels === undefined) return { context: truncated, omittedLabels: 0 };
  let usedBytes = 0;
  const all = Object.entries(labels).map(
    ([name, value]) => [name.toWellFormed(), value.toWellFormed()] as const,
  );
  const listed = all.filter(([name, value]) => {
    const size = Buffer.byteLength(JSON.stringify({ [name]: value }));
    if (usedBytes + size > LABELS_BYTES) return false;
    usedBytes += size;
    return true;
  });
  truncated.labels = Object.fromEntries(listed);
  return { context: truncated, omittedLabels: all.length - listed.length };
}
