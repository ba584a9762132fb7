import * as z from "zod/mini";
import { fillPlaceholders, type TextKey } from "./default-texts.ts";
import { Count, MaybeText, withDescription } from "./zod-fields.ts";

/** A group of failed subjobs that have the same type and the same reason. */
export const Cause = z.object({
  type: MaybeText,
  reason: withDescription(
    z.nullable(z.string()),
    "The reason of the first subjob in the cloud's own words. A long reason is truncated and ends in `…`.",
  ),
  hint: withDescription(
    z.nullable(z.string()),
    "One line of advice with a link. The hint is null if the service does not know the reason.",
  ),
  count: withDescription(Count, "The number of failed subjobs in the group."),
  resources: withDescription(z.array(z.string()), "The names of the first resources, at most ten."),
});
export type Cause = z.infer<typeof Cause>;

/** A cause with its position in the tree. Webhook events do not contain the position. */
export const CauseInTree = z.extend(Cause, {
  path: withDescription(
    z.array(z.string()),
    "The types from the job down to the first subjob of the group. A long path has `…` in place of its middle.",
  ),
  total: withDescription(Count, "The number of failed and other subjobs that have the type of the group."),
});
export type CauseInTree = z.infer<typeof CauseInTree>;

/** Returns a cause with only the fields of webhook events. */
export function toPublicCause({ type, reason, hint, count, resources }: CauseInTree): Cause {
  return { type, reason, hint, count, resources };
}

/**
 * A failed subjob. `path` lists the job types from the root job down to the failed subjob. The hints are not imported,
 * because the command `cce-notifier` reads failures and contains no hints.
 */
export const Failure = z.object({
  path: z.array(z.string()).check(z.minLength(1)),
  jobId: MaybeText,
  resourceName: MaybeText,
  reason: withDescription(
    z.nullable(z.string()),
    "The reason in the cloud's own words. A long reason is truncated and ends in `…`.",
  ),
  hint: withDescription(
    z.nullable(z.string()),
    "One line of advice with a link. The hint is null if the service does not know the reason.",
  ),
});
export type Failure = z.infer<typeof Failure>;

/** The number of names that a list of names for people shows. */
export const SHOWN_NAMES = 3;

/**
 * The English text for a list that shows only some of the names. The texts of other languages are not imported, because
 * the command `cce-notifier` has only English texts.
 */
const MORE_NAMES = "{names} and {count} more";

/**
 * Returns names as text for people, such as `pool-a-0, pool-a-1, pool-a-2 and 27 more`.
 * @param count the number of all names, including the names that are not in `names`
 * @param moreNamesTemplate the text `names.more` of a language
 */
export function formatNameList(
  names: readonly string[],
  count: number,
  moreNamesTemplate: string = MORE_NAMES,
): string {
  const joined = names.join(", ");
  const more = count - names.length;
  if (more <= 0 || joined === "") return joined;
  return moreNamesTemplate.replace(/\{(names|count)\}/g, (_, value) =>
    value === "names" ? joined : String(more),
  );
}

/** Returns the first names of the resources of a cause as text for people. */
export function formatResourceNames({ resources, count }: Cause, moreNamesTemplate?: string): string {
  return formatNameList(resources.slice(0, SHOWN_NAMES), count, moreNamesTemplate);
}

/**
 * The words for the resources of a subjob, by the end of its type. The unit comes from the first pattern that matches
 * the type of the subjob.
 */
const UNITS = [
  [/nodepool$/i, "cause.nodePools"],
  [/node(vm)?$/i, "cause.nodes"],
  [/cluster$/i, "cause.clusters"],
] as const satisfies readonly (readonly [RegExp, TextKey])[];
type CountTexts = Readonly<Record<(typeof UNITS)[number][1] | "cause.one" | "cause.subJobs", string>>;

/**
 * The English texts of counts. The texts of all languages are not imported, because the command `cce-notifier` has only
 * English texts.
 */
const COUNT_TEXTS: CountTexts = {
  "cause.one": "{type} failed",
  "cause.nodes": "{count} of {total} nodes failed",
  "cause.nodePools": "{count} of {total} node pools failed",
  "cause.clusters": "{count} of {total} clusters failed",
  "cause.subJobs": "{count} of {total} subjobs of type {type} failed",
};

/**
 * Returns how many subjobs of a type failed, such as `30 of 30 nodes failed`.
 * @param shownType the type as the reader sees it
 */
export function describeFailedOfTotal(
  { type, count, total }: Pick<CauseInTree, "type" | "count" | "total">,
  texts: CountTexts = COUNT_TEXTS,
  shownType: string = type ?? "unknown",
): string {
  const unit = UNITS.find(([pattern]) => pattern.test(type ?? ""))?.[1] ?? "cause.subJobs";
  return fillPlaceholders(texts[total === 1 ? "cause.one" : unit], { count, total, type: shownType });
}

/** Returns the count and the first names of a cause as English text, such as `2 of 3 nodes failed: pool-a-0, pool-a-1`. */
export function describeFailedWithNames(cause: CauseInTree): string {
  return [describeFailedOfTotal(cause), formatResourceNames(cause)].filter((text) => text !== "").join(": ");
}
