import { type Operation, ROUTES } from "../api/routes.ts";
import { componentSchemas } from "./component-schemas.ts";
import { emptyAnswer, jsonContent, parameter } from "./operation-parts.ts";
import { OPERATIONS } from "./operations.ts";

type Json = Readonly<Record<string, unknown>>;

/** The address of the API in the document. The `api` function replaces it by the address of its deployment. */
export const SERVER_PLACEHOLDER = "{publicUrl}";

/** The API as OpenAPI 3.1. The document is made from the schemas that the code uses. */
export function openApiDocument(): Json {
  return {
    openapi: "3.1.1",
    info: {
      title: "CCE job notifier",
      version: "1",
      summary: "The service watches CCE jobs and notifies people and systems of their outcomes.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: SERVER_PLACEHOLDER }],
    security: [{ bearer: [] }],
    paths: paths(),
    webhooks: { jobEnded: { post: JOB_ENDED } },
    components: {
      schemas: componentSchemas(),
      headers: {
        RequestId: {
          description: "The ID of the request. Every response and the service's log contain it.",
          schema: { type: "string" },
        },
      },
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          description: "A token from the operator, or an identity token of a CI system (OpenID Connect).",
        },
      },
    },
  };
}

function paths(): Json {
  const byPath: Record<string, Record<string, unknown>> = {};
  for (const [operationId, { method, path }] of Object.entries(ROUTES)) {
    byPath[path] ??= {};
    byPath[path][method.toLowerCase()] = { operationId, ...OPERATIONS[operationId as Operation] };
  }
  return byPath;
}

const JOB_ENDED: Json = {
  operationId: "jobEnded",
  summary: "A job has ended",
  description:
    "The service posts this event to every webhook target. The event is signed as Standard Webhooks says (https://www.standardwebhooks.com). An event may arrive twice. Both copies have the same `webhook-id`.",
  parameters: [
    signedHeader("id", "Identifies this event at this target. All attempts have the same ID."),
    signedHeader("timestamp", "The time of the attempt in seconds since 1970-01-01 UTC."),
    signedHeader(
      "signature",
      "`v1,` and the signature. During the rotation of a secret there are several, separated by spaces.",
    ),
  ],
  security: [],
  requestBody: { required: true, content: jsonContent("JobEvent") },
  responses: {
    "2XX": emptyAnswer("The event is accepted."),
    "410": emptyAnswer(
      "The receiver is gone. The service sends nothing more to this target. A `callbackUrl` gets nothing more about this job.",
    ),
    default: emptyAnswer("The service tries again later, unless the status is permanent."),
  },
};

function signedHeader(name: string, description: string): Json {
  return { ...parameter("header", `webhook-${name}`, description), required: true };
}
