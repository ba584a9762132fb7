import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";

/**
 * The words of a fault: `zod/mini` has none of its own and would say "Invalid input" to everything. Imported by
 * whatever makes a schema, or by something that it imports; a test sees to that.
 */
z.config(en());

/** A fault in words; of a record's key, what was said of the key itself. */
export function wordsOf(issue: z.core.$ZodIssue): string {
  const said = issue.code === "invalid_key" ? issue.issues[0]?.message : undefined;
  return said ?? issue.message;
}
