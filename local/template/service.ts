import { readFunctions } from "./functions.ts";
import { readGrants } from "./grants.ts";
import { readQueues } from "./queues.ts";
import { createScope, type DeploymentOrigins } from "./scope.ts";
import { readTables } from "./tables.ts";
import type { Package } from "./template.ts";
import { readEventSources, readRoutes, readSchedules } from "./triggers.ts";

/**
 * Returns the resources of a packaged service that the local stack runs. The CloudFormation template contains
 * references to resources. In the result, the addresses of local servers replace these references.
 * @throws TemplateInvalidError, UnresolvableError
 */
export function readService(
  { template, region, shortNames }: Package,
  origins: Omit<DeploymentOrigins, "region">,
) {
  const scope = createScope(template, { region, ...origins });
  return {
    region,
    queues: readQueues(template, scope),
    tables: readTables(template, scope),
    functions: readFunctions(template, scope, shortNames),
    eventSources: readEventSources(template, scope),
    routes: readRoutes(template, scope),
    schedules: readSchedules(template, scope),
    ...readGrants(template, scope),
  };
}

export type Service = Readonly<ReturnType<typeof readService>>;
