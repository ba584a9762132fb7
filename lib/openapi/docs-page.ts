import { readFileSync } from "node:fs";
import { PROBLEMS, type ProblemKind } from "../api/problem.ts";
import { describeDeliveryReasons } from "../channels/delivery-reason.ts";
import { type Html, html } from "../pages/html.ts";
import { createInlineElement } from "../pages/page-shell.ts";
import { type Content, PROBLEM_HELP } from "./error-responses.ts";
import type { createOpenApiDocument, OpenApiOperation } from "./openapi-document.ts";

export interface DocsPage {
  readonly html: string;
  /** The hash of the page's style for the Content-Security-Policy. */
  readonly styleSource: string;
}

/** Renders the OpenAPI document as one HTML page. The page has no script and loads no other files. */
export function renderDocsPage(document: ReturnType<typeof createOpenApiDocument>): DocsPage {
  const { info, paths, webhooks, components } = document;
  const operations = Object.entries({ ...paths, ...webhooks }).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const style = createInlineElement(
    "style",
    readFileSync(new URL("./docs-page.css", import.meta.url), "utf8"),
  );
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${info.title}: API reference</title>${style.element}</head>
<body><main><h1>${info.title}</h1><p class="soft">${prose(info.summary)}</p>
<p>The page shows <a href="v1/openapi.json">openapi.json</a>. Requests carry <code>authorization: Bearer …</code>. Responses carry <code>x-request-id</code>.</p>
<nav aria-label="Contents"><ul>${operations.map(
    ({ path, method, operation: { operationId, summary } }) =>
      html`<li><a href="#${operationId}">${summary}</a> <code>${method.toUpperCase()} ${path}</code></li>`,
  )}<li><a href="#problems">Problems</a></li><li><a href="#reasons">Reasons of attempts</a></li><li><a href="#schemas">Schemas</a></li></ul></nav>
${operations.map(({ path, method, operation }) => operationSection(path, method, operation))}
<section id="problems"><h2>Problems</h2><p>An error is <code>application/problem+json</code> (RFC 9457). <code>errors</code> lists every fault.</p>
${Object.keys(PROBLEMS).map((kind) => problemEntry(kind as ProblemKind))}</section>
<section id="reasons"><h2>Reasons of attempts</h2><p>A reason says why a delivery attempt ended with its verdict. The result of a test contains the reason in <code>reason</code>. A delivery contains reasons in <code>lastReason</code> and <code>history[].reason</code>.</p>
<dl>${Object.entries(describeDeliveryReasons()).map(
    ([reason, text]) => html`<dt id="reason-${reason}">${reason}</dt><dd>${prose(text)}</dd>`,
  )}</dl></section>
<section id="schemas"><h2>Schemas</h2>${Object.entries(components.schemas).map(
    ([name, schema]) => html`<details><summary>${name}</summary>${jsonBlock(schema)}</details>`,
  )}</section>
</main></body></html>
`;
  return { html: page.toString(), styleSource: style.source };
}

function operationSection(path: string, method: string, operation: OpenApiOperation): Html {
  const { operationId, summary, description, parameters, requestBody, responses } = operation;
  const successes = Object.entries(responses).filter(([status]) => status.startsWith("2"));
  return html`<section id="${operationId}"><h2>${prose(summary)}</h2>
<p><code><span class="method">${method.toUpperCase()}</span> ${path}</code></p>
${description !== undefined && html`<p>${prose(description)}</p>`}
${
  parameters.length > 0 &&
  html`<h3>Parameters</h3>${definitions(parameters.map(({ name, in: location, description: text }) => [name, `${text} (${location})`]))}`
}
${requestBody !== undefined && html`<h3>Request body</h3>${examples(requestBody.content)}`}
<h3>Responses</h3>${definitions(Object.entries(responses).map(([status, { description: text }]) => [status, text]))}
${successes.map(([, { content }]) => examples(content ?? {}))}</section>
`;
}

function problemEntry(kind: ProblemKind): Html {
  const { status, title } = PROBLEMS[kind];
  const { cause, remedy } = PROBLEM_HELP[kind];
  return html`<h3 id="problem-${kind}">${status} ${title}: <code>${kind}</code></h3><p>${prose(cause)}</p><p>${prose(remedy)}</p>`;
}

function definitions(entries: readonly (readonly [string, string])[]): Html {
  return html`<dl>${entries.map(([term, text]) => html`<dt>${term}</dt><dd>${prose(text)}</dd>`)}</dl>`;
}

function examples(content: Content): readonly Html[] {
  return Object.values(content).flatMap((body) =>
    Object.values(body.examples ?? {}).map(({ value }) => jsonBlock(value)),
  );
}

/** Renders text in which code stands between backticks. */
function prose(text: string): readonly (string | Html)[] {
  return text.split("`").map((part, i) => (i % 2 === 0 ? part : html`<code>${part}</code>`));
}

function jsonBlock(document: unknown): Html {
  return html`<pre tabindex="0">${JSON.stringify(document, null, 2)}</pre>`;
}
