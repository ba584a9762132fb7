import type { Arrived } from "../../local/sink/notice-store.ts";

/**
 * A notice comes again only once the lease of the attempt before has ended: 35 s after its claim, which lies seconds
 * before the request at most.
 */
const LEAST_GAP_MS = 25_000;

export interface Tally {
  readonly told: number;
  readonly missing: readonly { readonly jobId: string; readonly target: string }[];
  /** Requests that belong to no job and target, or to one of them under another ID. */
  readonly unexpected: number;
  readonly duplicates: number;
  readonly duplicatesOutsideWindow: number;
}

/** What the receivers took, against what they should have taken. */
export function tally(
  arrived: readonly Arrived[],
  jobIds: readonly string[],
  targets: readonly string[],
): Tally {
  const owed = new Map<string, { jobId: string; target: string }>(
    jobIds.flatMap((jobId) => targets.map((target) => [`${target} ${jobId}`, { jobId, target }] as const)),
  );
  const taken = new Map<string, Arrived[]>();
  for (const notice of arrived) {
    const { data } = JSON.parse(notice.body) as { data: { jobId: string } };
    const unit = `${notice.path.split("/").at(-1)} ${data.jobId}`;
    taken.set(unit, [...(taken.get(unit) ?? []), notice]);
  }
  let [unexpected, duplicates, duplicatesOutsideWindow] = [0, 0, 0];
  for (const [unit, notices] of taken) {
    if (!owed.has(unit)) unexpected += 1;
    if (new Set(notices.map(({ headers }) => headers["webhook-id"])).size > 1) unexpected += 1;
    for (const [i, { at }] of notices.entries()) {
      const before = notices[i - 1];
      if (before === undefined) continue;
      duplicates += 1;
      if (Date.parse(at) - Date.parse(before.at) < LEAST_GAP_MS) duplicatesOutsideWindow += 1;
    }
  }
  const missing = [...owed].flatMap(([unit, what]) => (taken.has(unit) ? [] : [what]));
  return { told: owed.size - missing.length, missing, unexpected, duplicates, duplicatesOutsideWindow };
}
