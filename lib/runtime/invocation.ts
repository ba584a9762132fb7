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
 * An invocation that runs out of time fails this long before Lambda ends its process, so it can still write its
 * metrics. Middy's default of 5 ms is too short on a busy machine.
 */
const FLUSH_MARGIN_MS = 250;

/**
 * The Lambda handler of every function: log lines carry the request ID, and metrics are written even after an error.
 */
export function onLambda<Event, Result>(
  handle: (event: Event, invocation: Invocation) => Promise<Result>,
): MiddyfiedHandler<Event, Result> {
  return middy<Event, Result>(
    (event: Event, context: Context) =>
      handle(event, {
        requestId: context.awsRequestId,
        remainingMs: () => context.getRemainingTimeInMillis(),
      }),
    { timeoutEarlyInMillis: FLUSH_MARGIN_MS },
  )
    .before(({ context }) => logWithRequest(context.awsRequestId))
    .after(publishMetrics)
    .onError(publishMetrics);
}

/** The Lambda handler of a function that a schedule starts. The event contains nothing that the function needs. */
export function scheduleHandler(handle: (invocation: Invocation) => Promise<void>) {
  return onLambda<unknown, void>((_event, invocation) => handle(invocation));
}
