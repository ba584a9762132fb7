import { randomUUID } from "node:crypto";
import type { ScheduledEvent } from "aws-lambda";
import type { FunctionHost } from "../lambda/function-host.ts";
import type { Schedule } from "../template/schedules.ts";
import { ACCOUNT } from "../template/scope.ts";

/**
 * Invokes a function at its schedule's rate, first after one period, as EventBridge does.
 * @param options.speed makes the clock run so many times as fast.
 */
export function runSchedule(options: {
  schedule: Schedule;
  region: string;
  host: FunctionHost;
  speed: number;
}): { stop(): void } {
  const { schedule, region, host, speed } = options;
  const timer = setInterval(() => {
    const event: unknown =
      schedule.input === null
        ? scheduledEvent(schedule.ruleArn, region, new Date())
        : JSON.parse(schedule.input);
    void host.invoke(event);
  }, schedule.everyMs / speed);
  return { stop: () => clearInterval(timer) };
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html */
export function scheduledEvent(ruleArn: string, region: string, at: Date): ScheduledEvent {
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
