import { PROBLEMS } from "../api/problem.ts";
import { EXAMPLES } from "./examples.ts";
import type { SchemaName } from "./schemas.ts";

type Json = Readonly<Record<string, unknown>>;

const REQUEST_ID = { "x-request-id": { $ref: "#/components/headers/RequestId" } };

/** A JSON body of one of the schemas, with its example. */
export function jsonContent(name: SchemaName, type = "application/json"): Json {
  const example = EXAMPLES[name];
  return {
    [type]: {
      schema: { $ref: `#/components/schemas/${name}` },
      ...(example === undefined ? {} : { example }),
    },
  };
}

/** An answer with a JSON document. */
export function answer(description: string, name: SchemaName, headers: Json = {}): Json {
  return { description, headers: { ...REQUEST_ID, ...headers }, content: jsonContent(name) };
}

/** An answer with a page or another text. */
export function textAnswer(description: string, type: string): Json {
  return { description, headers: REQUEST_ID, content: { [type]: { schema: { type: "string" } } } };
}

/** An answer without a body. */
export function emptyAnswer(description: string): Json {
  return { description, headers: REQUEST_ID };
}

/** The problems an operation may answer, by status. */
export function problems(...statuses: readonly number[]): Json {
  return Object.fromEntries(
    statuses.map((status) => [
      String(status),
      {
        description: titles(status),
        headers: {
          ...REQUEST_ID,
          ...(status === 401 || status === 403 ? { "www-authenticate": TEXT_HEADER } : {}),
          ...(status === 503 ? { "retry-after": RETRY_AFTER } : {}),
        },
        content: jsonContent("Problem", "application/problem+json"),
      },
    ]),
  );
}

const TEXT_HEADER = { schema: { type: "string" } };
export const RETRY_AFTER = {
  description: "Seconds after which to ask again.",
  schema: { type: "integer", minimum: 1 },
};

export function query(name: string, description: string, schema: Json = { type: "string" }): Json {
  return { name, in: "query", description, schema };
}

export function inPath(name: string, description: string): Json {
  return { name, in: "path", required: true, description, schema: { type: "string" } };
}

/** The path of a watch. */
export const WATCH = [
  inPath("project", "The configured project's name."),
  inPath("jobId", "The job's ID as the cloud gave it."),
];

function titles(status: number): string {
  const known = Object.values(PROBLEMS).filter((entry) => entry.status === status);
  return known.map(({ title }) => title).join("; ");
}
