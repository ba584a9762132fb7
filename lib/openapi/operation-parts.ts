import { PROBLEMS } from "../api/problem.ts";
import schemaExamples from "./schema-examples.json" with { type: "json" };

type Json = Readonly<Record<string, unknown>>;
type ExampleName = keyof typeof schemaExamples;

export const TEXT = { type: "string" };
const REQUEST_ID = { "x-request-id": { $ref: "#/components/headers/RequestId" } };
export const RETRY_AFTER = {
  "retry-after": {
    description: "The number of seconds to wait before the next request.",
    schema: { type: "integer", minimum: 1 },
  },
};

/** A JSON body of a named schema, with the example of that schema. */
export function jsonContent(name: ExampleName, mediaType = "application/json"): Json {
  return {
    [mediaType]: { schema: { $ref: `#/components/schemas/${name}` }, example: schemaExamples[name] },
  };
}

/** A response with a JSON body. */
export function jsonAnswer(description: string, name: ExampleName, headers: Json = {}): Json {
  return { description, headers: { ...REQUEST_ID, ...headers }, content: jsonContent(name) };
}

/** A response with an HTML page. */
export function pageAnswer(description: string): Json {
  return { description, headers: REQUEST_ID, content: { "text/html": { schema: TEXT } } };
}

/** A response without a body. */
export function emptyAnswer(description: string): Json {
  return { description, headers: REQUEST_ID };
}

/** The error responses of an operation, by HTTP status. The description is the title of the problem. */
export function problemAnswers(...statuses: readonly number[]): Json {
  return Object.fromEntries(statuses.map((status) => [String(status), problemAnswer(status)]));
}

function problemAnswer(status: number): Json {
  const titles = Object.values(PROBLEMS).flatMap((entry) => (entry.status === status ? [entry.title] : []));
  return {
    description: [...new Set(titles)].join(" / "),
    headers: {
      ...REQUEST_ID,
      ...(status === 401 || status === 403 ? { "www-authenticate": { schema: TEXT } } : {}),
      ...(status === 503 ? RETRY_AFTER : {}),
    },
    content: jsonContent("Problem", "application/problem+json"),
  };
}

/** A parameter of an operation. Parameters of the path are required. */
export function parameter(
  location: "query" | "header" | "path",
  name: string,
  description: string,
  schema: Json = TEXT,
): Json {
  const optional = { name, in: location, description, schema };
  return location === "path" ? { ...optional, required: true } : optional;
}

/** The path parameters that name a watch. */
export const WATCH_PARAMETERS = [
  parameter("path", "project", "The name of a configured project."),
  parameter("path", "jobId", "The job ID from CCE."),
];
