import { runEventSource } from "../events/event-source.ts";
import { runSchedule } from "../events/schedule-runner.ts";
import { Gateway } from "../gateway/gateway.ts";
import { startDynamo } from "../servers/dynamodb.ts";
import { startSqs } from "../servers/sqs.ts";
import { startSsm } from "../servers/ssm.ts";
import { judge } from "../template/deployment-faults.ts";
import { readService } from "../template/service.ts";
import { readPackage } from "../template/template.ts";
import { startControl } from "./control-server.ts";
import { startHosts } from "./function-hosts.ts";
import { Stoppables } from "./stoppables.ts";

/** The function that sends again what the queues have lost. */
const SENDS_AGAIN = "sweep";

/** Where a stack that is up can be reached. */
export interface EmbeddedStack {
  readonly api: string;
  /** Queue URLs by their resources' names without `Queue`: `PollDeadQueue` is `pollDead`. */
  readonly queues: Readonly<Record<string, string>>;
  readonly sqs: string;
  readonly dynamodb: string;
  readonly control: string;
  /** Ends every process and server. */
  stop(): Promise<void>;
}

export class TemplateRefusedError extends Error {
  override name = "TemplateRefusedError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`AWS would not run this template:\n${faults.map((fault) => `- ${fault}`).join("\n")}`);
    this.faults = faults;
  }
}

/**
 * Puts up what a packaged service declares, all on this machine. Throws `TemplateRefusedError` when AWS would not
 * run it, and leaves nothing running when it throws.
 */
export async function startEmbeddedStack(options: {
  packageDir: string;
  /** Of the HTTP API; 0: any. */
  port: number;
  configFile: string;
  /** Where the tables are kept; null: in memory, as the queues always are. */
  ledgerDir: string | null;
  scheduleSpeed: number;
  log: (functionName: string, line: string) => void;
}): Promise<EmbeddedStack> {
  const { packageDir, port, configFile, ledgerDir, scheduleSpeed, log } = options;
  const packaged = await readPackage(packageDir);
  const { region } = packaged;
  const anywhere = "http://127.0.0.1";
  const faults = judge(readService(packaged, { sqs: anywhere, api: anywhere }));
  if (faults.length > 0) throw new TemplateRefusedError(faults);

  const parts = new Stoppables();
  try {
    const gateway = parts.add(new Gateway());
    const api = await gateway.listen(port);
    const sqs = parts.add(await startSqs(region));
    const dynamo = parts.add(await startDynamo(region, ledgerDir));
    const service = readService(packaged, { sqs: sqs.url, api });
    const path = service.functions.find(({ environment }) => environment.CONFIG_PATH)?.environment
      .CONFIG_PATH;
    const ssm = parts.add(await startSsm({ configFile, path: path ?? "/", region }));
    await sqs.createQueues(service.queues);
    const { kept } = await dynamo.createTables(service.tables);

    const endpoints = { sqs: sqs.url, dynamodb: dynamo.url, ssm: ssm.url };
    const hosts = parts.add(await startHosts({ service, packageDir, endpoints, log }));
    for (const source of service.eventSources) {
      const queue = service.queues.find(({ arn }) => arn === source.queueArn);
      const host = hosts.find(source.functionName);
      const warn = (line: string) => log(host.resource.shortName, line);
      if (queue) parts.add(runEventSource({ source, queue, region, host, sqs: sqs.client, log: warn }));
    }
    for (const schedule of service.schedules) {
      const host = hosts.find(schedule.functionArn);
      const catchUp = kept && host.resource.shortName === SENDS_AGAIN;
      parts.add(runSchedule({ schedule, region, host, speed: scheduleSpeed, catchUp }));
    }
    gateway.serve(service.routes.map((route) => ({ ...route, host: hosts.find(route.functionArn) })));
    const control = parts.add(await startControl(hosts.byShortName));

    return {
      api,
      queues: Object.fromEntries(
        service.queues.map(({ logicalId, url }) => [shortQueueName(logicalId), url]),
      ),
      sqs: sqs.url,
      dynamodb: dynamo.url,
      control: control.url,
      stop: () => parts.stop(),
    };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

function shortQueueName(logicalId: string): string {
  const bare = logicalId.replace(/Queue$/, "");
  return bare.charAt(0).toLowerCase() + bare.slice(1);
}
