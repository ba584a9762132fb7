import type { ReceivedNotification } from "../../local/receiver/notification-store.ts";

/**
 * A notification comes again only once the lease of the attempt before has ended: 35 s after its claim, which lies seconds
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
  arrived: readonly ReceivedNotification[],
  jobIds: readonly string[],
  targets: readonly string[],
): Tally {
  const owed = new Map<string, { jobId: string; target: string }>(
    jobIds.flatMap((jobId) => targets.map((target) => [`${target} ${jobId}`, { jobId, target }] as const)),
  );
  const taken = new Map<string, ReceivedNotification[]>();
  for (const notification of arrived) {
    const { data } = JSON.parse(notification.body) as { data: { jobId: string } };
    const unit = `${notification.path.split("/").at(-1)} ${data.jobId}`;
    taken.set(unit, [...(taken.get(unit) ?? []), notification]);
  }
  let [unexpected, duplicates, duplicatesOutsideWindow] = [0, 0, 0];
  for (const [unit, notifications] of taken) {
    if (!owed.has(unit)) unexpected += 1;
    if (new Set(notifications.map(({ headers }) => headers["webhook-id"])).size > 1) unexpected += 1;
    for (const [i, { at }] of notifications.entries()) {
      const before = notifications[i - 1];
      if (before === undefined) continue;
      duplicates += 1;
      if (Date.parse(at) - Date.parse(before.at) < LEAST_GAP_MS) duplicatesOutsideWindow += 1;
    }
  }
  const missing = [...owed].flatMap(([unit, what]) => (taken.has(unit) ? [] : [what]));
  return { told: owed.size - missing.length, missing, unexpected, duplicates, duplicatesOutsideWindow };
}
