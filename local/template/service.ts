import { readFunctions } from "./functions.ts";
import { readGrants } from "./grants.ts";
import { readQueues } from "./queues.ts";
import { createScope, type DeploymentOrigins } from "./scope.ts";
import { readTables } from "./tables.ts";
import type { Package } from "./template.ts";
import { readEventSources, readRoutes, readSchedules } from "./triggers.ts";

/**
 * Reads from a CloudFormation template what the local stack must run. In the result, the URLs of local servers replace
 * the template's references to AWS resources.
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
