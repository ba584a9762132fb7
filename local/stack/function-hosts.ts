import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Endpoints, functionEnvironment } from "../lambda/function-environment.ts";
import { FunctionHost } from "../lambda/function-host.ts";
import { unzip } from "../package/unzip.ts";
import type { Service } from "../template/service.ts";

export interface Hosts {
  /** By the names functions have in serverless.yml. */
  readonly byShortName: ReadonlyMap<string, FunctionHost>;
  /** By ARN or deployed name, as templates refer to functions. */
  find(reference: string): FunctionHost;
  stop(): Promise<void>;
}

/**
 * Unpacks every function and makes its host. They are unpacked outside of the repository, where no node_modules is
 * near: what was not packaged is not there.
 */
export async function startHosts(options: {
  service: Service;
  packageDir: string;
  endpoints: Endpoints;
  log: (functionName: string, line: string) => void;
}): Promise<Hosts> {
  const { service, packageDir, endpoints, log } = options;
  const root = await mkdtemp(join(tmpdir(), "embedded-stack-"));
  const byShortName = new Map<string, FunctionHost>();
  for (const resource of service.functions) {
    const taskRoot = join(root, resource.shortName);
    await unzip(join(packageDir, resource.artifact), taskRoot);
    const fed = service.eventSources.filter(({ functionName }) =>
      [resource.arn, resource.name].includes(functionName),
    );
    const host = new FunctionHost({
      resource,
      taskRoot,
      concurrency: fed.reduce((sum, { maximumConcurrency }) => sum + (maximumConcurrency ?? 0), 0),
      environment: (runtimeApi, instance) =>
        functionEnvironment({ resource, region: service.region, endpoints, taskRoot, runtimeApi, instance }),
      log: (line) => log(resource.shortName, line),
    });
    byShortName.set(resource.shortName, host);
  }
  return {
    byShortName,
    find(reference) {
      for (const host of byShortName.values())
        if ([host.resource.arn, host.resource.name].includes(reference)) return host;
      throw new Error(`the template has no function ${reference}`);
    },
    async stop() {
      await Promise.all([...byShortName.values()].map((host) => host.stop()));
      await rm(root, { recursive: true, force: true });
    },
  };
}
