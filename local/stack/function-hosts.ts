import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RoleSessions } from "../iam/role-sessions.ts";
import { ConcurrencyPool } from "../lambda/concurrency-pool.ts";
import { createFunctionEnvironment, type Endpoints } from "../lambda/function-environment.ts";
import { type FunctionCode, FunctionHost } from "../lambda/function-host.ts";
import { unzip } from "../package/unzip.ts";
import type { Service } from "../template/service.ts";

/** The host of each Lambda function of the service. A host runs the processes of one Lambda function. */
interface FunctionHosts {
  /** A map from a function's name in serverless.yml to the host that runs the function. */
  readonly byShortName: ReadonlyMap<string, FunctionHost>;
  /**
   * Returns the host that runs a function. A template refers to a function by its ARN or by its deployed name, so both
   * are accepted.
   * @throws Error if the function is unknown.
   */
  find(arnOrName: string): FunctionHost;
  /** Replaces the code of all functions by the code in another package of the service. */
  deploy(service: Service, packageDir: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Unpacks the zip file of every function, and creates a host that runs the function. Each zip file is unpacked into a
 * temporary folder without node_modules, so a function can import only its own code.
 */
export async function startFunctionHosts(options: {
  service: Service;
  packageDir: string;
  endpoints: Endpoints;
  sessions: RoleSessions;
  accountConcurrency: number;
  log: (functionName: string, line: string) => void;
}): Promise<FunctionHosts> {
  const { service, packageDir, endpoints, sessions, accountConcurrency, log } = options;
  const pool = new ConcurrencyPool(accountConcurrency, service.functions);
  const { region } = service;
  const root = await mkdtemp(join(tmpdir(), "embedded-stack-"));
  let deployments = 0;
  const unpack = async (packaged: Service, folder: string) => {
    deployments += 1;
    const codes = packaged.functions.map(async (resource) => {
      const taskRoot = join(root, String(deployments), resource.shortName);
      await unzip(join(folder, resource.artifact), taskRoot);
      const { credentials } = sessions.of(resource);
      const environment: FunctionCode["environment"] = (runtimeApi, instanceName) =>
        createFunctionEnvironment({
          resource,
          region,
          endpoints,
          credentials,
          taskRoot,
          runtimeApi,
          instanceName,
        });
      return [resource.shortName, { taskRoot, environment }] as const;
    });
    return new Map(await Promise.all(codes));
  };
  const codes = await unpack(service, packageDir);
  const byShortName = new Map<string, FunctionHost>();
  for (const resource of service.functions) {
    const code = codes.get(resource.shortName);
    if (code === undefined) continue;
    const eventSources = service.eventSources.filter(({ functionName }) =>
      [resource.arn, resource.name].includes(functionName),
    );
    const host = new FunctionHost({
      ...code,
      resource,
      pool,
      eventSourceConcurrency: eventSources.reduce(
        (sum, { maximumConcurrency }) => sum + (maximumConcurrency ?? 0),
        0,
      ),
      log: (line) => log(resource.shortName, line),
    });
    byShortName.set(resource.shortName, host);
  }
  return {
    byShortName,
    find(arnOrName) {
      for (const host of byShortName.values())
        if ([host.resource.arn, host.resource.name].includes(arnOrName)) return host;
      throw new Error(`the template has no function ${arnOrName}`);
    },
    async deploy(other, folder) {
      for (const [shortName, code] of await unpack(other, folder))
        await byShortName.get(shortName)?.replaceCode(code);
    },
    async stop() {
      await Promise.all([...byShortName.values()].map((host) => host.stop()));
      await rm(root, { recursive: true, force: true });
    },
  };
}
