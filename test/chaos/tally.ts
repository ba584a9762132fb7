import type { ReceivedNotification } from "../../local/receiver/notification-store.ts";

/**
 * The shortest time between two copies of a notification after a kill. The second attempt starts when the lease of the
 * first one has ended, 35 s after its claim. The claim is at most some seconds before the request.
 */
const MIN_GAP_MS = 25_000;

interface Tally {
  readonly delivered: number;
  readonly missing: readonly { readonly jobId: string; readonly target: string }[];
  /** Requests without a job and target, and requests with a second `webhook-id` for one job and target. */
  readonly unexpected: number;
  readonly duplicates: number;
  readonly duplicatesOutsideWindow: number;
}

/** Compares the requests of the receivers with the expected notifications. */
export function tally(
  arrived: readonly ReceivedNotification[],
  jobIds: readonly string[],
  targets: readonly string[],
): Tally {
  const expected = new Map<string, { jobId: string; target: string }>(
    jobIds.flatMap((jobId) => targets.map((target) => [`${target} ${jobId}`, { jobId, target }] as const)),
  );
  const received = new Map<string, ReceivedNotification[]>();
  for (const notification of arrived) {
    const { data } = JSON.parse(notification.body) as { data: { jobId: string } };
    const unit = `${notification.path.split("/").at(-1)} ${data.jobId}`;
    received.set(unit, [...(received.get(unit) ?? []), notification]);
  }
  let [unexpected, duplicates, duplicatesOutsideWindow] = [0, 0, 0];
  for (const [unit, notifications] of received) {
    if (!expected.has(unit)) unexpected += 1;
    if (new Set(notifications.map(({ headers }) => headers["webhook-id"])).size > 1) unexpected += 1;
    for (const [i, { at }] of notifications.entries()) {
      const before = notifications[i - 1];
      if (before === undefined) continue;
      duplicates += 1;
      if (Date.parse(at) - Date.parse(before.at) < MIN_GAP_MS) duplicatesOutsideWindow += 1;
    }
  }
  const missing = [...expected].flatMap(([unit, what]) => (received.has(unit) ? [] : [what]));
  return {
    delivered: expected.size - missing.length,
    missing,
    unexpected,
    duplicates,
    duplicatesOutsideWindow,
  };
}
