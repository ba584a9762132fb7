import { jest } from "@jest/globals";
import { startRateSchedule } from "../../../local/events/schedule-runner.ts";
import type { InvocationResult } from "../../../local/lambda/runtime-api.ts";
import { eventually } from "../../support/eventually.ts";
import { startToyStack } from "../../support/toy-stack.ts";

describe("a schedule", () => {
  it("invokes its function repeatedly with a scheduled event", async () => {
    const stack = await startToyStack(600);
    const ticks = () =>
      stack.lines.filter((line) => /^tick .*"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/.test(line));
    await eventually("two events", () => ticks().length >= 2);
    await stack.stop();
  });

  it("invokes a throttled function again", async () => {
    const results: InvocationResult[] = [{ kind: "throttled" }, { kind: "result", result: null }];
    let accepted = 0;
    const host = {
      invoke: async (): Promise<InvocationResult> => {
        const result = results.shift() ?? { kind: "throttled" };
        if (result.kind === "result") accepted += 1;
        return result;
      },
    };
    const schedule = { ruleArn: "arn", functionArn: "arn", periodMs: 3_600_000, input: null };
    const { stop } = startRateSchedule({ schedule, region: "eu-central-1", host, speed: 1, catchUp: true });
    await eventually("the second invocation", () => accepted === 1);
    stop();
  });

  describe("with a fake clock", () => {
    beforeEach(() => {
      jest.useFakeTimers();
    });
    afterEach(() => {
      jest.useRealTimers();
    });

    /** Returns the seconds at which a five-minute schedule invokes its function in the first 20 minutes. */
    function invokedAt(catchUp: boolean, speed = 1): number[] {
      const start = Date.now();
      const at: number[] = [];
      const host = {
        invoke: async (): Promise<InvocationResult> => {
          at.push((Date.now() - start) / 1000);
          return { kind: "result", result: null };
        },
      };
      const schedule = { ruleArn: "arn", functionArn: "arn", periodMs: 300_000, input: null };
      const { stop } = startRateSchedule({ schedule, region: "eu-central-1", host, speed, catchUp });
      jest.advanceTimersByTime(1_200_000);
      stop();
      jest.advanceTimersByTime(1_200_000);
      return at;
    }

    it("invokes its function for the first time after one period", () => {
      expect(invokedAt(false)).toEqual([300, 600, 900, 1200]);
      expect(invokedAt(false, 2).slice(0, 3)).toEqual([150, 300, 450]);
    });

    it("with catchUp, invokes its function immediately and then every 10 s for 930 s", () => {
      const catchUps = Array.from({ length: 93 }, (_, index) => index * 10);
      const at = invokedAt(true);
      expect([...new Set(at)]).toEqual(expect.arrayContaining([...catchUps, 1200]));
      expect(at.filter((second) => second > 930)).toEqual([1200]);
    });
  });
});
