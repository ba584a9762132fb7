import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFunctionEnvironment, type Endpoints } from "../lambda/function-environment.ts";
import { FunctionHost } from "../lambda/function-host.ts";
import { unzip } from "../package/unzip.ts";
import type { Service } from "../template/service.ts";

/** The hosts of all functions of a service. */
export interface FunctionHosts {
  /** The hosts by the functions' names in serverless.yml. */
  readonly byShortName: ReadonlyMap<string, FunctionHost>;
  /**
   * Returns the host of a function. Templates refer to a function by its ARN or by its deployed name.
   * @throws Error for an unknown function.
   */
  find(arnOrName: string): FunctionHost;
  stop(): Promise<void>;
}

/**
 * Unpacks every function and creates the function's host. The functions are unpacked into a temporary folder without
 * node_modules, so a function can only import packaged code.
 */
export async function startFunctionHosts(options: {
  service: Service;
  packageDir: string;
  endpoints: Endpoints;
  log: (functionName: string, line: string) => void;
}): Promise<FunctionHosts> {
  const { service, packageDir, endpoints, log } = options;
  const { region } = service;
  const root = await mkdtemp(join(tmpdir(), "embedded-stack-"));
  const byShortName = new Map<string, FunctionHost>();
  for (const resource of service.functions) {
    const taskRoot = join(root, resource.shortName);
    await unzip(join(packageDir, resource.artifact), taskRoot);
    const eventSources = service.eventSources.filter(({ functionName }) =>
      [resource.arn, resource.name].includes(functionName),
    );
    const host = new FunctionHost({
      resource,
      taskRoot,
      eventSourceConcurrency: eventSources.reduce(
        (sum, { maximumConcurrency }) => sum + (maximumConcurrency ?? 0),
        0,
      ),
      environment: (runtimeApi, instanceName) =>
        createFunctionEnvironment({ resource, region, endpoints, taskRoot, runtimeApi, instanceName }),
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
    async stop() {
      await Promise.all([...byShortName.values()].map((host) => host.stop()));
      await rm(root, { recursive: true, force: true });
    },
  };
}
