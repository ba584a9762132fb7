import { ROUTES } from "../../../lib/api/routes.ts";
import { renderDocsPage } from "../../../lib/openapi/docs-page.ts";
import { createOpenApiDocument } from "../../../lib/openapi/openapi-document.ts";

test("the table of contents of the API reference shows the method and the path of every operation", () => {
  const { html } = renderDocsPage(createOpenApiDocument());
  const contents = html.match(/<nav [\s\S]*?<\/nav>/)?.[0] ?? "";
  for (const { method, path } of Object.values(ROUTES))
    expect(contents).toContain(`<code>${method} ${path}</code>`);
});
