import * as z from "zod";
import { StatusDocument } from "../../lib/api/status-document.ts";
import type { NotificationStore, ReceivedNotification } from "../receiver/notification-store.ts";
import { DEMO_PROJECT, DEMO_TARGETS, type DemoJob } from "./demo-environment.ts";
import { formatProgressLine } from "./progress-line.ts";
import type { Screen } from "./screen.ts";

const REFRESH_MS = 400;

const Accepted = z.object({ jobs: z.tuple([z.object({ pageUrl: z.string().nullish() })]) });

/**
 * Submits the demo jobs to the service's API, in the same way as a pipeline. One demo job is not submitted, so that the
 * demo shows how the service finds jobs itself (discovery). Shows the progress of each demo job, and each notification
 * that the demo's receiver gets. Returns true as soon as every target has a notification of every demo job. Returns
 * false if such a notification is still missing after `timeLimitMs`, or if the demo was aborted. Notifications of other
 * jobs, which somebody submits during the demo, are shown but not counted.
 * @throws Error if the service refuses a demo job or an event.
 */
export async function runDemo(options: {
  jobs: readonly DemoJob[];
  apiUrl: string;
  token: string;
  notifications: NotificationStore;
  /** Sends events of the simulated cloud, so that the service finds the demo job that nobody submits. */
  sendEvents: () => Promise<void>;
  screen: Screen;
  format: (notification: ReceivedNotification) => string;
  timeLimitMs: number;
  signal: AbortSignal;
}): Promise<boolean> {
  const { jobs, apiUrl, token, notifications, sendEvents, screen, format, timeLimitMs, signal } = options;
  const expected = jobs.length * DEMO_TARGETS.length;
  const statuses = new Map<string, StatusDocument>();
  const authorization = `Bearer ${token}`;
  /** The demo's notifications that have arrived, as target and job. */
  const arrived = new Set<string>();
  let shown = 0;
  const width = Math.max(...jobs.map(({ title }) => title.length));

  async function submit({ title, jobId, submission }: DemoJob): Promise<void> {
    if (submission === null) return;
    const response = await fetch(`${apiUrl}/v1/jobs`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify({ project: DEMO_PROJECT, jobId, ...submission }),
    });
    const body = await response.text();
    if (!response.ok) throw new Error(`POST /v1/jobs: HTTP ${response.status}: ${body}`);
    const [job] = Accepted.parse(JSON.parse(body)).jobs;
    screen.print(`  ${title.padEnd(width)}  ${job.pageUrl ?? "(no page)"}`);
  }

  /** Reads the status of a job. If the API returns no status, the screen still shows the previous status. */
  async function refresh(jobId: string): Promise<void> {
    const url = `${apiUrl}/v1/jobs/${DEMO_PROJECT}/${encodeURIComponent(jobId)}`;
    const response = await fetch(url, { headers: { authorization } }).catch(() => null);
    if (response?.ok) statuses.set(jobId, StatusDocument.parse(await response.json()));
  }

  async function showProgress(): Promise<void> {
    const running = jobs.filter(({ jobId }) => statuses.get(jobId)?.done !== true);
    await Promise.all(running.map(({ jobId }) => refresh(jobId)));
    screen.update(
      jobs.map(({ title, jobId }) => formatProgressLine(title.padEnd(width), statuses.get(jobId) ?? null)),
    );
  }

  screen.print("Status pages of the demo jobs:");
  for (const job of jobs) await submit(job);
  await sendEvents();
  screen.print("");
  const deadline = Date.now() + timeLimitMs;
  while (arrived.size < expected && Date.now() < deadline && !signal.aborted) {
    await showProgress();
    const received = await notifications.waitFor({ channel: null, count: shown + 1, waitMs: REFRESH_MS });
    for (const notification of received.slice(shown)) {
      screen.print(format(notification));
      // Each notification names its job, at least in the URL of the status page.
      for (const { jobId } of jobs)
        if (notification.body.includes(jobId)) arrived.add(`${notification.path} ${jobId}`);
    }
    shown = received.length;
  }
  if (!signal.aborted) await showProgress();
  screen.end();
  return arrived.size >= expected;
}
