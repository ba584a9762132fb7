import { randomBytes } from "node:crypto";
import {
  clusterCreation,
  clusterDeletion,
  endlessNodeCreation,
  failedNodeCreation,
} from "../cce/demo-jobs.ts";
import type { JobScriptInput } from "../cce/job-script.ts";
import { startCceSimulator } from "../cce/simulator.ts";

/** The simulated cloud's one project. */
export const PROJECT_ID = "0bcc5e8f5a0010d22f1dc00ade5f4d7e";
/** Long enough to see polls that find the job still running, short enough to wait for. */
const ENDLESS_DEADLINE_SECONDS = 25;

/** A job of the demo: what people call it, and what the API is told of it besides its project. */
export interface DemoJob {
  readonly title: string;
  readonly jobId: string;
  readonly submission: Readonly<Record<string, unknown>>;
}

/** The simulated cloud of the demo. */
export interface Cloud {
  readonly url: string;
  /** The one key that is let in. */
  readonly accessKey: string;
  readonly secretKey: string;
  /** Lets the demo's jobs begin, as a pipeline's create and delete calls would. */
  startJobs(): readonly DemoJob[];
  stop(): Promise<void>;
}

export async function startCloud(): Promise<Cloud> {
  const key = {
    accessKey: `DEMO${randomBytes(8).toString("hex").toUpperCase()}`,
    secretKey: randomBytes(20).toString("hex"),
  };
  const simulator = await startCceSimulator({ keys: [key] });
  const job = (title: string, script: JobScriptInput, submission = {}): DemoJob => ({
    title,
    jobId: simulator.addJob(PROJECT_ID, script),
    submission: { context: { actor: "demo", pipeline: title }, ...submission },
  });
  return {
    ...key,
    url: simulator.url,
    startJobs: () => [
      job("cluster that comes up", clusterCreation(4)),
      job("node that fails", failedNodeCreation(8)),
      job("cluster that goes", clusterDeletion(12)),
      job("node that never ends", endlessNodeCreation(5), {
        deadlineMinutes: ENDLESS_DEADLINE_SECONDS / 60,
      }),
    ],
    stop: () => simulator.close(),
  };
}
