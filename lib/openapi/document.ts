import { type Operation, ROUTES } from "../api/routes.ts";
import { OPERATIONS } from "./operations.ts";
import { emptyAnswer, jsonContent } from "./parts.ts";
import { componentSchemas } from "./schemas.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * The API as OpenAPI 3.1, made of the schemas in force. `publicUrl` is where this deployment answers, `reasons` what
 * the reasons of attempts mean.
 */
export function openApiDocument(publicUrl: string, reasons: Readonly<Record<string, string>>): Json {
  return {
    openapi: "3.1.1",
    info: {
      title: "CCE job notifier",
      version: "1",
      summary: "Watches CCE jobs and tells people and systems how they ended.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: publicUrl }],
    security: [{ bearer: [] }],
    paths: paths(),
    webhooks: { jobEnded: { post: eventOperation() } },
    components: {
      schemas: componentSchemas(reasons),
      headers: {
        RequestId: {
          description: "The request's ID: in every answer and in the service's log.",
          schema: { type: "string" },
        },
      },
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          description: "A token of the operator's, or a CI's identity token (OpenID Connect).",
        },
      },
    },
  };
}

function paths(): Json {
  const byPath: Record<string, Record<string, unknown>> = {};
  for (const [operationId, { method, path }] of Object.entries(ROUTES) as [
    Operation,
    (typeof ROUTES)[Operation],
  ][]) {
    byPath[path] ??= {};
    byPath[path][method.toLowerCase()] = { operationId, ...OPERATIONS[operationId] };
  }
  return byPath;
}

function eventOperation(): Json {
  const header = (name: string, description: string) => ({
    name,
    in: "header",
    required: true,
    description,
    schema: { type: "string" },
  });
  return {
    operationId: "jobEnded",
    summary: "A job has ended",
    description:
      "Posted to each webhook target, signed by Standard Webhooks (https://www.standardwebhooks.com). The same event may come twice, with the same `webhook-id`.",
    parameters: [
      header("webhook-id", "The same for every attempt at this outcome and target."),
      header("webhook-timestamp", "When the attempt was made: seconds since 1970."),
      header(
        "webhook-signature",
        "`v1,` and a signature; several, separated by spaces, while a secret rotates.",
      ),
    ],
    security: [],
    requestBody: { required: true, content: jsonContent("JobEvent") },
    responses: {
      "2XX": emptyAnswer("Taken."),
      "410": emptyAnswer(
        "Gone: nothing more is sent to this target; to a callbackUrl, nothing more of this job.",
      ),
      default: emptyAnswer("Sent again later, unless the status says that it would be in vain."),
    },
  };
}
