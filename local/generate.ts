// `npm run generate` writes every generated file of this repository. The generated files are committed to Git, so a new
// clone needs no build step. A test compares each generated file with its sources.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build, transform } from "esbuild";
import { API_TEXT_SEPARATOR } from "../functions/api/api-reference.ts";
import { renderDocsPage } from "../lib/openapi/docs-page.ts";
import { createOpenApiDocument } from "../lib/openapi/openapi-document.ts";
import { createConfigFileSchema } from "./config-reference/config-schema.ts";
import { renderConfigReference } from "./config-reference/reference-page.ts";
import { createEventSchema } from "./event-schema.ts";
import { convertAwsDashboardToGrafana } from "./monitoring/aws-dashboard-to-grafana.ts";
import { readScriptArguments } from "./ops/script-arguments.ts";
import { renderStatesPage } from "./states-page.ts";

/**
 * The generated files of this repository. Each key is the path of a generated file, and each value is a function that
 * returns the content of that file.
 */
export const GENERATED_FILES: Readonly<Record<string, () => string | Promise<string>>> = {
  "config.schema.json": () => `${JSON.stringify(createConfigFileSchema(), null, 2)}\n`,
  "deploy/monitoring/grafana-dashboard.json": convertAwsDashboardToGrafana,
  "docs/configuration.md": renderConfigReference,
  "docs/states.md": () => renderStatesPage(),
  "docs/event.schema.json": () => `${JSON.stringify(createEventSchema(), null, 2)}\n`,
  "functions/api/openapi.generated.ts": openApiModule,
  "lib/pages/browser.generated.ts": browserModule,
  "modules/azure-pipelines/watch.yml": () => withWatchScript("modules/azure-pipelines/watch.yml"),
  "modules/jenkins/resources/watch-cce-job.sh": () => readFileSync(WATCH_SCRIPT, "utf8"),
  "templates/watch.yml": () => withWatchScript("templates/watch.yml"),
};

/**
 * The script that is copied into each pipeline template. Users copy only the file of a pipeline template, so the
 * template must contain the script.
 */
const WATCH_SCRIPT = "examples/curl/watch.sh";
const SCRIPT_BLOCK =
  /^( *)# begin of examples\/curl\/watch\.sh\n(?:.*\n)*?\1# end of examples\/curl\/watch\.sh$/m;

/** Copies the current script into a template, between the template's comments `begin of` and `end of`. */
function withWatchScript(file: string): string {
  const script = readFileSync(WATCH_SCRIPT, "utf8").trimEnd();
  return readFileSync(file, "utf8").replace(SCRIPT_BLOCK, (_, indent: string) =>
    ["# begin of examples/curl/watch.sh", ...script.split("\n"), "# end of examples/curl/watch.sh"]
      .map((line) => (line === "" ? "" : `${indent}${line}`))
      .join("\n"),
  );
}

async function openApiModule(): Promise<string> {
  const document = createOpenApiDocument();
  const copyScript = await bundledScript("copy-buttons.ts");
  const { html, styleSource, scriptSource } = renderDocsPage(document, copyScript);
  // The OpenAPI document and the docs page are compressed together, because the page repeats most of the document.
  // Brotli is used, because its result is the same on every processor.
  const texts = brotliCompressSync(JSON.stringify(document) + API_TEXT_SEPARATOR + html);
  return moduleOfTexts("lib/openapi", {
    OPENAPI_AND_DOCS: texts.toString("base64"),
    DOCS_STYLE_SOURCE: styleSource,
    DOCS_SCRIPT_SOURCE: scriptSource,
  });
}

const BROWSER_FOLDER = "lib/pages/browser";

async function browserModule(): Promise<string> {
  return moduleOfTexts(BROWSER_FOLDER, {
    LIVE_SCRIPT: await bundledScript("live-page.ts"),
    PAGE_CSS: await minifiedCss("page.css"),
    JOB_PAGE_CSS: await minifiedCss("job-page.css"),
    LIST_PAGE_CSS: await minifiedCss("list-page.css"),
  });
}

async function bundledScript(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [repositoryPath(`${BROWSER_FOLDER}/${file}`)],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    charset: "utf8",
  });
  return outputFiles.map(({ text }) => text.trim()).join("");
}

async function minifiedCss(file: string): Promise<string> {
  const css = readFileSync(repositoryPath(`${BROWSER_FOLDER}/${file}`), "utf8");
  const { code } = await transform(css, { loader: "css", minify: true, charset: "utf8" });
  return code.trim();
}

function repositoryPath(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/** Returns the source of a TypeScript module with one string constant for each entry of `texts`. */
function moduleOfTexts(source: string, texts: Readonly<Record<string, string>>): string {
  const constants = Object.entries(texts).map(
    ([name, text]) => `export const ${name} = ${JSON.stringify(text)};`,
  );
  return `// "npm run generate" makes this file from ${source}. Do not edit it.\n${constants.join("\n")}\n`;
}

if (import.meta.main) {
  readScriptArguments(
    `Writes every generated file from its sources: the OpenAPI document, pages, schemas and references.

  npm run generate
`,
    {},
  );
  for (const [path, content] of Object.entries(GENERATED_FILES))
    writeFileSync(repositoryPath(path), await content());
}
