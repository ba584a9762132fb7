import { createHash, randomBytes, randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { StatusDocument } from "../../lib/api/status-document.ts";
import type { JobScriptInput } from "../../local/cce/simulated-jobs.ts";
import { type CceSimulator, startCceSimulator } from "../../local/cce/simulator.ts";
import { eventually } from "./eventually.ts";
import { type RunningStack, type StackOptions, startStack } from "./stack.ts";
import { type StackQueues, stackQueues } from "./stack-queues.ts";

/** The name of the fixture's main project. */
export const PROJECT = "prod";
export const PROJECT_ID = "0bcc5e8f5a0010d22f1dc00ade5f4d7e";

const Submitted = z.object({
  jobs: z.array(
    z.looseObject({ jobId: z.string(), status: z.string(), statusUrl: z.string(), pageUrl: z.string() }),
  ),
});
type SubmittedJob = z.infer<typeof Submitted>["jobs"][number];

/** The service of this repository on the embedded stack, with a CCE simulator that runs in real time. */
export interface ServiceFixture {
  readonly stack: RunningStack;
  readonly cce: CceSimulator;
  readonly queues: StackQueues;
  /** The log lines of the functions. */
  readonly logFile: string;
  /** A bearer token of the API. */
  readonly token: string;
  /** The secrets in the config, which the fixture has generated. */
  readonly secrets: readonly string[];
  /** Starts a job in the CCE simulator and returns its ID. */
  addJob(script: JobScriptInput): string;
  /** Calls the API with the token: GET without a body, POST with a body. */
  api(path: string, body?: unknown): Promise<Response>;
  /** Sends a POST request with any text as body to the API. */
  post(path: string, text: string): Promise<Response>;
  /** Submits jobs. `headers` are additional request headers. Throws if the API does not accept the jobs. */
  submit(
    body: Readonly<Record<string, unknown>>,
    more?: Readonly<Record<string, string>>,
  ): Promise<readonly SubmittedJob[]>;
  status(jobId: string): Promise<StatusDocument>;
  /** Waits until a job and all its notifications have ended, and returns the status. */
  over(jobId: string): Promise<StatusDocument>;
  stop(): Promise<void>;
}

/** A job is polled every second, which is the shortest possible delay of a queue. */
const POLL = { minDelaySeconds: 0, maxDelaySeconds: 1, goneGraceSeconds: 2 };

/** Stops the simulator if the stack does not start. A running simulator would keep the test's process alive. */
async function startOrStop(cce: CceSimulator, options: StackOptions): Promise<RunningStack> {
  try {
    return await startStack(options);
  } catch (error) {
    await cce.stop();
    throw error;
  }
}

export async function startServiceFixture(options: {
  targets: Readonly<Record<string, unknown>>;
  /**
   * The credentials (`auth`) of additional projects. Each key is the name of a project. A project without `endpoint`
   * uses the same simulator.
   */
  projects?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The settings of the config. The fixture adds the simulator to the egress allow list. */
  settings?: Readonly<Record<string, unknown>> & { egress?: { allow: readonly string[] } };
  /** The discovery settings of the main project. The simulator also simulates SMN. */
  discover?: Readonly<Record<string, unknown>>;
  /** Additional tokens in the config. */
  tokens?: Readonly<Record<string, unknown>>;
  /** The rules for identity tokens. */
  oidc?: readonly unknown[];
  environment?: Readonly<Record<string, string>>;
}): Promise<ServiceFixture> {
  const key = {
    accessKey: `AK${randomBytes(10).toString("hex")}`,
    secretKey: randomBytes(20).toString("hex"),
  };
  const token = `token-${randomBytes(16).toString("hex")}`;
  const linkKey = randomBytes(16).toString("hex");
  const cce = await startCceSimulator({ keys: [key] });
  const logFile = join(tmpdir(), `fixture-${randomUUID()}.log`);
  const project = { projectId: PROJECT_ID, region: "eu-de", endpoint: cce.url };
  const others = Object.entries(options.projects ?? {}).map(([name, { endpoint = cce.url, ...auth }]) => {
    const iam = auth.kind === "password" && { iamEndpoint: cce.url };
    return [name, { ...project, endpoint, auth: { ...auth, ...iam } }];
  });
  const allow = [new URL(cce.url).host, ...(options.settings?.egress?.allow ?? [])];
  const stack = await startOrStop(cce, {
    config: {
      projects: {
        [PROJECT]: {
          ...project,
          ...(options.discover && { discover: { smnEndpoint: cce.url, ...options.discover } }),
          auth: { kind: "aksk", ...key },
        },
        ...Object.fromEntries(others),
      },
      targets: options.targets,
      tokens: {
        pipeline: {
          sha256: createHash("sha256").update(token).digest("hex"),
          projects: ["*"],
          targets: ["*"],
          operations: ["*"],
        },
        ...options.tokens,
      },
      oidc: options.oidc ?? [],
      settings: {
        defaultProject: PROJECT,
        poll: POLL,
        limits: { requestsPerMinute: 0 },
        linkKeys: [linkKey],
        ...options.settings,
        egress: { allow },
      },
    },
    environment: { LOG_FILE: logFile, ...options.environment },
  });
  const queues = stackQueues(stack);

  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const post = (path: string, text: string, more: Readonly<Record<string, string>> = {}) =>
    fetch(stack.api + path, { method: "POST", headers: { ...headers, ...more }, body: text });
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
    async submit(body, more) {
      const answer = await post("/v1/jobs", JSON.stringify(body), more);
      const text = await answer.text();
      if (answer.status !== 202) throw new Error(`the jobs were not accepted: ${answer.status} ${text}`);
      return Submitted.parse(JSON.parse(text)).jobs;
    },
    status: (jobId) => read(jobId, ""),
    over: (jobId) =>
      eventually(`${jobId} and its notifications to end`, async () => {
        const status = await read(jobId, "?wait=20");
        return status.done && status.deliveries.every(({ state }) => state !== "pending") && status;
      }),
    async stop() {
      queues.stop();
      await stack.stop();
      await cce.stop();
      await rm(logFile, { force: true });
    },
  };
}
