import { PROBLEMS } from "../api/problem.ts";
import { type Operation, ROUTES } from "../api/routes.ts";
import type { JsonObject } from "../domain/json.ts";
import baseDocument from "./base-document.json" with { type: "json" };
import { createComponentSchemas } from "./component-schemas.ts";
import operations from "./operations.json" with { type: "json" };
import schemaExamples from "./schema-examples.json" with { type: "json" };

/**
 * The description of an operation in `operations.json`. The file does not repeat facts that a route or a schema already
 * contains.
 */
interface DescribedOperation {
  readonly summary: string;
  readonly description?: string;
  readonly security?: readonly JsonObject[];
  /** All parameters except the path parameters. A parameter without a `schema` is a string. */
  readonly parameters?: readonly DescribedParameter[];
  readonly requestBody?: { readonly required: boolean; readonly schema: string };
  readonly responses: Readonly<Record<string, DescribedResponse>>;
  /** The HTTP statuses of the error responses of the operation. */
  readonly problems?: readonly number[];
}

/** The schema and the example of a body. The key of each entry is the media type of the body. */
export type Content = Readonly<Record<string, { readonly schema: JsonObject; readonly example?: unknown }>>;

interface DescribedParameter {
  readonly name: string;
  readonly in: string;
  readonly description: string;
  readonly schema?: JsonObject;
}

interface DescribedResponse {
  readonly description: string;
  /** The schema name of a JSON body. A body that is not JSON has a `content` instead. */
  readonly schema?: string;
  readonly content?: Content;
  /** The names of the response headers in `components.headers`. */
  readonly headers?: readonly string[];
}

const OPERATIONS: Readonly<Record<Operation | "jobEnded", DescribedOperation>> = operations;
const EXAMPLES: Readonly<Record<string, unknown>> = schemaExamples;

const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  project: "The name of a configured project.",
  jobId: "The job ID from CCE.",
  name: "The name of a configured target.",
};

const PROBLEM_HEADERS: Readonly<Record<number, readonly string[]>> = {
  401: ["www-authenticate"],
  403: ["www-authenticate"],
  503: ["retry-after"],
};

/**
 * Creates the OpenAPI 3.1 document of the API from the schemas that the code uses.
 * Some fields of the document are undefined. JSON omits undefined fields.
 */
export function createOpenApiDocument() {
  const { components, ...base } = baseDocument;
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const [id, { method, path }] of Object.entries(ROUTES)) {
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = openApiOperation(id as Operation, path);
  }
  return {
    ...base,
    paths,
    webhooks: { jobEnded: { post: openApiOperation("jobEnded", "") } },
    components: { schemas: createComponentSchemas(), ...components },
  };
}

export type OpenApiOperation = ReturnType<typeof openApiOperation>;

function openApiOperation(operationId: keyof typeof OPERATIONS, path: string) {
  const { parameters = [], requestBody, responses, problems = [], ...texts } = OPERATIONS[operationId];
  const pathParameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => {
    return { name, in: "path", description: PATH_PARAMETERS[name] ?? "", required: true };
  });
  return {
    operationId,
    ...texts,
    parameters: [...pathParameters, ...parameters].map((given) => ({ schema: { type: "string" }, ...given })),
    requestBody: requestBody && { required: requestBody.required, content: jsonContent(requestBody.schema) },
    responses: Object.fromEntries([
      ...Object.entries(responses).map(([status, answer]) => [status, response(answer)] as const),
      ...problems.map((status) => [status, problemResponse(status)] as const),
    ]),
  };
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

function problemResponse(status: number) {
  const problems = Object.values(PROBLEMS).filter((problem) => problem.status === status);
  return response({
    description: [...new Set(problems.map(({ title }) => title))].join(" / "),
    content: jsonContent("Problem", "application/problem+json"),
    headers: PROBLEM_HEADERS[status] ?? [],
  });
}

/** Returns the content of a JSON body with a named schema and the example of the schema. */
function jsonContent(schema: string, mediaType = "application/json"): Content {
  return {
    [mediaType]: { schema: { $ref: `#/components/schemas/${schema}` }, example: EXAMPLES[schema] },
  };
}
