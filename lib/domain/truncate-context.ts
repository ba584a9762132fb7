import type { Context } from "./context.ts";
import { jsonBytes } from "./measure.ts";
import { cut } from "./truncate-text.ts";

const FIELD_BYTES = 600;
const LABELS_BYTES = 6000;

/** The caller's context, cut to its share of the event, and how many labels found no place in it. */
export function tellContext(context: Context): { readonly context: Context; readonly left: number } {
  const { labels, ...rest } = context;
  const told: Context = { ...rest };
  if (told.runUrl !== undefined) told.runUrl = told.runUrl.toWellFormed();
  for (const name of ["actor", "pipeline", "commit"] as const) {
    const value = told[name];
    if (value !== undefined) told[name] = cut(value, FIELD_BYTES, jsonBytes);
  }
  if (labels === undefined) return { context: told, left: 0 };
  let used = 0;
  const all = Object.entries(labels).map(
    ([name, value]) => [name.toWellFormed(), value.toWellFormed()] as const,
  );
  const kept = all.filter(([name, value]) => {
    const size = Buffer.byteLength(JSON.stringify({ [name]: value }));
    if (used + size > LABELS_BYTES) return false;
    used += size;
    return true;
  });
  return { context: { ...told, labels: Object.fromEntries(kept) }, left: all.length - kept.length };
}
