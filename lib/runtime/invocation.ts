import middy, { type MiddyfiedHandler } from "@middy/core";
import type { Context } from "aws-lambda";
import { logWithRequest } from "./log.ts";
import { publishMetrics } from "./metrics.ts";

/** What a function may know of the invocation it runs in. */
export interface Invocation {
  readonly requestId: string;
  /** Milliseconds until Lambda ends this invocation. */
  remainingMs(): number;
}

/**
 * An invocation that runs out of time fails so long before Lambda ends its process: time to write its metrics, also
 * on a machine that is busy. (middy's own 5 ms come too late there.)
 */
const LAST_WORDS_MS = 250;

/** The stack every function stands on: correlated log lines, and metrics that are written whatever happens. */
export function onLambda<Event, Result>(
  handle: (event: Event, invocation: Invocation) => Promise<Result>,
): MiddyfiedHandler<Event, Result> {
  return middy<Event, Result>(
    (event: Event, context: Context) =>
      handle(event, {
        requestId: context.awsRequestId,
        remainingMs: () => context.getRemainingTimeInMillis(),
      }),
    { timeoutEarlyInMillis: LAST_WORDS_MS },
  )
    .before(({ context }) => logWithRequest(context.awsRequestId))
    .after(publishMetrics)
    .onError(publishMetrics);
}
