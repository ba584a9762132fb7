import { logSweepFailure, logSwept } from "../../../functions/sweep/sweep.ts";
import { capturedLog } from "../captured-log.ts";

const KEY = { project: "prod", jobId: "job-1" };

test("a run of the sweep is logged with its counts", async () => {
  const { logged, metrics } = await capturedLog(() =>
    logSwept({ polls: 2, notifications: 1, failed: 1, finished: false }),
  );
  expect(logged).toEqual([{ message: "swept", polls: 2, notifications: 1, failed: 1, finished: false }]);
  expect(metrics).toMatchObject({ SweepFound: 3, SweepFailures: 2, NotificationsOverdue: 1 });
});

test("a sweep without overdue notifications writes no metric of overdue notifications", async () => {
  const { metrics } = await capturedLog(() =>
    logSwept({ polls: 2, notifications: 0, failed: 0, finished: true }),
  );
  expect(metrics).toMatchObject({ SweepFound: 2, SweepFailures: 0 });
  expect(metrics).not.toHaveProperty("NotificationsOverdue");
});

test("a failure of the sweep is logged with the watch or target and the error", async () => {
  const { logged } = await capturedLog(() => {
    logSweepFailure(KEY, new Error("throttled"));
    logSweepFailure({ target: "audit" }, new Error("no such item"));
  });
  expect(logged).toMatchObject([
    { message: "sweep failed", project: "prod", job_id: "job-1", error: { message: "throttled" } },
    { message: "sweep failed", target: "audit", error: { message: "no such item" } },
  ]);
});
