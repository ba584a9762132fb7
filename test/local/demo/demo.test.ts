import { jest } from "@jest/globals";
import { runDemo } from "../../../local/demo/demo.ts";
import { DEMO_TARGETS, type DemoJob } from "../../../local/demo/demo-environment.ts";
import { NotificationStore } from "../../../local/receiver/notification-store.ts";

const JOBS: readonly DemoJob[] = ["job-1", "job-2"].map((jobId) => ({ title: jobId, jobId, submission: {} }));

afterEach(() => {
  jest.restoreAllMocks();
});

/** Adds one notification of a job for each target. */
function notifyAll(notifications: NotificationStore, jobId: string): void {
  for (const target of DEMO_TARGETS)
    notifications.add({
      at: "2026-11-23T09:30:00.000Z",
      channel: "slack",
      path: `slack/${target}`,
      headers: {},
      body: JSON.stringify({ text: `Succeeded: ${jobId}` }),
      status: 200,
      signature: null,
    });
}

/** Runs a demo of two jobs that gets the notifications of the given jobs. */
async function runWithNotificationsOf(
  jobIds: readonly string[],
  timeLimitMs: number,
): Promise<readonly [boolean, number]> {
  jest
    .spyOn(globalThis, "fetch")
    .mockImplementation(async (_url, { method } = {}) =>
      method === "POST" ? Response.json({ jobs: [{}] }) : new Response(null, { status: 404 }),
    );
  const notifications = new NotificationStore();
  for (const jobId of jobIds) notifyAll(notifications, jobId);
  let shown = 0;
  const isComplete = await runDemo({
    jobs: JOBS,
    apiUrl: "http://127.0.0.1:4000",
    token: "token",
    notifications,
    sendEvents: async () => undefined,
    screen: {
      hasColours: false,
      columns: () => 80,
      print: () => undefined,
      update: () => undefined,
      end: () => undefined,
    },
    format: (notification) => {
      shown += 1;
      return notification.body;
    },
    timeLimitMs,
    signal: new AbortController().signal,
  });
  return [isComplete, shown];
}

test("the demo is complete when every target has a notification of every job", async () => {
  expect(await runWithNotificationsOf(["job-1", "job-2"], 60_000)).toEqual([true, 2 * DEMO_TARGETS.length]);
});

test.each([
  ["another job", "other"],
  ["the same job", "job-1"],
])("a further notification of %s is shown, but does not complete the demo", async (_job, jobId) => {
  expect(await runWithNotificationsOf(["job-1", jobId], 500)).toEqual([false, 2 * DEMO_TARGETS.length]);
});
