import * as z from "zod/mini";
import { countBytesInsideJsonString } from "./json.ts";
import { truncate } from "./truncate-text.ts";
import {
  limitedTextSchema,
  recordSchemaRefusingProto,
  registerKeywords,
  withChecks,
  withDescription,
} from "./zod-fields.ts";

const MAX_LABELS = 20;
const ShortText = z.lazy(() => limitedTextSchema({ min: 0, max: 200 }));
/**
 * The schema of labels. A label has a name and a text, for example `team: shop`. A caller or the config can give a job
 * labels.
 */
export const Labels = z.lazy(() =>
  registerKeywords(
    withChecks(
      recordSchemaRefusingProto(limitedTextSchema({ min: 1, max: 63 }), ShortText),
      z.refine((labels) => Object.keys(labels).length <= MAX_LABELS, `at most ${MAX_LABELS} labels`),
    ),
    { maxProperties: MAX_LABELS },
  ),
);

const RUN_URL_RULE = "must be an http or https URL";
/**
 * The OpenAPI document does not use `format: uri` for `runUrl`. The reason: browsers accept some URLs that RFC 3986
 * does not allow, and generated Java clients could not read these URLs.
 */
const RunUrl = z.lazy(() =>
  withChecks(
    limitedTextSchema({ min: 0, max: 1000 }),
    z.regex(/^[Hh][Tt][Tt][Pp][Ss]?:\/\//, { error: RUN_URL_RULE, abort: true }),
    z.refine((text) => URL.canParse(text), RUN_URL_RULE),
  ),
);

/** The information that a caller gives about itself, such as its pipeline and its commit. */
export const Context = z.lazy(() =>
  withDescription(
    z.strictObject({
      actor: z.optional(ShortText),
      pipeline: z.optional(ShortText),
      runUrl: z.optional(RunUrl),
      commit: z.optional(limitedTextSchema({ min: 0, max: 100 })),
      labels: z.optional(Labels),
    }),
    "The information that the caller gives about itself. Notifications and webhook events contain the context.",
  ),
);
export type Context = z.infer<typeof Context>;

const FIELD_BYTES = 600;
const LABELS_BYTES = 6000;

interface TruncatedContext {
  readonly context: Context;
  readonly omittedLabels: number;
}

/** Truncates texts and omits labels until the context fits into a webhook event. */
export function truncateContextForEvent(context: Context): TruncatedContext {
  const { labels, ...rest } = context;
  const truncated: Context = { ...rest };
  if (truncated.runUrl !== undefined) truncated.runUrl = truncated.runUrl.toWellFormed();
  for (const name of ["actor", "pipeline", "commit"] as const) {
    const value = truncated[name];
    if (value !== undefined) truncated[name] = truncate(value, FIELD_BYTES, countBytesInsideJsonString);
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
