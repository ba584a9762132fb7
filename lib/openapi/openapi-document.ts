import type * as z from "zod/mini";
import { FilterText, FilterTime, Label, MAX_FILTER_LABELS } from "../api/job-filter.ts";
import { DEFAULT_LIST_LIMIT, MAX_LIST_LIMIT } from "../api/list-and-health-documents.ts";
import type { ProblemKind } from "../api/problem-response.ts";
import { type OperationId, ROUTES } from "../api/routes.ts";
import { Submission } from "../api/submission.ts";
import { MAX_WAIT_SECONDS } from "../api/watch-path-and-wait-parameters.ts";
import { Context } from "../domain/context-and-labels.ts";
import { JobId } from "../domain/job.ts";
import type { JsonObject } from "../domain/json.ts";
import { Name } from "../domain/names.ts";
import { Operation } from "../domain/operation.ts";
import { OPERATION_KINDS } from "../domain/operation-kind.ts";
import { unwrapLazy } from "../domain/zod-fields.ts";
import { PageToken } from "../ledger/page-token.ts";
import baseDocument from "./base-document.json" with { type: "json" };
import { createComponentSchemas, createParameterSchemaWithoutDescription } from "./component-schemas.ts";
import { type Content, createErrorResponsesWithGatewayErrors } from "./error-responses.ts";
import fieldHelp from "./field-help.json" with { type: "json" };
import operations from "./operations.json" with { type: "json" };
import schemaExamples from "./schema-examples.json" with { type: "json" };

const { notify, callbackUrl, deadlineMinutes, until, readyMinutes } = Submission.shape;
const { actor, pipeline, runUrl, commit } = unwrapLazy(Context).shape;

/** The JSON Schema of each request parameter, created from the schemas with which the service checks requests. */
export const PARAMETER_SCHEMAS: Readonly<Record<string, JsonObject>> = {
  ...createSchemas({ project: Name, jobId: JobId, name: Name, before: PageToken }),
  ...createSchemas({ callbackUrl, deadlineMinutes, until, readyMinutes, actor, pipeline, runUrl, commit }),
  from: { type: "string", enum: ["cce"] },
  // The parameter `operation` has a pattern and no enum, because only one schema may contain the kinds of operations as
  // an enum.
  operation: { type: "string", pattern: `^(${OPERATION_KINDS.join("|")})$` },
  clusterId: createParameterSchemaWithoutDescription(unwrapLazy(Operation).shape.clusterId),
  traceparent: { type: "string" },
  all: { type: "string", enum: ["true"] },
  notify: { ...createParameterSchemaWithoutDescription(notify), minItems: 1 },
  state: { type: "array", items: { $ref: "#/components/schemas/WatchState" }, minItems: 1 },
  ...createSchemas({ type: FilterText, text: FilterText, since: FilterTime, to: FilterTime }),
  label: {
    type: "array",
    items: createParameterSchemaWithoutDescription(Label),
    maxItems: MAX_FILTER_LABELS,
  },
  limit: { type: "integer", minimum: 1, maximum: MAX_LIST_LIMIT, default: DEFAULT_LIST_LIMIT },
  wait: { type: "integer", minimum: 1, maximum: MAX_WAIT_SECONDS },
};

function createSchemas(schemas: Readonly<Record<string, z.core.$ZodType>>): Record<string, JsonObject> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, createParameterSchemaWithoutDescription(schema)]),
  );
}

/** An operation in `operations.json`. The description omits facts that are already in a route or a schema. */
interface DescribedOperation {
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security?: readonly JsonObject[];
  /**
   * The query parameters and headers of the operation, without the path parameters. A parameter without the field
   * `schema` has the schema in PARAMETER_SCHEMAS.
   */
  readonly parameters?: readonly DescribedParameter[];
  readonly requestBody?: DescribedRequestBody;
  readonly responses: Readonly<Record<string, DescribedResponse>>;
  /** The kinds of errors with which the operation may respond. */
  readonly problems?: readonly string[];
}

interface DescribedRequestBody {
  readonly required: boolean;
  readonly schema: string;
  /**
   * The names of schemas. The OpenAPI document shows the examples of these schemas as examples of the body. Without
   * `examples`, the OpenAPI document shows only the example of `schema`.
   */
  readonly examples?: readonly string[];
}

interface DescribedParameter {
  readonly name: string;
  readonly in: string;
  readonly description: string;
  readonly required?: boolean;
  readonly schema?: JsonObject;
}

interface DescribedResponse {
  readonly description: string;
  /**
   * The name of the schema of a JSON body. A response without a JSON body has the field `content` instead of `schema`.
   */
  readonly schema?: string;
  readonly content?: Content;
  /** The names of response headers in `components.headers`. */
  readonly headers?: readonly string[];
}

const EVENT = "jobEnded";
const EVENTS = [EVENT, "jobSlow"] as const;
type Event = (typeof EVENTS)[number];
const OPERATIONS: Readonly<Record<OperationId | Event, DescribedOperation>> = operations;
/** An example of each schema, by the name of the schema. */
export const EXAMPLES: Readonly<Record<string, unknown>> = schemaExamples;

/**
 * The text about a parameter or field, for the OpenAPI document and the API reference. The text does not repeat facts
 * that the schema or the example already shows.
 */
export interface FieldHelp {
  readonly example?: unknown;
  /** The default value of the field, in words. */
  readonly default?: string;
}

/** The texts about the fields of all schemas and about all parameters. */
export const FIELD_HELP: Readonly<Record<string, Readonly<Record<string, FieldHelp>>>> = fieldHelp;

const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  project: "The name of a configured project.",
  jobId: "The job ID from CCE.",
  name: "The name of a configured target.",
};

/**
 * The two places in a request that can contain the callback URL: a field of the body, or a query parameter. Each of the
 * two places has its own operation ID, because code generators create one function for each operation ID.
 */
const CALLBACKS = {
  callbackJobEnded: "{$request.body#/callbackUrl}",
  queryCallbackJobEnded: "{$request.query.callbackUrl}",
};

/**
 * Creates the OpenAPI 3.1 document from the schemas of the code. Fields with the value undefined are not in the JSON
 * text.
 */
export function createOpenApiDocument() {
  const { components, ...base } = baseDocument;
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const [id, { method, path }] of Object.entries(ROUTES)) {
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = openApiOperation(id as OperationId, path);
  }
  return {
    ...base,
    paths,
    webhooks: Object.fromEntries(EVENTS.map((event) => [event, { post: openApiOperation(event, "") }])),
    components: { schemas: createComponentSchemas(), ...components },
  };
}

export type OpenApiOperation = ReturnType<typeof openApiOperation>;

function openApiOperation(operationId: keyof typeof OPERATIONS, path: string) {
  const { parameters = [], requestBody, responses, problems, ...texts } = OPERATIONS[operationId];
  const pathParameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => {
    return { name, in: "path", required: true, description: PATH_PARAMETERS[name] ?? "" };
  });
  const isEvent = EVENTS.some((event) => event === operationId);
  const errors = isEvent ? [] : createErrorResponsesWithGatewayErrors((problems ?? []) as ProblemKind[]);
  return {
    operationId,
    ...texts,
    parameters: [...pathParameters, ...parameters].map(openApiParameter),
    requestBody: requestBody && {
      required: requestBody.required,
      content: jsonContent(requestBody.schema, requestBody.examples),
    },
    responses: Object.fromEntries([
      ...errors.map((answer) => [answer.status, response(answer)] as const),
      ...Object.entries(responses).map(([status, answer]) => [status, response(answer)] as const),
    ]),
    callbacks: operationId === "acceptJobs" ? { [EVENT]: callbacks() } : undefined,
  };
}

function callbacks(): JsonObject {
  const post = openApiOperation(EVENT, "");
  return Object.fromEntries(
    Object.entries(CALLBACKS).map(([operationId, url]) => [url, { post: { ...post, operationId } }]),
  );
}

function openApiParameter(parameter: DescribedParameter) {
  const schema: JsonObject = parameter.schema ?? PARAMETER_SCHEMAS[parameter.name] ?? { type: "string" };
  const example = FIELD_HELP.parameters?.[parameter.name]?.example;
  // In FIELD_HELP, the example of a list is text with commas. In the OpenAPI document, the example must be an array.
  return { ...parameter, schema, example: schema.type === "array" ? String(example).split(",") : example };
}

function response({ description, schema, content, headers = [] }: DescribedResponse) {
  const references = ["x-request-id", ...headers].map((name) => {
    return [name, { $ref: `#/components/headers/${name}` }];
  });
  return {
    description,
    headers: Object.fromEntries(references),
    content: schema === undefined ? content : jsonContent(schema),
  };
}

/** Returns the description of a JSON body, with its schema and its examples. */
function jsonContent(schema: string, exampleNames: readonly string[] = [schema]): Content {
  const examples = exampleNames.map((name) => [name, { value: EXAMPLES[name] }] as const);
  return {
    "application/json": {
      schema: { $ref: `#/components/schemas/${schema}` },
      examples: Object.fromEntries(examples),
    },
  };
}
