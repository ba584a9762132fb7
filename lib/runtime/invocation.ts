import middy, { type MiddyfiedHandler } from "@middy/core";
import type { Context } from "aws-lambda";
import { addRequestIdToLogs } from "./log.ts";
import { publishMetrics } from "./metrics.ts";

/** The data of a Lambda invocation that a function may use. */
export interface Invocation {
  readonly requestId: string;
  /** Returns the number of milliseconds until Lambda ends the invocation. */
  remainingMs(): number;
}

/**
 * The time before the Lambda timeout at which an unfinished invocation returns an error. The failed invocation can then
 * still write its metrics. The default of the library Middy is 5 ms. On a busy machine, 5 ms are too short.
 */
const FLUSH_MARGIN_MS = 250;

/**
 * Creates a Lambda handler. All log lines of the handler contain the request ID, and the handler writes its metrics
 * even after an error.
 */
export function createLambdaHandler<Event, Result>(
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
    .before(({ context }) => addRequestIdToLogs(context.awsRequestId))
    .after(publishMetrics)
    .onError(publishMetrics);
}

/**
 * Creates the Lambda handler of a function that a schedule starts. Does not use the event that the schedule sends.
 */
export function createScheduleHandler(
  handle: (invocation: Invocation) => Promise<void>,
): MiddyfiedHandler<unknown, void> {
  return createLambdaHandler<unknown, void>((_event, invocation) => handle(invocation));
}
