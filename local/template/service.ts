import { type EventSource, readEventSources } from "./event-sources.ts";
import { type FunctionResource, readFunctions } from "./functions.ts";
import { type Grant, readGrants } from "./grants.ts";
import { type QueueResource, readQueues } from "./queues.ts";
import { type RouteResource, readRoutes } from "./routes.ts";
import { readSchedules, type Schedule } from "./schedules.ts";
import { createScope, type Place } from "./scope.ts";
import { readTables, type TableResource } from "./tables.ts";
import type { Package } from "./template.ts";

/** Everything a template declares that the embedded stack puts up, all references resolved. */
export interface Service {
  readonly region: string;
  readonly queues: readonly QueueResource[];
  readonly tables: readonly TableResource[];
  readonly functions: readonly FunctionResource[];
  readonly eventSources: readonly EventSource[];
  readonly routes: readonly RouteResource[];
  readonly schedules: readonly Schedule[];
  readonly grants: readonly Grant[];
}

/** Reads a package as it would be put up at the given origins. Throws `TemplateInvalidError` or `UnresolvableError`. */
export function readService(
  { template, region, shortNames }: Package,
  origins: Omit<Place, "region">,
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
