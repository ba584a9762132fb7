import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { addDuration } from "../../lib/ledger/dynamo/durations.ts";
import {
  createSelfSignedCertificate,
  type SelfSignedCertificate,
} from "../../local/cce/self-signed-certificate.ts";
import { startDynamo } from "../../local/servers/dynamodb.ts";
import { readService } from "../../local/template/service.ts";
import { readPackage } from "../../local/template/template.ts";
import {
  CONFIG_PATH,
  createBenchConfig,
  createFunctionEnvironment,
  PROJECT,
  TABLE,
} from "./function-environment.ts";
import { createServerForwarder } from "./ledger-recording.ts";
import { findPackagedFunction, type Packaged } from "./package.ts";
import { renderClusterJob } from "./sample-jobs.ts";
import { Wire } from "./wire.ts";
import { Worker } from "./worker.ts";

const DAY_MS = 86_400_000;
/** The ledger contains 40 jobs of the past 28 days. */
const LEARNED = { days: 28, jobs: 40 };

/**
 * The environment of the measured functions. `wire` is the local server that replaces the AWS services, CCE and the
 * target.
 */
export interface BenchEnvironment {
  readonly wire: Wire;
  readonly server: ReturnType<typeof createServerForwarder>;
  /** The environment variables of the functions. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Starts a packaged function in its own process. The maximum heap size depends on `memoryMegabytes`, as it does on
   * Lambda.
   */
  start(name: string, memoryMegabytes?: number): Promise<Worker>;
  /** Starts a bundle in its own process. The bundle can be any program, for example the baseline program. */
  startBundle(bundle: string, environment?: Readonly<Record<string, string>>): Promise<Worker>;
  stop(): Promise<void>;
}

/** @param isEncrypted true if the functions call all services over TLS. */
export async function startBenchEnvironment(
  packaged: Packaged,
  isEncrypted = false,
): Promise<BenchEnvironment> {
  const certificate = isEncrypted ? createSelfSignedCertificate("localhost") : null;
  const wire = new Wire(certificate);
  const origin = await wire.listen();
  const dynamo = await startDynamo("eu-central-1", null);
  const { tables } = readService(await readPackage(packaged.packageDir), { sqs: origin, api: origin });
  await dynamo.createTables(
    tables.map((table) => ({ ...table, definition: { ...table.definition, TableName: TABLE } })),
  );
  wire.config = createBenchConfig(origin);
  wire.configPath = CONFIG_PATH;
  wire.job = (jobId) => renderClusterJob(jobId, "Running");
  const server = createServerForwarder(dynamo.url);
  wire.ledger = server;
  await addDurations(dynamo.url);
  const environment = { ...createFunctionEnvironment(origin), ...(await trust(certificate, packaged)) };
  return {
    wire,
    server,
    environment,
    start: (name, memoryMegabytes) =>
      Worker.start(findPackagedFunction(packaged, name).file, environment, memoryMegabytes),
    startBundle: (bundle, more = {}) => Worker.start(bundle, { ...environment, ...more }),
    async stop() {
      await wire.stop();
      await dynamo.stop();
    },
  };
}

/** Returns the environment variable that makes Node.js trust a certificate. */
async function trust(certificate: SelfSignedCertificate | null, { workDir }: Packaged) {
  if (certificate === null) return {};
  const file = join(workDir, "certificate.pem");
  await writeFile(file, certificate.pem);
  return { NODE_EXTRA_CA_CERTS: file };
}

export function floorScriptPath({ workDir }: Packaged, name: string): string {
  return join(workDir, `${name}-script.json`);
}

async function addDurations(endpoint: string): Promise<void> {
  const credentials = { accessKeyId: "bench", secretAccessKey: "bench" };
  const client = new DynamoDBClient({ endpoint, region: "eu-central-1", credentials });
  const today = Math.floor(Date.now() / DAY_MS);
  for (let job = 0; job < LEARNED.jobs; job++)
    await addDuration(
      { client, table: TABLE },
      {
        project: PROJECT,
        jobType: "CreateCluster",
        // The buckets 190 to 214 count jobs that take about nine minutes.
        bucket: 190 + ((job * 7) % 25),
        day: today - (job % LEARNED.days),
        expiresAt: Date.now() + 7 * DAY_MS,
      },
    );
  client.destroy();
}
