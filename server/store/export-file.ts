import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import * as z from "zod/mini";
import { parseJsonOrUndefined } from "../../lib/domain/json.ts";

/** The error for a file that this release cannot import. */
class ExportUnusableError extends Error {
  override readonly name = "ExportUnusableError";
}

export const EXPORT_TABLES = ["watch", "record", "duration", "message"] as const;
const EXPORT_VERSION = 1;

const Header = z.strictObject({
  export: z.literal("cce-job-notifier"),
  version: z.literal(EXPORT_VERSION),
  /** True if the service ran during the export. Then the export may not contain the latest data. */
  whileRunning: z.optional(z.literal(true)),
});
const Line = z.strictObject({
  table: z.enum(EXPORT_TABLES),
  row: z.record(z.string().check(z.regex(/^[a-z_]+$/)), z.union([z.string(), z.number(), z.null()])),
});
type Line = z.infer<typeof Line>;

interface Export {
  readonly whileRunning: boolean;
  readonly rows: readonly Line[];
}

export function formatExportHeader(whileRunning: boolean): string {
  const header = { export: "cce-job-notifier", version: EXPORT_VERSION };
  return JSON.stringify(whileRunning ? { ...header, whileRunning } : header);
}

/**
 * Reads the file that the command `export` has written.
 * @throws ExportUnusableError if the file is not an export that this release can read.
 */
export async function readExportFile(file: string): Promise<Export> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) lines.push(line);
  const [first, ...rest] = lines;
  const header = Header.safeParse(parseJsonOrUndefined(first ?? ""));
  const rows = rest.map((text) => Line.safeParse(parseJsonOrUndefined(text)));
  if (!header.success)
    throw new ExportUnusableError(`The file ${file} is not an export that this release can read.`);
  const faulty = rows.findIndex(({ success }) => !success);
  if (faulty >= 0) throw new ExportUnusableError(`Line ${faulty + 2} of the file ${file} is damaged.`);
  return {
    whileRunning: header.data.whileRunning ?? false,
    rows: rows.flatMap(({ data }) => data ?? []),
  };
}
