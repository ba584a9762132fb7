import { randomBytes } from "node:crypto";
import * as z from "zod";
import type { StatusDocument } from "../../lib/api/status-document.ts";
import type { Outcome } from "../../lib/domain/job.ts";
import type { ReceivedNotification } from "../../local/receiver/notification-store.ts";
import { startReceiver } from "../../local/receiver/receiver.ts";
import { type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";
import { endlessJob, failingJob, succeedingJob } from "./outcome-jobs.ts";

export const SECRETS = [32, 48].map((bytes) => `whsec_${randomBytes(bytes).toString("base64")}`);
export const MENTION = "<!subteam^S0123456>";
export const CONTEXT = {
  actor: "ci-bot",
  pipeline: "deploy #7",
  runUrl: "https://ci.example.com/runs/7",
  commit: "d3adb33f",
  labels: { team: "shop" },
};

/** The outcomes of a watch that ends with its job. */
export const JOB_OUTCOMES = [
  "succeeded",
  "failed",
  "timed_out",
  "lost",
] as const satisfies readonly Outcome[];
type JobOutcome = (typeof JOB_OUTCOMES)[number];

const Event = z.looseObject({
  type: z.string(),
  data: z.looseObject({ reason: z.string().nullable() }),
});

/** Runs one watched job for each outcome. The targets are a chat, a webhook, and a webhook for failures only. */
export interface FourOutcomes {
  readonly fixture: ServiceFixture;
  readonly jobs: Readonly<Record<JobOutcome, string>>;
  /** The status of each job after the end of the job. */
  readonly statuses: Readonly<Record<JobOutcome, StatusDocument>>;
  /** Returns all notifications about a job that arrived at a path. */
  arrived(path: string, outcome: JobOutcome): readonly ReceivedNotification[];
  /** Returns the only notification about a job at a path. Throws if the number of notifications is not one. */
  only(path: string, outcome: JobOutcome): ReceivedNotification;
  event(outcome: JobOutcome): z.infer<typeof Event>;
  /** Returns the number of all notifications. */
  count(): number;
  stop(): Promise<void>;
}

/** The header of the submission of all jobs but the one that times out. */
export const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

export async function runFourOutcomes(): Promise<FourOutcomes> {
  const receiver = await startReceiver();
  const webhook = (name: string) => ({ kind: "webhook", url: `${receiver.url}/webhook/${name}` });
  const fixture = await startServiceFixture({
    targets: {
      deploys: { kind: "slack", url: `${receiver.url}/slack/deploys`, mention: MENTION },
      audit: { ...webhook("audit"), secrets: SECRETS, headers: { "x-env": "e2e" } },
      alarms: { ...webhook("alarms"), secrets: SECRETS.slice(0, 1), on: ["failed"] },
    },
    settings: { egress: { allow: [new URL(receiver.url).host] } },
  }).catch(async (error: unknown) => {
    await receiver.stop();
    throw error;
  });
  const jobs = {
    succeeded: fixture.addJob(succeedingJob),
    failed: fixture.addJob(failingJob),
    timed_out: fixture.addJob(endlessJob),
    lost: "5f0e7f0e-0000-4000-8000-000000000404",
  };
  const common = { notify: ["deploys", "audit", "alarms", "deploys"], context: CONTEXT };
  await Promise.all([
    fixture.submit(
      { jobIds: [jobs.succeeded, jobs.failed, jobs.lost], ...common },
      { traceparent: TRACEPARENT },
    ),
    fixture.submit({ jobId: jobs.timed_out, deadlineMinutes: 2.5 / 60, ...common }),
  ]);
  const over = await Promise.all(JOB_OUTCOMES.map((outcome) => fixture.over(jobs[outcome])));
  const [succeeded, failed, timed_out, lost] = over;
  if (!succeeded || !failed || !timed_out || !lost) throw new Error("there are four outcomes");
  await fixture.queues.empty("notify");

  const arrived = (path: string, outcome: JobOutcome) =>
    receiver.notifications
      .list(null)
      .filter((notification) => notification.path === path && notification.body.includes(jobs[outcome]));
  const only = (path: string, outcome: JobOutcome) => {
    const [first, ...more] = arrived(path, outcome);
    if (first !== undefined && more.length === 0) return first;
    throw new Error(
      `${path} got ${arrived(path, outcome).length} notifications of the job that is ${outcome}`,
    );
  };
  return {
    fixture,
    jobs,
    statuses: { succeeded, failed, timed_out, lost },
    arrived,
    only,
    event: (outcome) => Event.parse(JSON.parse(only("/webhook/audit", outcome).body)),
    count: () => receiver.notifications.list(null).length,
    async stop() {
      await fixture.stop();
      await receiver.stop();
    },
  };
}
