import type * as z from "zod/mini";
import { FilterText, FilterTime, Label, MAX_FILTER_LABELS } from "../api/job-filter.ts";
import { DEFAULT_LIST_LIMIT, MAX_LIST_LIMIT } from "../api/job-list-document.ts";
import { Submission } from "../api/submission.ts";
import { MAX_WAIT_SECONDS } from "../api/watch-parameters.ts";
import { Context } from "../domain/context.ts";
import { JobId, Name } from "../domain/job.ts";
import type { JsonObject } from "../domain/json.ts";
import { Operation } from "../domain/operation.ts";
import { OPERATION_KINDS } from "../domain/operation-kind.ts";
import { PageToken } from "../ledger/page-token.ts";
import { createParameterSchema } from "./component-schemas.ts";

const { notify, callbackUrl, deadlineMinutes, until, readyMinutes } = Submission.shape;
const { actor, pipeline, runUrl, commit } = Context.shape;

/** The schemas of parameters by the name of the parameter. The service checks parameters with the same schemas. */
export const PARAMETER_SCHEMAS: Readonly<Record<string, JsonObject>> = {
  ...createSchemas({ project: Name, jobId: JobId, name: Name, before: PageToken }),
  ...createSchemas({ callbackUrl, deadlineMinutes, until, readyMinutes, actor, pipeline, runUrl, commit }),
  from: { type: "string", enum: ["cce"] },
  // Only one schema may contain the enum of the kinds of operations, so this schema contains a pattern.
  operation: { type: "string", pattern: `^(${OPERATION_KINDS.join("|")})$` },
  clusterId: createParameterSchema(Operation.shape.clusterId),
  traceparent: { type: "string" },
  all: { type: "string", enum: ["true"] },
  notify: { ...createParameterSchema(notify), minItems: 1 },
  state: { type: "array", items: { $ref: "#/components/schemas/WatchState" }, minItems: 1 },
  ...createSchemas({ type: FilterText, text: FilterText, since: FilterTime, to: FilterTime }),
  label: { type: "array", items: createParameterSchema(Label), maxItems: MAX_FILTER_LABELS },
  limit: { type: "integer", minimum: 1, maximum: MAX_LIST_LIMIT, default: DEFAULT_LIST_LIMIT },
  wait: { type: "integer", minimum: 1, maximum: MAX_WAIT_SECONDS },
};

function createSchemas(schemas: Readonly<Record<string, z.core.$ZodType>>): Record<string, JsonObject> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, createParameterSchema(schema)]),
  );
}
