import * as z from "zod/mini";
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

/**
 * A cause with its position in the tree. Messages for people need the position. Webhook events and the API do not need
 * it.
 */
export const CauseInTree = z.extend(Cause, {
  /** The types from the root job down to the first subjob of the group. The middle of a long path is not shown. */
  path: z.array(z.string()),
  /** The number of failed and other subjobs that have the type of the group. */
  total: Count,
});
export type CauseInTree = z.infer<typeof CauseInTree>;

/** Returns a cause with only the fields of webhook events and of the API. */
export function toCause({ type, reason, hint, count, resources }: CauseInTree): Cause {
  return { type, reason, hint, count, resources };
}

/** The number of names that a list of names for people shows. */
export const SHOWN_NAMES = 3;

/**
 * The English text for a list that shows only some of the names. This file does not import the texts of other
 * languages, because the command has only English texts.
 */
const MORE_NAMES = "{names} and {count} more";

/**
 * Returns names as text for people, such as `pool-a-0, pool-a-1, pool-a-2 and 27 more`.
 * @param count the number of all names, including the names that are not in `names`
 * @param moreNamesTemplate the text `names.more` of a language
 */
export function listNames(
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
export function resourcesText({ resources, count }: Cause, moreNamesTemplate?: string): string {
  return listNames(resources.slice(0, SHOWN_NAMES), count, moreNamesTemplate);
}
