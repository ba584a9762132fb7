import "../domain/zod-fields.ts";

/** Parses an answer that should be JSON; undefined where it is not. */
export function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
