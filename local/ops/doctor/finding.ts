/** One thing the doctor looked at: what was found, and what to do about it. */
export interface Finding {
  readonly what: string;
  readonly state: "ok" | "warning" | "fault";
  readonly words: string;
  readonly remedy?: string;
}

const MARKS = { ok: "ok     ", warning: "warning", fault: "FAULT  " } as const;

/** One line for what was found, and one for its remedy. */
export function findingLines({ what, state, words, remedy }: Finding): string {
  const line = `${MARKS[state]} ${what}: ${words}`;
  return remedy === undefined ? line : `${line}\n        ${remedy}`;
}

/** An error in one word: Node's code or AWS's name, never its text. */
export function wordFor(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error ? String(error.code) : error.name;
}
