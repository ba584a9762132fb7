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
