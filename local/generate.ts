// Writes every generated file of this repository. Generated files are committed, so a fresh clone needs no build step.
// A test compares each file with its sources.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { docsPage } from "../lib/openapi/docs-page.ts";
import { openApiDocument } from "../lib/openapi/openapi-document.ts";

/** The generated files: the path in the repository, and a function that returns the content. */
export const GENERATED_FILES: Readonly<Record<string, () => string | Promise<string>>> = {
  "functions/api/openapi.generated.ts": openApiModule,
};

function openApiModule(): string {
  const document = openApiDocument();
  const { html, styleSource } = docsPage(document);
  return moduleOfTexts("lib/openapi", {
    OPENAPI_JSON: JSON.stringify(document),
    DOCS_HTML: html,
    DOCS_STYLE_SOURCE: styleSource,
  });
}

/** A TypeScript module that exports each text as a constant. */
function moduleOfTexts(source: string, texts: Readonly<Record<string, string>>): string {
  const constants = Object.entries(texts).map(
    ([name, text]) => `export const ${name} = ${JSON.stringify(text)};`,
  );
  return `// "npm run generate" makes this file from ${source}. Do not edit it.\n${constants.join("\n")}\n`;
}

if (import.meta.main)
  for (const [path, content] of Object.entries(GENERATED_FILES))
    writeFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), await content());
