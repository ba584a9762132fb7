import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { SubmissionResult } from "../lib/api/submission-result.ts";
import {
  clusterCreationScript,
  endlessNodeCreationScript,
  failedNodeCreationScript,
  failedNodePoolScript,
} from "./cce/demo-jobs.ts";
import type { OperationScriptInput } from "./cce/operation-phases.ts";
import type { JobScriptInput } from "./cce/simulated-jobs.ts";
import { DEMO_PROJECT, PROJECT_ID } from "./demo/demo-environment.ts";
import { formatSubmitCommand } from "./demo/next-steps.ts";
import { findRunningDemo } from "./demo/running-demo.ts";
import { RefusedError, runCommand, UsageError } from "./ops/command.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const USAGE = `Starts a job in the simulated CCE of a running demo (npm start), and submits the job to the service.

  npm run demo:job -- succeed     creates a cluster, in 6 s
  npm run demo:job -- fail        fails to create a node, in 6 s
  npm run demo:job -- hang        never ends; the watch times out after 30 s
  npm run demo:job -- 30-nodes    fails to create 30 nodes for one reason, in 6 s
  npm run demo:job -- upgrade     upgrades a cluster, in 6 s; the upgrade is an operation without a job

Exit status: 0, 1 when no demo runs or the service refuses the job, 2 for wrong use.
`;

const SECONDS = 6;
const HANG_DEADLINE_MINUTES = 0.5;

interface Kind {
  /**
   * The script of the simulated job, which says when each subjob starts and how it ends. The script of the job is null
   * for the upgrade of a cluster, because an upgrade has no job.
   */
  readonly script: JobScriptInput | null;
  readonly submission?: Readonly<Record<string, unknown>>;
}

const KINDS: Readonly<Record<string, Kind>> = {
  succeed: { script: clusterCreationScript(SECONDS) },
  fail: { script: failedNodeCreationScript(SECONDS) },
  hang: {
    script: endlessNodeCreationScript(SECONDS),
    submission: { deadlineMinutes: HANG_DEADLINE_MINUTES },
  },
  "30-nodes": { script: failedNodePoolScript(SECONDS) },
  upgrade: { script: null },
};

const StartedJob = z.object({ jobId: z.string() });

await runCommand(USAGE, { allowPositionals: true }, async ({ positionals: [name, ...more] }) => {
  const kind = name === undefined ? undefined : Object.entries(KINDS).find(([known]) => known === name)?.[1];
  if (kind === undefined || more.length > 0)
    throw new UsageError(`give one kind of job: ${Object.keys(KINDS).join(", ")}`);
  const demo = await findRunningDemo(ROOT);
  if (demo === null) throw new RefusedError("No demo runs. Start it in another terminal: npm start");
  const { api, token, cceUrl } = demo;
  const started = kind.script === null ? await startUpgrade(cceUrl) : await startJob(cceUrl, kind.script);
  const submission = { ...started, ...kind.submission };
  const authorization = { authorization: `Bearer ${token}` };
  const accepted = await post(`${api}/v1/jobs`, authorization, { project: DEMO_PROJECT, ...submission });
  const [job] = SubmissionResult.parse(accepted).jobs;
  const lines = [
    `The simulated CCE runs the ${kind.script === null ? "upgrade" : "job"} ${job?.jobId}. This call submitted it:`,
    ...formatSubmitCommand(api, token, submission)
      .split("\n")
      .map((line) => `  ${line}`),
    "",
    `Its page: ${job?.pageUrl ?? "no page"}`,
    "The terminal with the demo shows its notifications.",
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
});

/** Starts a job in the simulated CCE. Returns the field `jobId` for the submission to the service. */
async function startJob(cceUrl: string, script: JobScriptInput) {
  const { jobId } = StartedJob.parse(await post(`${cceUrl}/__sim/jobs`, {}, { project: PROJECT_ID, script }));
  return { jobId };
}

/**
 * Starts an upgrade of the demo cluster in the simulated CCE. Returns the field `operation` for the submission to the
 * service.
 */
async function startUpgrade(cceUrl: string) {
  const operation = { kind: "cluster_upgrade", clusterId: "demo-cluster", taskId: randomUUID() } as const;
  const script: OperationScriptInput = {
    project: PROJECT_ID,
    operation,
    name: "demo",
    startSeconds: 1,
    endSeconds: SECONDS,
  };
  await post(`${cceUrl}/__sim/operations`, {}, script);
  return { operation };
}

async function post(url: string, headers: Readonly<Record<string, string>>, body: object): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  }).catch(() => null);
  if (response === null) throw new RefusedError("The demo does not answer. Start it again: npm start");
  const text = await response.text();
  if (!response.ok) throw new RefusedError(`The demo refuses the job (HTTP ${response.status}): ${text}`);
  return JSON.parse(text);
}
