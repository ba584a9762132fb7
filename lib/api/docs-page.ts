import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { escapeHtml, jsonBlock, prose } from "./docs-html.ts";
import { operationSections, type Section } from "./docs-sections.ts";
import { DOCS_STYLE } from "./docs-style.ts";
import type { ApiResponse } from "./http.ts";
import { PROBLEMS } from "./problem.ts";

const Document = z.looseObject({
  info: z.looseObject({ title: z.string(), summary: z.string() }),
  paths: z.unknown(),
  webhooks: z.unknown(),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
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
<nav aria-label="Operations"><ul>${sections.map(link).join("")}<li><a href="#problems">Problems</a></li><li><a href="#schemas">Schemas</a></li></ul></nav>
${sections.map((section) => section.html).join("")}
<section id="problems"><h2>Problems</h2><p>Errors are <code>application/problem+json</code> (RFC 9457); <code>errors</code> names every fault.</p>
<dl>${Object.entries(PROBLEMS).map(problemEntry).join("")}</dl></section>
<section id="schemas"><h2>Schemas</h2>${Object.entries(components.schemas).map(schemaEntry).join("")}</section>
</main></body></html>
`;
  return { status: 200, headers: headers(), body: html };
}

function link({ id, title }: Section): string {
  return `<li><a href="#${escapeHtml(id)}">${prose(title)}</a></li>`;
}

function problemEntry([kind, { status, title }]: [string, { status: number; title: string }]): string {
  return `<dt id="problem-${kind}">${status} ${kind}</dt><dd>${prose(title)}</dd>`;
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
