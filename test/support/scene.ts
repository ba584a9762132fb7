import { createHash, randomBytes, randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { StatusDocument } from "../../lib/api/status-document.ts";
import type { JobScriptInput } from "../../local/cce/job-script.ts";
import { type CceSimulator, startCceSimulator } from "../../local/cce/simulator.ts";
import { eventually } from "./eventually.ts";
import { type RunningStack, type StackOptions, startStack } from "./stack.ts";
import { type StackQueues, stackQueues } from "./stack-queues.ts";

/** The scene's one project, as the config calls it, and as the cloud does. */
export const PROJECT = "prod";
const PROJECT_ID = "0bcc5e8f5a0010d22f1dc00ade5f4d7e";

const Accepted = z.object({
  jobs: z.array(
    z.looseObject({ jobId: z.string(), status: z.string(), statusUrl: z.string(), pageUrl: z.string() }),
  ),
});
export type AcceptedJob = z.infer<typeof Accepted>["jobs"][number];

/** This repository's own service on the embedded stack, with a simulated cloud that runs at full speed. */
export interface Scene {
  readonly stack: RunningStack;
  readonly cce: CceSimulator;
  readonly queues: StackQueues;
  /** What the functions have logged so far. */
  readonly logFile: string;
  /** The API's bearer token. */
  readonly token: string;
  /** Every secret that the scene itself configured. */
  readonly secrets: readonly string[];
  /** Starts a job in the cloud. */
  addJob(script: JobScriptInput): string;
  /** Asks the API with the scene's token: GET, or POST where there is a body. */
  api(path: string, body?: unknown): Promise<Response>;
  /** POST with a body that need not be JSON. */
  post(path: string, text: string): Promise<Response>;
  /** Hands jobs over; throws when they are not taken. */
  submit(body: Readonly<Record<string, unknown>>): Promise<readonly AcceptedJob[]>;
  status(jobId: string): Promise<StatusDocument>;
  /** The job's status once it has ended and every notification of it has. */
  over(jobId: string): Promise<StatusDocument>;
  stop(): Promise<void>;
}

/** Polls come every second, which is the least that a queue can wait. */
const POLL = { minDelaySeconds: 0, maxDelaySeconds: 1, goneGraceSeconds: 2 };

/** Without a stack the simulator would only keep the test's process alive. */
async function startOrStop(cce: CceSimulator, options: StackOptions): Promise<RunningStack> {
  try {
    return await startStack(options);
  } catch (error) {
    await cce.close();
    throw error;
  }
}

export async function startScene(options: {
  targets: Readonly<Record<string, unknown>>;
  /** Other projects at the same cloud: how each signs in. */
  projects?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  settings?: Readonly<Record<string, unknown>>;
  /** CI identity tokens that are let in. */
  oidc?: readonly unknown[];
  environment?: Readonly<Record<string, string>>;
}): Promise<Scene> {
  const key = {
    accessKey: `AK${randomBytes(10).toString("hex")}`,
    secretKey: randomBytes(20).toString("hex"),
  };
  const token = `token-${randomBytes(16).toString("hex")}`;
  const linkKey = randomBytes(16).toString("hex");
  const cce = await startCceSimulator({ keys: [key] });
  const logFile = join(tmpdir(), `scene-${randomUUID()}.log`);
  const project = { projectId: PROJECT_ID, region: "eu-de", endpoint: cce.url };
  const others = Object.entries(options.projects ?? {}).map(([name, auth]) => {
    const iam = auth.kind === "password" && { iamEndpoint: cce.url };
    return [name, { ...project, auth: { ...auth, ...iam } }];
  });
  const stack = await startOrStop(cce, {
    config: {
      projects: { [PROJECT]: { ...project, auth: { kind: "aksk", ...key } }, ...Object.fromEntries(others) },
      targets: options.targets,
      tokens: {
        pipeline: { sha256: createHash("sha256").update(token).digest("hex"), projects: ["*"] },
      },
      oidc: options.oidc ?? [],
      settings: { defaultProject: PROJECT, poll: POLL, linkKey, ...options.settings },
    },
    environment: { LOG_FILE: logFile, ...options.environment },
  });
  const queues = stackQueues(stack);

  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const post = (path: string, text: string) =>
    fetch(stack.api + path, { method: "POST", headers, body: text });
  const api = (path: string, body?: unknown) =>
    body === undefined ? fetch(stack.api + path, { headers }) : post(path, JSON.stringify(body));
  const read = async (jobId: string, query: string) => {
    const answer = await api(`/v1/jobs/${PROJECT}/${jobId}${query}`);
    return StatusDocument.parse(await answer.json());
  };

  return {
    stack,
    cce,
    queues,
    logFile,
    api,
    post,
    token,
    secrets: [key.accessKey, key.secretKey, token, linkKey],
    addJob: (script) => cce.addJob(PROJECT_ID, script),
    async submit(body) {
      const answer = await api("/v1/jobs", body);
      const text = await answer.text();
      if (answer.status !== 202) throw new Error(`the jobs were not taken: ${answer.status} ${text}`);
      return Accepted.parse(JSON.parse(text)).jobs;
    },
    status: (jobId) => read(jobId, ""),
    over: (jobId) =>
      eventually(
        `${jobId} and its notifications to end`,
        async () => {
          const status = await read(jobId, "?wait=20");
          return status.done && status.deliveries.every(({ state }) => state !== "pending") && status;
        },
        60_000,
      ),
    async stop() {
      queues.stop();
      await stack.stop();
      await cce.close();
      await rm(logFile, { force: true });
    },
  };
}
