import { jest } from "@jest/globals";
import { publishMetrics } from "../../../lib/runtime/metrics.ts";
import { startSchedule } from "../../../server/process/schedule.ts";
import { captured } from "../../lib/runtime/captured.ts";

test("a failed run is logged and writes no metric of the sweep", async () => {
  const lines = await captured(async () => {
    const schedule = startSchedule("audit", 3_600_000, () => Promise.reject(new Error("the disk is full")));
    schedule.stop();
    await schedule.ended();
    publishMetrics();
  });
  expect(lines).toMatchObject([{ message: "scheduled run failed", name: "audit" }]);
});

describe("a schedule", () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test("starts the first run at once, and each further run after the interval, even after a failed run", async () => {
    let runs = 0;
    await captured(async () => {
      const schedule = startSchedule("sweep", 1000, async () => {
        runs += 1;
        if (runs === 1) throw new Error("planned");
      });
      expect(runs).toBe(1);
      await jest.advanceTimersByTimeAsync(2000);
      expect(runs).toBe(3);
      schedule.stop();
      await jest.advanceTimersByTimeAsync(5000);
      expect(runs).toBe(3);
    });
  });

  test("starts no run while the previous run is not over, and its end waits for the run", async () => {
    const end = Promise.withResolvers<void>();
    let runs = 0;
    const schedule = startSchedule("sweep", 1000, () => {
      runs += 1;
      return end.promise;
    });
    await jest.advanceTimersByTimeAsync(3000);
    expect(runs).toBe(1);
    schedule.stop();
    let isEnded = false;
    const ended = schedule.ended().then(() => {
      isEnded = true;
    });
    await jest.advanceTimersByTimeAsync(0);
    expect(isEnded).toBe(false);
    end.resolve();
    await ended;
  });
});
