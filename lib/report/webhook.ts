import type { Conclusion } from "../conclusion.ts";
import type { Instant } from "../job.ts";

type Event = Readonly<Record<string, unknown>>;

/** The event of a job's end, in the envelope of Standard Webhooks (https://www.standardwebhooks.com). */
export function jobEvent(conclusion: Conclusion): Event {
  return {
    type: `job.${conclusion.outcome}`,
    timestamp: conclusion.watch.concludedAt,
    data: conclusion,
  };
}

/** The event an operator asks for to see that a target can be reached. */
export function testEvent(target: string, now: Instant): Event {
  return { type: "target.test", timestamp: new Date(now).toISOString(), data: { target } };
}

/** Tells the fallback target that another one takes nothing any more, and since when. */
export function targetGoneEvent(target: string, since: Instant): Event {
  const at = new Date(since).toISOString();
  return { type: "target.gone", timestamp: at, data: { target, since: at } };
}
