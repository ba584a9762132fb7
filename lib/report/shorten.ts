import type { Content } from "./content.ts";
import { cut, type Measure, units } from "./text.ts";

/** How much of a content is told, from all of it to hardly more than the headline. */
interface Level {
  readonly details: number;
  readonly reason: number;
  readonly text: number;
  readonly notes: number;
  readonly facts: number;
  readonly links: number;
}

const LEVELS: readonly Level[] = [
  { details: 1, reason: 1500, text: 250, notes: 6, facts: 9, links: 3 },
  { details: 1, reason: 700, text: 200, notes: 6, facts: 9, links: 3 },
  { details: 1, reason: 300, text: 160, notes: 3, facts: 9, links: 3 },
  { details: 0.6, reason: 300, text: 120, notes: 2, facts: 9, links: 3 },
  { details: 0.3, reason: 200, text: 100, notes: 1, facts: 9, links: 3 },
  { details: 0.1, reason: 150, text: 80, notes: 1, facts: 4, links: 2 },
  { details: 0.1, reason: 100, text: 60, notes: 0, facts: 2, links: 1 },
  { details: 0, reason: 0, text: 60, notes: 0, facts: 0, links: 0 },
];

/** A content cut to a level; `more` tells what was left out. */
export type Shortened = Content & { readonly more: string | null };

/** The fullest message that fits. The last level always does: it is the headline and the job's ID. */
export function tellWithin<T>(
  content: Content,
  render: (shortened: Shortened) => T,
  fits: (message: T) => boolean,
  measure: Measure = units,
): T {
  let message: T | undefined;
  for (const level of LEVELS) {
    message = render(shorten(content, level, measure));
    if (fits(message)) return message;
  }
  return message as T;
}

function shorten(content: Content, level: Level, measure: Measure): Shortened {
  const shown = content.details.slice(0, Math.ceil(content.firstDetails * level.details));
  const left = content.details.length - shown.length;
  return {
    ...content,
    facts: content.facts
      .slice(0, level.facts)
      .map(({ label, text }) => ({ label, text: cut(text, level.text, measure) })),
    details: shown.map(({ path, reason, hint }) => ({
      path: cut(path, level.text, measure),
      reason: reason === null ? null : cut(reason, level.reason, measure),
      hint: hint === null ? null : cut(hint, 250),
    })),
    notes: content.notes.slice(0, level.notes).map((note) => cut(note, level.text, measure)),
    links: content.links.slice(0, level.links),
    more: left === 0 ? null : `and ${left} more`,
  };
}
