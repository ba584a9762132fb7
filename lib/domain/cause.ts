import * as z from "zod/mini";
import { fillPlaceholdersEmptyIfMissing, type TextKey } from "./text-in-default-language.ts";
import { Count, listSchema, MaybeText, unwrapLazy, withDescription } from "./zod-fields.ts";

/** A group of failed subjobs with the same type and similar failure reasons. */
export const Cause = z.lazy(() =>
  z.object({
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
  }),
);
export type Cause = z.infer<typeof Cause>;

/**
 * A cause of failure together with its position in the tree of subjobs. The fields `path` and `total` are not part of
 * webhook events.
 */
export const CauseInTree = z.lazy(() =>
  z.extend(unwrapLazy(Cause), {
    path: withDescription(
      z.array(z.string()),
      "The types from the job down to the first subjob of the group. A long path has `…` in place of its middle.",
    ),
    total: withDescription(Count, "The number of failed and other subjobs that have the type of the group."),
  }),
);
export type CauseInTree = z.infer<typeof CauseInTree>;

/** Removes the fields of a cause that do not belong in a webhook event. */
export function toEventCause({ type, reason, hint, count, resources }: CauseInTree): Cause {
  return { type, reason, hint, count, resources };
}

/**
 * A failed subjob in the tree of subjobs. `path` lists the job types from the job down to the failed subjob. The
 * command `cce-notifier` imports this file and needs no hints, so the hints are in another file.
 */
export const Failure = z.lazy(() =>
  z.object({
    path: listSchema(z.string(), z.minLength(1)),
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
  }),
);
export type Failure = z.infer<typeof Failure>;

/** The maximum number of names in the field `resources` of a cause. */
export const MAX_RESOURCES = 10;

/** The maximum number of resource names in a text for people. */
export const SHOWN_NAMES = 3;

/**
 * The English text for a list that shows only some of its names. The command `cce-notifier` uses this text, because the
 * command writes only English.
 */
const MORE_NAMES = "{names} and {count} more";

/**
 * Returns a list of names as text for people, such as `pool-a-0, pool-a-1, pool-a-2 and 27 more`.
 * @param totalCount the number of all names, even if `names` contains only some of them
 * @param moreNamesTemplate the text `names.more` in the language of the reader
 */
export function formatNameList(
  names: readonly string[],
  totalCount: number,
  moreNamesTemplate: string = MORE_NAMES,
): string {
  const joined = names.join(", ");
  const more = totalCount - names.length;
  if (more <= 0 || joined === "") return joined;
  return moreNamesTemplate.replace(/\{(names|count)\}/g, (_, value) =>
    value === "names" ? joined : String(more),
  );
}

/**
 * Returns the first resource names of a cause as one text. If several failed subjobs have the same resource, the text
 * contains the name of the resource only once.
 */
export function formatFirstResourceNames({ resources, count }: Cause, moreNamesTemplate?: string): string {
  const nameCount = resources.length < MAX_RESOURCES ? resources.length : count;
  return formatNameList(resources.slice(0, SHOWN_NAMES), nameCount, moreNamesTemplate);
}

/**
 * Each row contains a pattern for job types, and the key of a text such as `30 of 30 nodes failed`. If several patterns
 * match a job type, the first one applies.
 */
const UNITS = [
  [/nodepool$/i, "cause.nodePools"],
  [/node(vm)?$/i, "cause.nodes"],
  [/cluster$/i, "cause.clusters"],
] as const satisfies readonly (readonly [RegExp, TextKey])[];
type CountTexts = Readonly<
  Record<(typeof UNITS)[number][1] | "cause.one" | "cause.oneOfUnknownType" | "cause.subJobs", string>
>;

/** English texts about failed subjobs, such as `{failed} of {total} nodes failed`. */
const COUNT_TEXTS: CountTexts = {
  "cause.one": "{type} failed",
  "cause.oneOfUnknownType": "A subjob failed",
  "cause.nodes": "{count} of {total} nodes failed",
  "cause.nodePools": "{count} of {total} node pools failed",
  "cause.clusters": "{count} of {total} clusters failed",
  "cause.subJobs": "{count} of {total} subjobs of type {type} failed",
};

/**
 * Describes how many subjobs of a type failed, for example `30 of 30 nodes failed`.
 * @param shownType the name of the job type that the reader sees
 */
export function describeFailedOfTotal(
  { type, count, total }: Pick<CauseInTree, "type" | "count" | "total">,
  texts: CountTexts = COUNT_TEXTS,
  shownType: string = type ?? "unknown",
): string {
  const unit = UNITS.find(([pattern]) => pattern.test(type ?? ""))?.[1] ?? "cause.subJobs";
  const one = type === null ? "cause.oneOfUnknownType" : "cause.one";
  return fillPlaceholdersEmptyIfMissing(texts[total === 1 ? one : unit], { count, total, type: shownType });
}

/**
 * Describes a cause in English, with some resource names. The returned text is, for example, `2 of 3 nodes failed:
 * pool-a-0, pool-a-1`.
 */
export function describeFailedOfTotalWithFirstNames(cause: CauseInTree): string {
  return [describeFailedOfTotal(cause), formatFirstResourceNames(cause)]
    .filter((text) => text !== "")
    .join(": ");
}
