import middy, { type MiddyfiedHandler } from "@middy/core";
import type { Context } from "aws-lambda";
import { addRequestIdToLogs } from "./log.ts";
import { publishMetrics } from "./metrics.ts";

export interface Invocation {
  readonly requestId: string;
  /** Returns the number of milliseconds until Lambda ends the invocation. */
  remainingMs(): number;
}

/**
 * An unfinished invocation returns an error this long before the Lambda timeout, so that the invocation can still write
 * its metrics. The default of the library Middy is 5 ms, which is too short on a busy machine.
 */
const FLUSH_MARGIN_MS = 250;

/**
 * Creates a Lambda handler. The log lines of the handler contain the request ID, and the handler writes its metrics even
 * after an error.
 * @param linesWithRequestId `problems` if only warnings and errors contain the request ID
 */
export function createLambdaHandler<Event, Result>(
  handle: (event: Event, invocation: Invocation) => Promise<Result>,
  linesWithRequestId: "all" | "problems" = "all",
): MiddyfiedHandler<Event, Result> {
  return middy<Event, Result>(
    (event: Event, context: Context) =>
      handle(event, {
        requestId: context.awsRequestId,
        remainingMs: () => context.getRemainingTimeInMillis(),
      }),
    { timeoutEarlyInMillis: FLUSH_MARGIN_MS },
  )
    .before(({ context }) => addRequestIdToLogs(context.awsRequestId, linesWithRequestId))
    .after(publishMetrics)
    .onError(publishMetrics);
}

/**
 * Creates the Lambda handler of a function that a schedule starts. The Lambda handler ignores the event that the
 * schedule sends.
 */
export function createScheduleHandler(
  handle: (invocation: Invocation) => Promise<void>,
): MiddyfiedHandler<unknown, void> {
  return createLambdaHandler<unknown, void>((_event, invocation) => handle(invocation));
}
