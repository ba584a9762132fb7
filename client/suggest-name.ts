const MAX_DISTANCE = 2;

/** Returns the name that is most similar to a mistyped name, or null if no name is similar. */
export function suggestName(typed: string, names: readonly string[]): string | null {
  const scored = names
    .map((name) => ({ name, distance: countEdits(typed.toLowerCase(), name.toLowerCase()) }))
    // A suggestion for a short name may differ in only a few characters.
    .filter(({ name, distance }) => distance <= Math.min(MAX_DISTANCE, Math.floor(name.length / 2)))
    .sort((a, b) => a.distance - b.distance);
  return scored[0]?.name ?? null;
}

/**
 * Returns the smallest number of edits that change one text into another text. An edit inserts, removes or replaces one
 * character, or swaps two neighbours (optimal string alignment distance).
 */
function countEdits(from: string, to: string): number {
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, j) => j);
  let beforeLast = last;
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const isSame = from[i - 1] === to[j - 1];
      const edits = [at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (isSame ? 0 : 1)];
      const isSwapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row.push(Math.min(...edits, isSwapped ? at(beforeLast, j - 2) + 1 : Number.POSITIVE_INFINITY));
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, to.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;
