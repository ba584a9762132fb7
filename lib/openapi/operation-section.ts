import { PROBLEMS, type ProblemKind } from "../api/problem.ts";
import type { JsonObject } from "../domain/json.ts";
import { type Html, html } from "../pages/html.ts";
import { bodyTables, codeBlock, parameterTable, prose, table } from "./docs-parts.ts";
import type { Content } from "./error-responses.ts";
import type { OpenApiOperation } from "./openapi-document.ts";
import { schemaName } from "./schema-type.ts";

/** An operation of the API, or the event for webhooks, which has no path. */
export interface DocumentedOperation {
  readonly path: string;
  readonly method: string;
  readonly operation: OpenApiOperation;
}

/** The queries of the requests in the examples. Other requests have no query. */
const QUERIES: Readonly<Record<string, string>> = {
  listJobs: "?state=failed&limit=20",
  readJob: "?wait=25",
  showJob: "?key=KEY",
  showJobs: "?key=KEY&project=prod",
};
/** The query of a request whose body is a reply of CCE. */
const CCE_QUERY = "?from=cce&project=prod&notify=deploys";

/** Renders one operation: its request as tables, requests to copy, and its responses. */
export function operationSection(
  { path, method, operation }: DocumentedOperation,
  schemas: Readonly<Record<string, JsonObject>>,
): Html {
  const { operationId, summary, description, parameters, requestBody, responses, security } = operation;
  const isEvent = path === "";
  const verb = method.toUpperCase();
  const body = requestBody?.content["application/json"];
  const bodySchema = typeof body?.schema.$ref === "string" ? schemaName(body.schema.$ref) : "";
  const successes = Object.entries(responses).filter(([status]) => /^[23d]|^410/.test(status) || isEvent);
  const examples = Object.entries(body?.examples ?? {});
  const needsToken = security === undefined;
  return html`<section id="${operationId}"><h3>${prose(summary)}</h3>
${!isEvent && html`<p class="route"><code><b>${verb}</b> ${path}</code> ${needsToken ? "needs a token." : "needs no token."}</p>`}
${description !== undefined && html`<p>${prose(description)}</p>`}
${parameters.length > 0 && html`<h4>Parameters</h4>${parameterTable(`Parameters of ${summary}`, operation, schemas)}`}
${
  bodySchema !== "" &&
  html`<h4>Request body${requestBody?.required === false && " (optional)"}</h4>${
    isEvent
      ? [
          html`<p>${prose(`The schema \`${bodySchema}\` lists the fields.`, schemas)}</p>`,
          examples.map(([, { value }]) => codeBlock(toJson(value))),
        ]
      : bodyTables(`Request body of ${summary}`, bodySchema, schemas)
  }`
}
${
  !isEvent &&
  html`<h4>Example</h4>${(examples.length > 0 ? examples : [["", undefined] as const]).map(
    ([name, example]) => copyable(curl(verb, path, operation, needsToken, name, example?.value)),
  )}`
}
<h4>Responses</h4>${successes.map(([status, { description: text, content }]) => response(status, text, content ?? {}))}
${!isEvent && errorTable(summary, responses)}</section>
`;
}

function response(status: string, text: string, content: Content): Html {
  const examples = Object.values(content).flatMap((body) => Object.values(body.examples ?? {}));
  return html`<p><code>${status}</code> ${prose(text)}</p>${examples.map(({ value }) => codeBlock(toJson(value)))}`;
}

/** Renders the errors that the operation can answer with. Each kind of problem is a link to its help. */
function errorTable(summary: string, responses: OpenApiOperation["responses"]): Html | null {
  const rows = Object.entries(responses).flatMap(([status, { description, content = {} }]) => {
    if (!/^[45]/.test(status)) return [];
    const names = Object.values(content).flatMap((body) => Object.keys(body.examples ?? {}));
    const links = names.filter(isProblem).map((kind) => html`<a href="#problem-${kind}">${kind}</a> `);
    const gateway = names.includes("GatewayMessage") && "also from API Gateway, as JSON with message";
    return links.length === 0 && !gateway
      ? []
      : [[html`<code>${status}</code>`, description, [links, gateway]]];
  });
  return rows.length === 0
    ? null
    : table(`Errors of ${summary}`, ["Status", "Title", "Kind of problem"], rows);
}

const isProblem = (name: string): name is ProblemKind => Object.hasOwn(PROBLEMS, name);

/** Returns the request as a command for a shell. The shell variables have the URL of the service and the token. */
function curl(
  verb: string,
  path: string,
  { operationId, parameters }: OpenApiOperation,
  needsToken: boolean,
  bodyName: string,
  body: unknown,
): string {
  const filled = parameters.reduce(
    (url, parameter) =>
      url.replace(`{${parameter.name}}`, "example" in parameter ? String(parameter.example) : ""),
    path,
  );
  const query = bodyName === "CceReply" ? CCE_QUERY : (QUERIES[operationId] ?? "");
  return [
    `curl${verb === "GET" ? "" : ` -X ${verb}`} "$NOTIFIER_URL${filled}${query}"`,
    ...(needsToken ? ['-H "authorization: Bearer $NOTIFIER_TOKEN"'] : []),
    ...(operationId === "showStart" ? ['-H "accept: text/html"'] : []),
    ...(body === undefined
      ? []
      : ['-H "content-type: application/json"', `-d '${toJson(body).replaceAll("'", "'\\''")}'`]),
  ].join(" \\\n  ");
}

function copyable(text: string): Html {
  return html`<div class="copy">${codeBlock(text)}<button type="button" data-copy="" aria-label="Copy the command" hidden>Copy</button></div>`;
}

function toJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
