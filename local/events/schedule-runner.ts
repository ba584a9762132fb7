import { randomUUID } from "node:crypto";
import type { ScheduledEvent } from "aws-lambda";
import type { FunctionHost } from "../lambda/function-host.ts";
import type { Schedule } from "../template/schedules.ts";
import { ACCOUNT } from "../template/scope.ts";

/**
 * After a stack that kept its ledger was killed, what its queues held is known to the ledger only, which counts a poll
 * as lost 30 s after it was planned, and the longest delay of a queue is 900 s: for as long as one of them may come
 * to be overdue, so often is polled.
 */
const CATCH_UP = { everyMs: 10_000, forMs: 930_000 };

/**
 * Invokes a function at its schedule's rate, first after one period, as EventBridge does.
 * @param options.speed makes the clock run so many times as fast.
 * @param options.catchUp invokes it at once as well, and every 10 s for the first quarter of an hour.
 */
export function runSchedule(options: {
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
    void host.invoke(event);
  };
  const timers = [setInterval(invoke, schedule.everyMs / speed)];
  if (catchUp) {
    invoke();
    const often = setInterval(invoke, CATCH_UP.everyMs / speed);
    timers.push(
      often,
      setTimeout(() => clearInterval(often), CATCH_UP.forMs / speed),
    );
  }
  return { stop: () => timers.forEach(clearTimeout) };
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html */
function scheduledEvent(ruleArn: string, region: string, at: Date): ScheduledEvent {
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": "Scheduled Event",
    source: "aws.events",
    account: ACCOUNT,
    time: at.toISOString().replace(/\.\d+Z$/, "Z"),
    region,
    resources: [ruleArn],
    detail: {},
  };
}
