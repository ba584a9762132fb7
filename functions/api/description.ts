import { etagOf, isNoneMatch } from "../../lib/api/etag.ts";
import { type ApiRequest, type ApiResponse, jsonResponse } from "../../lib/api/http.ts";
import { REASON_WORDS } from "../../lib/channels/describe-reason.ts";
import { docsPage } from "../../lib/openapi/docs-page.ts";
import { openApiDocument } from "../../lib/openapi/document.ts";

/** `GET /v1/openapi.json`, kept by whoever has it until it changes. */
export function describeApi(publicUrl: string, request: Pick<ApiRequest, "headers">): ApiResponse {
  return cached(
    jsonResponse(200, openApiDocument(publicUrl, REASON_WORDS), { "cache-control": "public, max-age=300" }),
    request,
  );
}

/** `GET /docs`. */
export function describeAsPage(publicUrl: string, request: Pick<ApiRequest, "headers">): ApiResponse {
  return cached(docsPage(openApiDocument(publicUrl, REASON_WORDS)), request);
}

function cached(response: ApiResponse, request: Pick<ApiRequest, "headers">): ApiResponse {
  const etag = etagOf(response.body ?? "");
  const headers = { ...response.headers, etag };
  return isNoneMatch(request.headers["if-none-match"], etag)
    ? { status: 304, headers }
    : { ...response, headers };
}
