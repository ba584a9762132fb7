import type { StatusDocument } from "../../lib/api/status-document.ts";
import type { Arrived, NotificationStore } from "../receiver/notification-store.ts";
import type { ApiClient } from "./api-client.ts";
import type { DemoJob } from "./cloud.ts";
import { progressLine } from "./progress-line.ts";
import type { Screen } from "./screen.ts";

const POLL_EVERY_MS = 400;

/** The demo's jobs on their way: handed over, watched, told. */
export interface Demo {
  /** Ends once every notification has arrived (`true`), or the time is over, or `signal` says so (`false`). */
  run(limits: { timeLimitMs: number; signal: AbortSignal }): Promise<boolean>;
}

/**
 * Hands the demo's jobs to the API as pipelines do, shows each one's progress, and each notification when it arrives.
 * @param options.tell how a notification is shown.
 */
export function createDemo(options: {
  jobs: readonly DemoJob[];
  project: string;
  /** How many targets each job is told to. */
  targets: number;
  api: ApiClient;
  notifications: NotificationStore;
  screen: Screen;
  tell: (notification: Arrived) => string;
}): Demo {
  const { jobs, project, targets, api, notifications, screen, tell } = options;
  const expected = jobs.length * targets;
  const seen = new Map<string, StatusDocument>();
  let told = 0;

  function showNotifications(): void {
    for (const notification of notifications.list(null).slice(told)) screen.print(tell(notification));
    told = notifications.list(null).length;
  }

  async function showProgress(): Promise<void> {
    const running = jobs.filter(({ jobId }) => seen.get(jobId)?.done !== true);
    await Promise.all(
      running.map(async ({ jobId }) => {
        const status = await api.status(project, jobId);
        if (status) seen.set(jobId, status);
      }),
    );
    screen.update(jobs.map(({ title, jobId }) => progressLine(title, seen.get(jobId) ?? null)));
  }

  return {
    async run({ timeLimitMs, signal }) {
      for (const { title, jobId, submission } of jobs) {
        const { pageUrl } = await api.submit({ project, jobId, ...submission });
        screen.print(`The page of the ${title}:\n  ${pageUrl ?? "(none)"}`);
      }
      screen.print("");
      const endsAt = Date.now() + timeLimitMs;
      while (told < expected && Date.now() < endsAt && !signal.aborted) {
        await showProgress();
        await notifications.waitFor({ channel: null, count: told + 1, waitMs: POLL_EVERY_MS });
        showNotifications();
      }
      if (!signal.aborted) await showProgress();
      screen.end();
      return told >= expected;
    },
  };
}
