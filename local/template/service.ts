import { type FunctionResource, readFunctions } from "./functions.ts";
import { type Grant, readGrants } from "./grants.ts";
import { type QueueResource, readQueues } from "./queues.ts";
import { createScope, type DeploymentOrigins } from "./scope.ts";
import { readTables, type TableResource } from "./tables.ts";
import type { Package } from "./template.ts";
import {
  type EventSourceMapping,
  type RouteResource,
  readEventSources,
  readRoutes,
  readSchedules,
  type Schedule,
} from "./triggers.ts";

/** The resources of a template that the embedded stack runs. All references are resolved. */
export interface Service {
  readonly region: string;
  readonly queues: readonly QueueResource[];
  readonly tables: readonly TableResource[];
  readonly functions: readonly FunctionResource[];
  readonly eventSources: readonly EventSourceMapping[];
  readonly routes: readonly RouteResource[];
  readonly schedules: readonly Schedule[];
  readonly grants: readonly Grant[];
}

/**
 * Reads a package as a deployment at the given addresses.
 * @throws TemplateInvalidError, UnresolvableError
 */
export function readService(
  { template, region, shortNames }: Package,
  origins: Omit<DeploymentOrigins, "region">,
): Service {
  const scope = createScope(template, { region, ...origins });
  return {
    region,
    queues: readQueues(template, scope),
    tables: readTables(template, scope),
    functions: readFunctions(template, scope, shortNames),
    eventSources: readEventSources(template, scope),
    routes: readRoutes(template, scope),
    schedules: readSchedules(template, scope),
    grants: readGrants(template, scope),
  };
}
