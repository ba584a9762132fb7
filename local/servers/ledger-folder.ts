import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Level } from "level";

export class LedgerFolderError extends Error {
  override name = "LedgerFolderError";

  constructor(path: string, what: string, options: ErrorOptions) {
    super(`LEDGER_DIR ${path} ${what}`, options);
  }
}

/**
 * Makes sure that tables can be kept in a folder, which is made where there is none, and that nobody else keeps
 * theirs there: dynalite would come upon either only at its first request, and take the process down. Throws
 * `LedgerFolderError`, in words for whoever set LEDGER_DIR.
 */
export async function prepareLedgerFolder(path: string): Promise<void> {
  try {
    await makeFolder(path);
  } catch (cause) {
    throw new LedgerFolderError(path, `cannot be made: ${wordsOf(cause)}`, { cause });
  }
  const level = new Level(path);
  try {
    await level.open();
  } catch (cause) {
    // Level says only that it is not open; what keeps it from that is the cause.
    const why = cause instanceof Error ? cause.cause : cause;
    const isLocked = why instanceof Error && "code" in why && why.code === "LEVEL_LOCKED";
    const what = isLocked
      ? "is in use by another stack: stop that one, or set another folder"
      : `cannot be opened: ${wordsOf(why)}`;
    throw new LedgerFolderError(path, what, { cause });
  } finally {
    await level.close();
  }
}

/** Folder by folder: Node's own `recursive` never ends in /proc, where making a folder says that its parent is missing. */
async function makeFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) return;
  if (found !== null) throw new Error(`${path} is not a folder`);
  await makeFolder(dirname(path));
  await mkdir(path);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
