import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  availableClusterScript,
  clusterCreationScript,
  clusterDeletionScript,
  endlessNodeCreationScript,
  failedNodeCreationScript,
  failedNodePoolScript,
  nodeResetScript,
} from "../cce/demo-jobs.ts";
import type { JobScriptInput } from "../cce/simulated-jobs.ts";
import { startCceSimulator } from "../cce/simulator.ts";
import { type Receiver, startReceiver } from "../receiver/receiver.ts";
import { Stoppables } from "../stack/stoppables.ts";

/** The project ID of the demo in the simulated CCE. */
export const PROJECT_ID = "0bcc5e8f5a0010d22f1dc00ade5f4d7e";
/** The SMN topic to which the simulated cloud sends events about operations of CCE. */
const TOPIC = `urn:smn:eu-de:${PROJECT_ID}:cce-events`;
/**
 * The deadline, in seconds, of the demo job that never ends. Before the deadline, the service polls the job several
 * times.
 */
const ENDLESS_JOB_DEADLINE_SECONDS = 25;

/** The duration of the job that the user of the demo submits. */
const OTHER_JOB_SECONDS = 10;

/** The name of the only project in the demo's config. */
export const DEMO_PROJECT = "demo";
/** The demo's targets. The service notifies each target of the demo about each demo job. */
export const DEMO_TARGETS = [
  "deploys",
  "audit",
  "platform",
  "community",
  "beijing",
  "hangzhou",
  "shenzhen",
] as const;

export interface DemoJob {
  /** The type and the resource of the job, as CCE names them. */
  readonly title: string;
  readonly jobId: string;
  /**
   * The body of the request `POST /v1/jobs`, without the project and the job ID. Null for the demo job that nobody
   * submits.
   */
  readonly submission: Readonly<Record<string, unknown>> | null;
}

/**
 * The demo environment consists of a simulated CCE, a receiver of notifications, and a config. The demo environment
 * replaces the cloud, so that the service runs on one machine without a cloud account.
 */
interface DemoEnvironment {
  readonly configFile: string;
  /** The bearer token with which the demo calls the service's API. */
  readonly token: string;
  readonly cceUrl: string;
  readonly receiver: Receiver;
  /**
   * Starts the demo jobs in the simulated CCE. A real pipeline creates or deletes a resource with a request to CCE,
   * which starts a job.
   */
  startJobs(): readonly DemoJob[];
  /** Starts the job that the demo does not submit to the service, and returns its ID. */
  startOtherJob(): string;
  /**
   * Sends the events that the cloud would send about the job of `startOtherJob`. When the service receives an event, it
   * reads the project's job list from CCE and finds the job.
   * @throws Error if the service refuses an event.
   */
  sendEvents(apiUrl: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the demo environment. If a part of the demo environment fails to start, the started parts are stopped. */
export async function startDemoEnvironment(): Promise<DemoEnvironment> {
  const parts = new Stoppables();
  try {
    const accessKey = `DEMO${randomBytes(8).toString("hex").toUpperCase()}`;
    const secretKey = randomBytes(20).toString("hex");
    const token = `demo-${randomBytes(12).toString("hex")}`;
    const cce = parts.add(await startCceSimulator({ keys: [{ accessKey, secretKey }] }));
    const webhookSecret = `whsec_${randomBytes(32).toString("base64")}`;
    const receiver = parts.add(await startReceiver(0, { webhookSecrets: [webhookSecret] }));
    const folder = await mkdtemp(join(tmpdir(), "demo-config-"));
    parts.add({ stop: () => rm(folder, { recursive: true, force: true }) });
    const configFile = join(folder, "config.json");
    const auth = { kind: "aksk", accessKey, secretKey };
    const config = demoConfig({ endpoint: cce.url, auth, receiverUrl: receiver.url, token, webhookSecret });
    await writeFile(configFile, JSON.stringify(config, null, 2), { mode: 0o600 });
    const startJob = (script: JobScriptInput, options = {}): DemoJob => {
      const title = [script.type, script.resourceName].filter(Boolean).join(" ");
      return {
        title,
        jobId: cce.addJob(PROJECT_ID, script),
        submission: { context: { actor: "demo", pipeline: "demo" }, ...options },
      };
    };
    return {
      configFile,
      token,
      cceUrl: cce.url,
      receiver,
      startJobs: () => {
        cce.addResource(availableClusterScript(PROJECT_ID, 9));
        return [
          startJob(clusterCreationScript(4), { until: "ready" }),
          startJob(failedNodeCreationScript(8)),
          startJob(clusterDeletionScript(12)),
          startJob(endlessNodeCreationScript(5), { deadlineMinutes: ENDLESS_JOB_DEADLINE_SECONDS / 60 }),
          { ...startJob(nodeResetScript(14)), submission: null },
        ];
      },
      startOtherJob: () => cce.addJob(PROJECT_ID, failedNodePoolScript(OTHER_JOB_SECONDS)),
      async sendEvents(apiUrl) {
        const endpoint = `${apiUrl}/v1/events/smn/${DEMO_PROJECT}`;
        for (const { status, body } of [
          await cce.subscribe(endpoint, TOPIC),
          await cce.publishTrace(endpoint, TOPIC, "resetNode"),
        ])
          if (status !== 200) throw new Error(`POST /v1/events/smn: HTTP ${status}: ${body}`);
      },
      stop: () => parts.stop(),
    };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

/**
 * Returns the config of the service for the demo. All delays in the config are short, so that the demo takes less than
 * a minute.
 */
function demoConfig(options: {
  endpoint: string;
  auth: Readonly<Record<string, string>>;
  receiverUrl: string;
  token: string;
  webhookSecret: string;
}) {
  const { endpoint, auth, receiverUrl, token, webhookSecret } = options;
  const sha256 = createHash("sha256").update(token).digest("hex");
  return {
    projects: {
      [DEMO_PROJECT]: {
        projectId: PROJECT_ID,
        region: "eu-de",
        endpoint,
        auth,
        discover: {
          types: ["ResetNode"],
          notify: DEMO_TARGETS,
          labels: { source: "discovery" },
          topics: [TOPIC],
          smnEndpoint: endpoint,
        },
      },
    },
    targets: {
      deploys: { kind: "slack", url: `${receiverUrl}/slack/deploys` },
      audit: { kind: "webhook", url: `${receiverUrl}/webhook/audit`, secrets: [webhookSecret] },
      platform: { kind: "teams", url: `${receiverUrl}/teams/platform` },
      community: { kind: "discord", url: `${receiverUrl}/discord/community` },
      beijing: { kind: "feishu", url: `${receiverUrl}/feishu/beijing`, language: "zh-CN" },
      hangzhou: { kind: "dingtalk", url: `${receiverUrl}/dingtalk/hangzhou`, language: "zh-CN" },
      shenzhen: { kind: "wecom", url: `${receiverUrl}/wecom/shenzhen` },
    },
    tokens: { demo: { sha256, projects: [DEMO_PROJECT], targets: ["*"], operations: ["*"] } },
    settings: {
      defaultProject: DEMO_PROJECT,
      defaultTargets: DEMO_TARGETS,
      poll: { minDelaySeconds: 1, maxDelaySeconds: 2 },
      retry: { scheduleSeconds: [0, 1, 2, 5, 10] },
      egress: { allow: [endpoint, receiverUrl].map((url) => new URL(url).host) },
      linkKeys: [randomBytes(16).toString("hex")],
    },
  };
}
