import { join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { addDuration } from "../../lib/ledger/dynamo/durations.ts";
import { startDynamo } from "../../local/servers/dynamodb.ts";
import { readService } from "../../local/template/service.ts";
import { readPackage } from "../../local/template/template.ts";
import { benchConfig, PROJECT } from "../support/config.ts";
import { CONFIG_PATH, functionEnvironment, TABLE } from "../support/environment.ts";
import { renderCluster } from "../support/job.ts";
import { functionNamed, type Packaged } from "../support/package.ts";
import { askServer } from "../support/tape.ts";
import { Wire } from "../support/wire.ts";
import { Worker } from "../support/worker.ts";

const DAY_MS = 86_400_000;
/** Jobs of the past: what a service that has run for a month has learned. */
const LEARNED = { days: 28, jobs: 40 };

/** Everything around a function: the wire, an embedded DynamoDB behind it, and the functions' processes. */
export interface World {
  readonly wire: Wire;
  readonly server: ReturnType<typeof askServer>;
  /** A packaged function, or a bundle that takes its place, in a process of its own. */
  start(name: string): Promise<Worker>;
  startBundle(bundle: string, environment?: Readonly<Record<string, string>>): Promise<Worker>;
  stop(): Promise<void>;
}

export async function startWorld(packaged: Packaged): Promise<World> {
  const wire = new Wire();
  const origin = await wire.listen();
  const dynamo = await startDynamo("eu-central-1", null);
  const { tables } = readService(await readPackage(packaged.packageDir), { sqs: origin, api: origin });
  await dynamo.createTables(tables.map((table) => ({ ...table, TableName: TABLE })));
  wire.config = benchConfig(origin);
  wire.configPath = CONFIG_PATH;
  wire.job = (jobId) => renderCluster(jobId, "Running");
  const server = askServer(dynamo.url);
  wire.ledger = server;
  await learn(dynamo.url);
  const environment = functionEnvironment(origin);
  return {
    wire,
    server,
    start: (name) => Worker.start(functionNamed(packaged, name).file, environment),
    startBundle: (bundle, more = {}) => Worker.start(bundle, { ...environment, ...more }),
    async stop() {
      await wire.stop();
      await dynamo.stop();
    },
  };
}

export function floorScriptFile({ workDir }: Packaged, name: string): string {
  return join(workDir, `${name}-script.json`);
}

async function learn(endpoint: string): Promise<void> {
  const credentials = { accessKeyId: "bench", secretAccessKey: "bench" };
  const client = new DynamoDBClient({ endpoint, region: "eu-central-1", credentials });
  const today = Math.floor(Date.now() / DAY_MS);
  for (let job = 0; job < LEARNED.jobs; job++)
    await addDuration(
      { client, table: TABLE },
      {
        project: PROJECT,
        jobType: "CreateCluster",
        // Around nine minutes.
        bucket: 190 + ((job * 7) % 25),
        day: today - (job % LEARNED.days),
        expiresAt: Date.now() + 7 * DAY_MS,
      },
    );
  client.destroy();
}
