import { SQS_MAX_DELAY_SECONDS } from "../domain/sqs-limits.ts";

/** A delay SQS would not take: it knows whole seconds from 0 to 900. */
export class DelayOutOfRangeError extends RangeError {
  override readonly name = "DelayOutOfRangeError";
}

/** Throws `DelayOutOfRangeError` unless SQS can delay a message by so much. */
export function checkDelay(seconds: number): void {
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= SQS_MAX_DELAY_SECONDS) return;
  throw new DelayOutOfRangeError(
    `a delay of ${seconds} s is not a whole number from 0 to ${SQS_MAX_DELAY_SECONDS}`,
  );
}
