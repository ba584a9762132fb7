import { cut } from "./truncate-text.ts";
import type { Place } from "./walk-tree.ts";

const MOST_NAMED = 5;
const NAME_CHARACTERS = 40;

/** `Still running: InstallMaster (m-0), InstallNode and 3 more.`; null where nothing is. `pending` is in tree order. */
export function stillRunning(pending: readonly Place[]): string | null {
  const running = pending.filter(isRunning);
  // Of a job that runs because one below it does, the one below is the news.
  const parents = new Set(running.map(({ above }) => above));
  const news = running.filter((place) => !parents.has(place));
  if (news.length === 0) return null;
  const named = news.slice(0, MOST_NAMED).map(nameOf);
  const more = news.length > named.length ? ` and ${news.length - named.length} more` : "";
  return `Still running: ${named.join(", ")}${more}.`;
}

/** `Initializing` is a subjob that waits for its turn. */
function isRunning({ job }: Place): boolean {
  return job.phase !== null && !/^\s*initializing\s*$/i.test(job.phase);
}

function nameOf({ job }: Place): string {
  const type = cut(job.type ?? "unknown", NAME_CHARACTERS);
  return job.resourceName === null ? type : `${type} (${cut(job.resourceName, NAME_CHARACTERS)})`;
}
