import { etagOf, isNoneMatch } from "../../lib/api/etag.ts";
import type { ApiRequest, ApiResponse } from "../../lib/api/http.ts";

/** The texts are large and rarely asked for, so a cold start does not load them. */
const loadTexts = () => import("./openapi.generated.ts");

const CACHED = { "cache-control": "public, max-age=300", "x-content-type-options": "nosniff" };

/** `GET /v1/openapi.json`: the OpenAPI document with the address of this deployment. */
export async function openApiResponse(
  publicUrl: string,
  request: Pick<ApiRequest, "headers">,
): Promise<ApiResponse> {
  const { OPENAPI_JSON } = await loadTexts();
  const body = OPENAPI_JSON.replace('"{publicUrl}"', () => JSON.stringify(publicUrl));
  const headers = { ...CACHED, "content-type": "application/json; charset=utf-8" };
  return revalidated({ status: 200, headers, body }, request);
}

/** `GET /docs`: the API reference as a page. */
export async function docsResponse(request: Pick<ApiRequest, "headers">): Promise<ApiResponse> {
  const { DOCS_HTML, DOCS_STYLE_SOURCE } = await loadTexts();
  const headers = {
    ...CACHED,
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": `default-src 'none'; style-src ${DOCS_STYLE_SOURCE}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    "referrer-policy": "no-referrer",
  };
  return revalidated({ status: 200, headers, body: DOCS_HTML }, request);
}

/** The response with an ETag, or 304 if the caller has the same body. */
function revalidated(
  response: ApiResponse & { readonly body: string },
  request: Pick<ApiRequest, "headers">,
): ApiResponse {
  const etag = etagOf(response.body);
  const headers = { ...response.headers, etag };
  return isNoneMatch(request.headers["if-none-match"], etag)
    ? { status: 304, headers }
    : { ...response, headers };
}
