import { randomBytes } from "node:crypto";
import { SQSClient } from "@aws-sdk/client-sqs";
import { startEventSource } from "../events/event-source.ts";
import { startRateSchedule } from "../events/schedule-runner.ts";
import { Gateway } from "../gateway/gateway.ts";
import { RoleSessions } from "../iam/role-sessions.ts";
import { findDocumentParameterFaults } from "../ops/parameter-limits.ts";
import { startAwsEndpoints } from "../servers/aws-endpoints.ts";
import { startDynamo } from "../servers/dynamodb.ts";
import { connectDynamo, connectSqs, replaceStoredConfig } from "../servers/external-servers.ts";
import { startSsm } from "../servers/ssm.ts";
import { CREDENTIALS, startSqs } from "../servers/start-sqs.ts";
import { findDeploymentFaults } from "../template/deployment-faults.ts";
import type { RoleGrants } from "../template/grants.ts";
import { readService } from "../template/service.ts";
import { readPackage } from "../template/template.ts";
import { ConfigFileInvalidError, readConfigDocument } from "./config-file.ts";
import { startControlServer } from "./control-server.ts";
import { startFunctionHosts } from "./function-hosts.ts";
import { DEFAULT_SETTINGS, type StackSettings } from "./stack-settings.ts";
import { Stoppables } from "./stoppables.ts";

/**
 * The function that replaces the SQS messages that a restart of the local stack has deleted. A restart of the local
 * stack deletes all SQS messages, because the queues are in memory.
 */
const CATCH_UP_FUNCTION = "sweep";
/**
 * The CloudFormation template is checked before the local servers have URLs. This check uses `ANY_ORIGIN` in place of
 * each URL.
 */
const ANY_ORIGIN = "http://127.0.0.1";

/** The URLs of a running local stack. */
export interface EmbeddedStack {
  readonly api: string;
  /**
   * The URLs of the SQS queues. The keys come from the names in the template, for example `pollDead` from
   * `PollDeadQueue`.
   */
  readonly queues: Readonly<Record<string, string>>;
  readonly sqs: string;
  readonly dynamodb: string;
  readonly control: string;
  /**
   * Each request to the control server must contain `controlKey`. Requests to Parameter Store use `controlKey` as their
   * access key ID.
   */
  readonly controlKey: string;
  /** Ends every process and every server of the local stack. */
  stop(): Promise<void>;
}

/** The error if AWS would refuse the template, or if the service would fail on AWS because of the template. */
class TemplateRefusedError extends Error {
  override name = "TemplateRefusedError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`the template does not work on AWS:\n${faults.map((fault) => `- ${fault}`).join("\n")}`);
    this.faults = faults;
  }
}

/**
 * Runs a packaged service on this machine, as AWS would run it. If a part of the local stack fails to start, all
 * started parts are stopped.
 * @throws TemplateRefusedError, ConfigFileInvalidError, PortInUseError, LedgerFolderError, ExternalServerError
 */
export async function startEmbeddedStack(options: {
  packageDir: string;
  /** The port of the HTTP API. For port 0, the HTTP API uses any free port. */
  port: number;
  configFile: string;
  settings?: Partial<StackSettings>;
  log: (functionName: string, line: string) => void;
}): Promise<EmbeddedStack> {
  const { packageDir, port, configFile, log } = options;
  const settings = { ...DEFAULT_SETTINGS, ...options.settings };
  const { ledgerDir, externalServers, accountConcurrency } = settings;
  const packaged = await readPackage(packageDir);
  const { region } = packaged;
  const declared = readService(packaged, { sqs: ANY_ORIGIN, api: ANY_ORIGIN });
  const faults = findDeploymentFaults(declared, accountConcurrency);
  if (faults.length > 0) throw new TemplateRefusedError(faults);
  const path = declared.functions.map(({ environment }) => environment.CONFIG_PATH).find(Boolean) ?? "/";
  const entryFaults = findDocumentParameterFaults(await readConfigDocument(configFile), path);
  if (entryFaults.length > 0) throw new ConfigFileInvalidError(configFile, entryFaults);

  const parts = new Stoppables();
  try {
    const controlKey = randomBytes(24).toString("hex");
    const gateway = parts.add(new Gateway());
    const api = await gateway.listen(port);
    const sqs = parts.add(
      externalServers.sqs === null ? await startSqs(region) : connectSqs(region, externalServers.sqs),
    );
    const dynamo = parts.add(
      externalServers.dynamodb === null
        ? await startDynamo(region, ledgerDir)
        : connectDynamo(region, externalServers.dynamodb),
    );
    const ssmUrl =
      externalServers.ssm ??
      parts.add(await startSsm({ configFile, path, region, accessKeyId: controlKey })).url;
    if (externalServers.ssm !== null) await replaceStoredConfig({ url: ssmUrl, configFile, path, region });
    const upstream = { sqs: sqs.url, dynamodb: dynamo.url, ssm: ssmUrl };
    const sessions = new RoleSessions();
    /** The IAM roles that the functions have since the last deployment to the local stack. */
    let roles: RoleGrants = declared;
    const endpoints = parts.add(
      await startAwsEndpoints({
        upstream,
        sessions,
        controlKey,
        // The control key can run every function, so only the stack's own Parameter Store gets the key.
        ssmAccessKeyId: externalServers.ssm === null ? controlKey : CREDENTIALS.accessKeyId,
        service: declared,
        grants: () => roles,
        dynamo,
        lateIndexSeed: settings.lateIndexSeed,
      }),
    );
    const service = readService(packaged, { sqs: endpoints.sqs, api });
    await sqs.createQueues(service.queues);
    const { existed } = await dynamo.createTables(service.tables);

    const hosts = parts.add(
      await startFunctionHosts({ service, packageDir, endpoints, sessions, accountConcurrency, log }),
    );
    const sqsClient = new SQSClient({ endpoint: endpoints.sqs, region, credentials: CREDENTIALS });
    parts.add({ stop: () => sqsClient.destroy() });
    for (const mapping of service.eventSources) {
      const queue = service.queues.find(({ arn }) => arn === mapping.queueArn);
      const host = hosts.find(mapping.functionName);
      const logLine = (line: string) => log(host.resource.shortName, line);
      if (queue) parts.add(startEventSource({ mapping, queue, region, host, sqs: sqsClient, log: logLine }));
    }
    for (const schedule of service.schedules) {
      const host = hosts.find(schedule.functionArn);
      const catchUp = existed && host.resource.shortName === CATCH_UP_FUNCTION;
      parts.add(startRateSchedule({ schedule, region, host, speed: settings.scheduleSpeed, catchUp }));
    }
    gateway.setRoutes(service.routes.map((route) => ({ ...route, host: hosts.find(route.functionArn) })));
    const deploy = async (folder: string) => {
      const release = readService(await readPackage(folder), { sqs: endpoints.sqs, api });
      roles = release;
      await hosts.deploy(release, folder);
    };
    const control = parts.add(await startControlServer(hosts.byShortName, deploy, controlKey));

    return {
      api,
      queues: Object.fromEntries(
        service.queues.map(({ logicalId, url }) => [shortQueueName(logicalId), url]),
      ),
      sqs: externalServers.sqs ?? endpoints.sqs,
      dynamodb: externalServers.dynamodb ?? endpoints.dynamodb,
      control: control.url,
      controlKey,
      stop: () => parts.stop(),
    };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

function shortQueueName(logicalId: string): string {
  const name = logicalId.replace(/Queue$/, "");
  return name.charAt(0).toLowerCase() + name.slice(1);
}
