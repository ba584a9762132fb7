import "../domain/zod-messages.ts";
import * as z from "zod/mini";
import { escapeHtml, jsonBlock, prose } from "./docs-html.ts";

/** The parts of an OpenAPI operation that the page shows. */
const Content = z.record(z.string(), z.looseObject({ example: z.optional(z.unknown()) }));
const Operation = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  description: z.optional(z.string()),
  parameters: z._default(
    z.array(z.looseObject({ name: z.string(), in: z.string(), description: z.optional(z.string()) })),
    [],
  ),
  requestBody: z.optional(z.looseObject({ content: Content })),
  responses: z.record(z.string(), z.looseObject({ description: z.string(), content: z.optional(Content) })),
});
const Paths = z.record(z.string(), z.record(z.string(), Operation));

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly html: string;
}

/** A section for each operation of a document's `paths` or `webhooks`. */
export function operationSections(paths: unknown): readonly Section[] {
  return Object.entries(Paths.parse(paths)).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      id: operation.operationId,
      title: operation.summary,
      html: section(path, method, operation),
    })),
  );
}

function section(path: string, method: string, operation: z.infer<typeof Operation>): string {
  const { operationId, summary, description, parameters, requestBody, responses } = operation;
  return `<section id="${escapeHtml(operationId)}"><h2>${prose(summary)}</h2>
<p><code><span class="method">${escapeHtml(method.toUpperCase())}</span> ${escapeHtml(path)}</code></p>
${description === undefined ? "" : `<p>${prose(description)}</p>`}
${parameters.length === 0 ? "" : `<h3>Parameters</h3>${list(parameters.map(({ name, in: place, description: text }) => [name, `${text ?? ""} (${place})`]))}`}
${requestBody === undefined ? "" : `<h3>Body</h3>${examples(requestBody.content)}`}
<h3>Answers</h3>${list(Object.entries(responses).map(([status, { description: text }]) => [status, text]))}
${Object.entries(responses)
  .filter(([status]) => status.startsWith("2"))
  .map(([, { content }]) => examples(content ?? {}))
  .join("")}</section>
`;
}

function list(entries: readonly (readonly [string, string])[]): string {
  return `<dl>${entries.map(([term, text]) => `<dt>${escapeHtml(term)}</dt><dd>${prose(text)}</dd>`).join("")}</dl>`;
}

function examples(content: z.infer<typeof Content>): string {
  return Object.values(content)
    .map(({ example }) => (example === undefined ? "" : jsonBlock(example)))
    .join("");
}
