/** The fields that decide nothing in the steps and the checks. */
const UNREAD = new Set([
  ...["polledAt", "updatedAt", "createdAt", "lagSeconds", "expiresAt", "durations", "durationSeconds"],
  // An invocation only compares its receipt handle with the handle of the message in the queue. See `livePosition`.
  "receiptHandle",
  // Only people read what the polls saw.
  ...["tree", "phase", "jobType", "resourceName"],
  // No receiver refuses, so only people read the attempts.
  ...["attempts", "history", "at"],
  // No watch comes near its deadline. See `checkDeadline`.
  "deadlineAt",
  // See `liveWatch`, `liveEnd` and `Position` for what is read of these times.
  ...["acceptedAt", "concludedAt"],
]);

/**
 * The fields that nothing reads after the watch has succeeded. An end of the watch by another poll is then refused, and
 * a stop and a repeated submission change nothing.
 */
const UNREAD_AFTER_SUCCESS = new Set(["poll", "pollDone", "previousPolls"]);

/** The functions that read the times of a watch differently from other functions. */
export type Reader = "poll" | "sweep" | "other";

/** The times of the exploration, in milliseconds. Other numbers in a state are smaller. */
const TIME = /\b179[56]\d{9}\b/g;

/**
 * Writes what later steps read of a part. Two states allow the same schedules and show the same violations if they
 * differ only in what no later step and no check reads. All times in the text are relative, because the steps only
 * compare times and add to times.
 * @param from the time to which the times in the text are relative, or null for a text without times
 * @param isOver the watch has succeeded
 * @param reader the function that has read the part
 */
export function liveText(
  part: unknown,
  from: number | null,
  isOver: boolean,
  reader: Reader = "other",
): string {
  const text = JSON.stringify(part, (name, value) => {
    if (UNREAD.has(name) || (isOver && UNREAD_AFTER_SUCCESS.has(name))) return undefined;
    if (name === "nextPollAt" && reader !== "sweep") return undefined;
    if (name === "receivedAt") return value === null ? null : 0;
    // Only a poll ends the watch with the time of the outcome. The rest of a summary is only shown to people.
    if (name === "summary" && value !== null) {
      const { outcome, context, concludedAt } = value;
      return { outcome, context, endedAt: reader === "poll" && !isOver ? concludedAt : null };
    }
    // A lease that has ended and a message that is visible remain so.
    if (name === "leaseUntil" && from !== null && typeof value === "number" && value > 0 && value < from)
      return 1;
    // No message is received often enough to be given up.
    if (name === "receiveCount") return Math.min(value, 1);
    if (name === "visibleAt" && from !== null && value <= from) return 0;
    return value;
  });
  // The body of a message is a text in this text.
  const unread = isOver ? /\\*"(deadlineAt|poll)\\*":\d+/g : /\\*"deadlineAt\\*":\d+/g;
  return text
    .replaceAll(unread, "")
    .replaceAll(TIME, (time) => (from === null ? "time" : `@${Number(time) - from}`));
}
