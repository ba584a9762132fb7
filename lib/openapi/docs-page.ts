import { readFileSync } from "node:fs";
import { PROBLEMS, type ProblemKind } from "../api/problem.ts";
import { describeDeliveryReasons } from "../channels/delivery-reason.ts";
import { type Html, html } from "../pages/html.ts";
import { createInlineElement } from "../pages/page-shell.ts";
import { codeBlock, definitions, fieldTable, prose } from "./docs-parts.ts";
import { PROBLEM_HELP, problemExample } from "./error-responses.ts";
import type { createOpenApiDocument } from "./openapi-document.ts";
import { type DocumentedOperation, operationSection } from "./operation-section.ts";
import stateHelp from "./state-help.json" with { type: "json" };

interface DocsPage {
  readonly html: string;
  /** The hashes of the page's style and script for the Content-Security-Policy. */
  readonly styleSource: string;
  readonly scriptSource: string;
}

/**
 * Renders the OpenAPI document as one HTML page. The page loads no other files, and is complete without a script.
 * @param copyScript the script of the buttons that copy a request
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
  const style = createInlineElement(
    "style",
    readFileSync(new URL("./docs-page.css", import.meta.url), "utf8"),
  );
  const script = createInlineElement("script", copyScript);
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${info.title}: API reference</title>${style.element}</head>
<body><nav aria-label="Contents" tabindex="0">${groups.map(
    (group) => html`<h2>${group.name}</h2><ul>${group.operations.map(contentsEntry)}</ul>`,
  )}<h2>Reference</h2><ul><li><a href="#problems">Problems</a></li><li><a href="#states">States</a></li><li><a href="#reasons">Reasons of attempts</a></li><li><a href="#schemas">Schemas</a></li></ul></nav>
<main><h1>${info.title}</h1><p>${prose(info.description)}</p>
<p>Requests carry <code>authorization: Bearer TOKEN</code>, unless the operation needs no token. The operator of the service makes tokens. Responses carry the header <code>x-request-id</code>. The examples use the shell variables <code>NOTIFIER_URL</code>, the URL of this service, and <code>NOTIFIER_TOKEN</code>. <a href="v1/openapi.json">openapi.json</a> contains this page as OpenAPI 3.1.</p>
${groups.map(
  (group) =>
    html`<section><h2>${group.name}</h2><p>${prose(group.description)}</p>${group.operations.map((operation) => operationSection(operation, schemas))}</section>`,
)}
<section id="problems"><h2>Problems</h2><p>An error is <code>application/problem+json</code> (RFC 9457). <code>errors</code> lists every fault. <code>type</code> ends with the kind of the problem.</p>
${Object.keys(PROBLEMS).map((kind) => problemEntry(kind as ProblemKind))}</section>
<section id="states"><h2>States</h2>${Object.entries(stateHelp).map(
    ([name, meanings]) => html`<h3 id="schema-${name}">${name}</h3>${definitions(name, meanings)}`,
  )}</section>
<section id="reasons"><h2>Reasons of attempts</h2><p id="schema-Reason">A reason says why a delivery attempt ended with its verdict. The result of a test contains the reason in <code>reason</code>. A delivery contains reasons in <code>lastReason</code> and <code>history[].reason</code>.</p>
${definitions("reason", describeDeliveryReasons())}</section>
<section id="schemas"><h2>Schemas</h2>${objects.map(
    (name) =>
      html`<h3 id="schema-${name}">${name}</h3><p>${prose(String(schemas[name]?.description ?? ""))}</p>${fieldTable(name, schemas)}`,
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
  return html`<h3 id="problem-${kind}">${status} ${title}: <code>${kind}</code></h3><p>${prose(cause)}</p><p>${prose(remedy)}</p>${codeBlock(JSON.stringify(problemExample(kind), null, 2))}`;
}
