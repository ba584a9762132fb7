import type { CALLS } from "./explore-schedules.ts";

/** The planted bugs that the small system can show, each with the calls that show it with the fewest steps. */
export const VISIBLE_PLANTS: Readonly<Partial<Record<string, keyof typeof CALLS>>> = {
  "advance-then-send": "none",
  "done-before-send": "none",
  "ack-own-lease": "none",
  "no-claim": "none",
  "short-visibility": "none",
  "record-before-post": "none",
  "sweep-unclaimed": "none",
  "forget-target": "none",
  "key-without-target": "none",
};

const ONE_CALLER = "cannot be visible, because the small system has one caller";
const NO_DISCOVERY = "cannot be visible, because the small system has no discovery";

/** The other planted bugs, each with the reason why the small system cannot show it. */
export const HIDDEN_PLANTS: Readonly<Record<string, string>> = {
  "recursion-terminate": "cannot be visible, because the small system has fewer than 16 polls",
  "swallow-batch-failure": "cannot be visible, because SQS accepts each message of the small system",
  "fail-by-position": "cannot be visible, because each batch of the small system has one message",
  "ack-malformed": "cannot be visible, because the small system has no malformed message",
  "conclude-at-success": "cannot be visible, because the watch does not wait for the resource",
  "off-at-first-gone": "cannot be visible, because each target of the small system exists",
  "shared-watch": ONE_CALLER,
  "stop-for-all": ONE_CALLER,
  "own-generation": ONE_CALLER,
  "earlier-deadline": "cannot be visible, because the deadline of the watch never comes",
  "slow-by-few": "cannot be visible, because no target asks for slow jobs",
  "forget-slow": "cannot be visible, because no target asks for slow jobs",
  "operation-as-job": "cannot be visible, because the call names a job and no operation",
  "discover-ended": NO_DISCOVERY,
  "discover-unsent": NO_DISCOVERY,
  "discover-unleased": NO_DISCOVERY,
};
