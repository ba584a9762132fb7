import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { ScheduledEvent } from "aws-lambda";
import type { FunctionHost } from "../lambda/function-host.ts";
import { ACCOUNT_ID } from "../template/scope.ts";
import type { Schedule } from "../template/triggers.ts";

/**
 * A restart of the local stack deletes all SQS messages, because the queues are in memory. The sweep function sends a
 * lost poll message again as soon as the poll is overdue. SQS delays a message by at most 900 s. Therefore all lost
 * polls are overdue within 930 s. In the first 930 s after a restart, the sweep function runs every 10 s.
 */
const CATCH_UP_INTERVAL_MS = 10_000;
const CATCH_UP_DURATION_MS = 930_000;

/**
 * The pause before the next invocation of a throttled function. On AWS, the pause of a throttled function grows from
 * one second to five minutes.
 */
const THROTTLE_PAUSE_MS = 1_000;

/**
 * Invokes a function regularly, at the rate of its schedule. The first invocation starts after one period of the
 * schedule, as in EventBridge. If Lambda throttles the invocation, the invocation is repeated, as for EventBridge.
 * @param options.speed the factor by which the schedule runs faster than in the CloudFormation template.
 * @param options.catchUp true if the scheduled function is also invoked immediately and every 10 s for the next 930 s.
 */
export function startRateSchedule(options: {
  schedule: Schedule;
  region: string;
  host: Pick<FunctionHost, "invoke">;
  speed: number;
  catchUp: boolean;
}): { stop(): void } {
  const { schedule, region, host, speed, catchUp } = options;
  const invoke = () => {
    const event: unknown =
      schedule.input === null
        ? scheduledEvent(schedule.ruleArn, region, new Date())
        : JSON.parse(schedule.input);
    void invokeUntilAccepted(event);
  };
  const stopping = new AbortController();
  const invokeUntilAccepted = async (event: unknown): Promise<void> => {
    while (!stopping.signal.aborted && (await host.invoke(event)).kind === "throttled")
      await wait(THROTTLE_PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => {});
  };
  const timers = [setInterval(invoke, schedule.periodMs / speed)];
  if (catchUp) {
    invoke();
    const interval = setInterval(invoke, CATCH_UP_INTERVAL_MS / speed);
    timers.push(
      interval,
      setTimeout(() => clearInterval(interval), CATCH_UP_DURATION_MS / speed),
    );
  }
  return {
    stop() {
      stopping.abort();
      timers.forEach(clearTimeout);
    },
  };
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html */
function scheduledEvent(ruleArn: string, region: string, at: Date): ScheduledEvent {
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": "Scheduled Event",
    source: "aws.events",
    account: ACCOUNT_ID,
    time: at.toISOString().replace(/\.\d+Z$/, "Z"),
    region,
    resources: [ruleArn],
    detail: {},
  };
}
