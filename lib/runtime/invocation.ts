import middy, { type MiddyfiedHandler } from "@middy/core";
import type { Context } from "aws-lambda";
import { addRequestIdToLogs } from "./log.ts";
import { publishMetrics } from "./metrics.ts";

export interface Invocation {
  readonly requestId: string;
  /** Returns the milliseconds until Lambda ends the running invocation. */
  remainingMs(): number;
}

/**
 * If an invocation takes too long, it ends with an error, `FLUSH_MARGIN_MS` before the time limit of Lambda. The
 * function needs this margin to write its metrics. The default margin of the package Middy is 5 ms, which is too short
 * on a busy machine.
 */
const FLUSH_MARGIN_MS = 250;

/**
 * Creates a Lambda handler. All log lines of the handler contain the request ID. The handler writes its metrics even if
 * it ends with an error.
 * @param linesWithRequestId with `problems`, only warnings and errors contain the request ID
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

/** Creates the Lambda handler of a function that runs on a schedule. The handler does not use the event. */
export function createScheduleHandler(
  handle: (invocation: Invocation) => Promise<void>,
): MiddyfiedHandler<unknown, void> {
  return createLambdaHandler<unknown, void>((_event, invocation) => handle(invocation));
}
