import { createHash } from "node:crypto";
import * as z from "zod/mini";
import type { ApiResponse } from "../api/http.ts";
import { PROBLEMS, type ProblemKind } from "../api/problem.ts";
import { escapeHtml, jsonBlock, prose } from "./docs-html.ts";
import { operationSections, type Section } from "./docs-sections.ts";
import { DOCS_STYLE } from "./docs-style.ts";
import { PROBLEM_HELP, type ProblemHelp } from "./problem-help.ts";

/** A value of a list and what it means; the last of a list that may grow has neither. */
const Meaning = z.looseObject({ const: z.optional(z.string()), description: z.optional(z.string()) });
const Document = z.looseObject({
  info: z.looseObject({ title: z.string(), summary: z.string() }),
  paths: z.unknown(),
  webhooks: z.unknown(),
  components: z.looseObject({
    schemas: z.intersection(
      z.looseObject({ Reason: z.looseObject({ anyOf: z.array(Meaning) }) }),
      z.record(z.string(), z.unknown()),
    ),
  }),
});

/** `GET /docs`: the OpenAPI document as a page of its own, without a script and with nothing loaded from elsewhere. */
export function docsPage(openApi: Readonly<Record<string, unknown>>): ApiResponse {
  const { info, paths, webhooks, components } = Document.parse(openApi);
  const sections = [...operationSections(paths), ...operationSections(webhooks)];
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(info.title)}: the API</title><style>${DOCS_STYLE}</style></head>
<body><main><h1>${escapeHtml(info.title)}</h1><p class="soft">${prose(info.summary)}</p>
<p>Everything here is also in <a href="/v1/openapi.json">openapi.json</a>. Calls carry <code>authorization: Bearer …</code>; every answer carries <code>x-request-id</code>.</p>
<nav aria-label="Operations"><ul>${sections.map(link).join("")}<li><a href="#problems">Problems</a></li><li><a href="#reasons">Reasons of an attempt</a></li><li><a href="#schemas">Schemas</a></li></ul></nav>
${sections.map((section) => section.html).join("")}
<section id="problems"><h2>Problems</h2><p>Errors are <code>application/problem+json</code> (RFC 9457); <code>errors</code> names every fault.</p>
${Object.entries(PROBLEM_HELP).map(problemEntry).join("")}</section>
<section id="reasons"><h2>Reasons of an attempt</h2><p>Why an attempt at a target ended as it did: <code>reason</code> of a test, <code>lastReason</code> and <code>history[].reason</code> of a delivery.</p>
<dl>${components.schemas.Reason.anyOf.map(reasonEntry).join("")}</dl></section>
<section id="schemas"><h2>Schemas</h2>${Object.entries(components.schemas).map(schemaEntry).join("")}</section>
</main></body></html>
`;
  return { status: 200, headers: headers(), body: html };
}

function link({ id, title }: Section): string {
  return `<li><a href="#${escapeHtml(id)}">${prose(title)}</a></li>`;
}

/** Where a problem's `type` leads to. */
function problemEntry([kind, { cause, remedy }]: [string, ProblemHelp]): string {
  const { status, title } = PROBLEMS[kind as ProblemKind];
  return `<h3 id="problem-${kind}">${status} ${kind}</h3><p>${prose(title)}. ${prose(cause)}</p><p>${prose(remedy)}</p>`;
}

function reasonEntry({ const: reason, description = "" }: z.infer<typeof Meaning>): string {
  return reason === undefined
    ? ""
    : `<dt id="reason-${escapeHtml(reason)}">${escapeHtml(reason)}</dt><dd>${prose(description)}</dd>`;
}

function schemaEntry([name, schema]: [string, unknown]): string {
  return `<details><summary>${escapeHtml(name)}</summary>${jsonBlock(schema)}</details>`;
}

function headers(): Record<string, string> {
  const style = createHash("sha256").update(DOCS_STYLE).digest("base64");
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": `default-src 'none'; style-src 'sha256-${style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    "cache-control": "public, max-age=300",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  };
}
