import { readFileSync } from "node:fs";
import { PROBLEMS, type ProblemKind } from "../api/problem-response.ts";
import { describeDeliveryReasonsForApiReference } from "../channels/delivery-reason.ts";
import type { JsonObject } from "../domain/json.ts";
import { type Html, html } from "../pages/html.ts";
import { createInlineElementOrThrow } from "../pages/page-shell.ts";
import {
  renderCodeBlock,
  renderDefinitions,
  renderParameterTable,
  renderResponseFieldTable,
  renderTable,
  renderTableOfEachBodyForm,
  renderTextWithCodeAndSchemaLinks,
  schemaNameOfReference,
} from "./docs-parts.ts";
import { type Content, createProblemExample, PROBLEM_HELP } from "./error-responses.ts";
import type { createOpenApiDocument, OpenApiOperation } from "./openapi-document.ts";
import stateHelp from "./state-help.json" with { type: "json" };

/** The example requests of these operations contain a query. All other example requests contain no query. */
const QUERIES: Readonly<Record<string, string>> = {
  listJobs: "?state=failed&limit=20",
  readJob: "?wait=25",
  showJob: "?key=KEY",
  showJobs: "?key=KEY&project=prod",
};
/** The query of an example request whose body is a response of CCE. */
const CCE_QUERY = "?from=cce&project=prod&notify=deploys";

interface DocsPage {
  readonly html: string;
  /** The hashes of the style and the script of the page, for the Content-Security-Policy. */
  readonly styleSource: string;
  readonly scriptSource: string;
}

/**
 * Renders the OpenAPI document as one HTML page. The page loads no other files, and works without scripts.
 * @param copyScript the browser script for the copy buttons
 */
export function renderDocsPage(
  document: ReturnType<typeof createOpenApiDocument>,
  copyScript: string,
): DocsPage {
  const { info, tags, paths, webhooks, components } = document;
  const { schemas } = components;
  const operations = [
    ...Object.entries(paths).flatMap(([path, methods]) => toOperations(path, methods)),
    ...Object.values(webhooks).flatMap((methods) => toOperations("", methods)),
  ];
  const groups = tags.map((tag) => ({
    ...tag,
    operations: operations.filter(({ operation }) => operation.tags.includes(tag.name)),
  }));
  const objects = Object.keys(schemas).filter((name) => "properties" in (schemas[name] ?? {}));
  const style = createInlineElementOrThrow(
    "style",
    readFileSync(new URL("./docs-page.css", import.meta.url), "utf8"),
  );
  const script = createInlineElementOrThrow("script", copyScript);
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${info.title}: API reference</title>${style.element}</head>
<body><header><h1>${info.title}</h1><p>${renderTextWithCodeAndSchemaLinks(info.description)}</p>
<p>Requests carry <code>authorization: Bearer TOKEN</code>, unless the operation needs no token. The operator of the service makes tokens. Responses carry the header <code>x-request-id</code>. The examples use the shell variables <code>NOTIFIER_URL</code>, the URL of this service, and <code>NOTIFIER_TOKEN</code>. <a href="v1/openapi.json">openapi.json</a> contains this page as OpenAPI 3.1.</p></header>
<nav aria-label="Contents" tabindex="0">${groups.map(
    (group) => html`<h2>${group.name}</h2><ul>${group.operations.map(contentsEntry)}</ul>`,
  )}<h2>Reference</h2><ul><li><a href="#problems">Problems</a></li><li><a href="#states">States</a></li><li><a href="#reasons">Reasons of attempts</a></li><li><a href="#schemas">Schemas</a></li></ul></nav>
<main>
${groups.map(
  (group) =>
    html`<section><h2>${group.name}</h2><p>${renderTextWithCodeAndSchemaLinks(group.description)}</p>${group.operations.map((operation) => operationSection(operation, schemas))}</section>`,
)}
<section id="problems"><h2>Problems</h2><p>An error is <code>application/problem+json</code> (RFC 9457). <code>errors</code> lists every fault. <code>type</code> ends with the kind of the problem.</p>
${Object.keys(PROBLEMS).map((kind) => problemEntry(kind as ProblemKind))}</section>
<section id="states"><h2>States</h2>${Object.entries(stateHelp).map(
    ([name, meanings]) => html`<h3 id="schema-${name}">${name}</h3>${renderDefinitions(name, meanings)}`,
  )}</section>
<section id="reasons"><h2>Reasons of attempts</h2><p id="schema-Reason">A reason says why a delivery attempt ended with its verdict. The result of a test contains the reason in <code>reason</code>. A delivery contains reasons in <code>lastReason</code> and <code>history[].reason</code>.</p>
${renderDefinitions("reason", describeDeliveryReasonsForApiReference())}</section>
<section id="schemas"><h2>Schemas</h2>${objects.map(
    (name) =>
      html`<h3 id="schema-${name}">${name}</h3><p>${renderTextWithCodeAndSchemaLinks(String(schemas[name]?.description ?? ""))}</p>${renderResponseFieldTable(name, schemas)}`,
  )}</section>
</main>${script.element}</body></html>
`;
  return { html: page.toString(), styleSource: style.source, scriptSource: script.source };
}

function toOperations(
  path: string,
  methods: Readonly<Record<string, DocumentedOperation["operation"]>>,
): readonly DocumentedOperation[] {
  return Object.entries(methods).map(([method, operation]) => ({ path, method, operation }));
}

function contentsEntry({ path, method, operation: { operationId, summary } }: DocumentedOperation): Html {
  return html`<li><a href="#${operationId}">${summary}</a>${path !== "" && html` <code>${method.toUpperCase()} ${path}</code>`}</li>`;
}

function problemEntry(kind: ProblemKind): Html {
  const { status, title } = PROBLEMS[kind];
  const { cause, remedy } = PROBLEM_HELP[kind];
  return html`<h3 id="problem-${kind}">${status} ${title}: <code>${kind}</code></h3><p>${renderTextWithCodeAndSchemaLinks(cause)}</p><p>${renderTextWithCodeAndSchemaLinks(remedy)}</p>${renderCodeBlock(JSON.stringify(createProblemExample(kind), null, 2))}`;
}

/** An operation of the API, or a webhook event. A webhook event has no path. */
interface DocumentedOperation {
  readonly path: string;
  readonly method: string;
  readonly operation: OpenApiOperation;
}

function operationSection(
  { path, method, operation }: DocumentedOperation,
  schemas: Readonly<Record<string, JsonObject>>,
): Html {
  const { operationId, summary, description, parameters, requestBody, responses, security } = operation;
  const isEvent = path === "";
  const verb = method.toUpperCase();
  const body = requestBody?.content["application/json"];
  const bodySchema = typeof body?.schema.$ref === "string" ? schemaNameOfReference(body.schema.$ref) : "";
  const successes = Object.entries(responses).filter(([status]) => /^[23d]|^410/.test(status) || isEvent);
  const examples = Object.entries(body?.examples ?? {});
  const needsToken = security === undefined;
  return html`<section id="${operationId}"><h3>${renderTextWithCodeAndSchemaLinks(summary)}</h3>
${!isEvent && html`<p class="route"><code><b>${verb}</b> ${path}</code> ${needsToken ? "needs a token." : "needs no token."}</p>`}
${description !== undefined && html`<p>${renderTextWithCodeAndSchemaLinks(description)}</p>`}
${parameters.length > 0 && html`<h4>Parameters</h4>${renderParameterTable(`Parameters of ${summary}`, operation, schemas)}`}
${
  bodySchema !== "" &&
  html`<h4>Request body${requestBody?.required === false && " (optional)"}</h4>${
    isEvent
      ? [
          html`<p>${renderTextWithCodeAndSchemaLinks(`The schema \`${bodySchema}\` lists the fields.`, schemas)}</p>`,
          examples.map(([, { value }]) => renderCodeBlock(toJson(value))),
        ]
      : renderTableOfEachBodyForm(`Request body of ${summary}`, bodySchema, schemas)
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
  return html`<p><code>${status}</code> ${renderTextWithCodeAndSchemaLinks(text)}</p>${examples.map(({ value }) => renderCodeBlock(toJson(value)))}`;
}

/**
 * Renders a table with the error responses of an operation. In the table, each kind of error is a link to the help
 * about the error.
 */
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
    : renderTable(`Errors of ${summary}`, ["Status", "Title", "Kind of problem"], rows);
}

const isProblem = (name: string): name is ProblemKind => Object.hasOwn(PROBLEMS, name);

/** Returns the request as a shell command. Shell variables contain the URL of the service and the token. */
function curl(
  verb: string,
  path: string,
  { operationId, parameters }: OpenApiOperation,
  needsToken: boolean,
  bodyName: string,
  body: unknown,
): string {
  const filled = parameters.reduce(
    (url, parameter) => url.replace(`{${parameter.name}}`, String(parameter.example)),
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
  return html`<div class="copy">${renderCodeBlock(text)}<button type="button" data-copy="" aria-label="Copy the command" hidden>Copy</button></div>`;
}

function toJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
