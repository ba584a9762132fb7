import { readFile } from "node:fs/promises";
import { parseConfig } from "../../lib/config.ts";

export class ConfigRefusedError extends Error {
  override name = "ConfigRefusedError";

  constructor(file: string, faults: readonly string[]) {
    super(`${file} has faults:\n${faults.map((fault) => `- ${fault}`).join("\n")}`);
  }
}

/** Checks a config file as the functions will; throws `ConfigRefusedError` with every fault in it. */
export async function checkConfig(file: string): Promise<void> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new ConfigRefusedError(file, [
      `(the file): cannot be read (${(error as NodeJS.ErrnoException).code})`,
    ]);
  });
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // What JSON.parse says quotes the text, which may be a secret.
    throw new ConfigRefusedError(file, ["(the document): is not JSON"]);
  }
  const parsed = parseConfig(document);
  if (parsed.kind === "faults") throw new ConfigRefusedError(file, parsed.faults);
}
