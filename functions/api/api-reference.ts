import { type ApiRequest, type ApiResponse, conditionalResponse } from "../../lib/api/http-message.ts";

/**
 * Loads the text of the API reference. The text of the API reference is large and rarely requested, so the start of a
 * Lambda instance does not load the text.
 */
const loadTexts = () => import("./openapi.generated.ts");

const CACHED = { "cache-control": "public, max-age=300", "x-content-type-options": "nosniff" };

/** Creates the response to `GET /v1/openapi.json`. The OpenAPI document contains the public URL of this deployment. */
export async function openApiResponse(
  publicUrl: string,
  request: Pick<ApiRequest, "headers">,
): Promise<ApiResponse> {
  const { OPENAPI_JSON } = await loadTexts();
  const body = OPENAPI_JSON.replace('"{publicUrl}"', () => JSON.stringify(publicUrl));
  const headers = { ...CACHED, "content-type": "application/json; charset=utf-8" };
  return conditionalResponse({ status: 200, headers, body }, request);
}

/** Creates the response to `GET /docs`: the API reference as an HTML page. */
export async function docsResponse(request: Pick<ApiRequest, "headers">): Promise<ApiResponse> {
  const { DOCS_HTML, DOCS_STYLE_SOURCE } = await loadTexts();
  const headers = {
    ...CACHED,
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": `default-src 'none'; style-src ${DOCS_STYLE_SOURCE}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    "referrer-policy": "no-referrer",
  };
  return conditionalResponse({ status: 200, headers, body: DOCS_HTML }, request);
}
