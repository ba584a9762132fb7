import {
  type ApiRequest,
  type ApiResponse,
  withEtag,
  withEtagOrNotModified,
} from "../../lib/api/http-message.ts";
import { type ProblemResponse, problemResponse } from "../../lib/api/problem-response.ts";
import { renderStartPage } from "../../lib/pages/page-shell.ts";

/** The character that separates the OpenAPI document from the HTML page in `OPENAPI_AND_DOCS`. */
export const API_TEXT_SEPARATOR = "\0";

/**
 * Loads the OpenAPI document and the page of the API reference. The API reference is large and rarely needed, so an
 * instance loads it only at the first request.
 */
async function loadTexts() {
  const [{ OPENAPI_AND_DOCS, DOCS_STYLE_SOURCE, DOCS_SCRIPT_SOURCE }, { brotliDecompressSync }] =
    await Promise.all([import("./openapi.generated.ts"), import("node:zlib")]);
  const texts = brotliDecompressSync(Buffer.from(OPENAPI_AND_DOCS, "base64")).toString();
  const [openApiJson = "", docsHtml = ""] = texts.split(API_TEXT_SEPARATOR);
  return { openApiJson, docsHtml, docsStyleSource: DOCS_STYLE_SOURCE, docsScriptSource: DOCS_SCRIPT_SOURCE };
}

/**
 * The responses that contain the API reference. Each key is a public URL or a path. An instance keeps the responses in
 * memory, because anyone may request the API reference without a token.
 */
const responses = new Map<string, Promise<ApiResponse>>();

function makeOnce(key: string, make: () => Promise<ApiResponse>): Promise<ApiResponse> {
  const response = responses.get(key) ?? make().then(withEtag);
  responses.set(key, response);
  return response;
}

const CACHED = { "cache-control": "public, max-age=300", "x-content-type-options": "nosniff" };

/** Creates the response to `GET /v1/openapi.json`: the OpenAPI document with the public URL. */
export async function createOpenApiResponse(
  publicUrl: string,
  request: Pick<ApiRequest, "headers">,
): Promise<ApiResponse> {
  const made = await makeOnce(publicUrl, async () => {
    const { openApiJson } = await loadTexts();
    const body = openApiJson.replace('"{publicUrl}"', () => JSON.stringify(publicUrl));
    const headers = { ...CACHED, "content-type": "application/json; charset=utf-8" };
    return { status: 200, headers, body };
  });
  return withEtagOrNotModified(made, request);
}

/** Creates the response to `GET /docs`: the API reference as an HTML page. */
export async function createHtmlDocsResponseOrNotModified(
  request: Pick<ApiRequest, "headers">,
): Promise<ApiResponse> {
  const made = await makeOnce("/docs", async () => {
    const { docsHtml, docsStyleSource, docsScriptSource } = await loadTexts();
    const headers = {
      ...CACHED,
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": `default-src 'none'; style-src ${docsStyleSource}; script-src ${docsScriptSource}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      "referrer-policy": "no-referrer",
    };
    return { status: 200, headers, body: docsHtml };
  });
  return withEtagOrNotModified(made, request);
}

/**
 * Creates the response to `GET /`: a page with a link to the API reference. If the client does not accept HTML, the
 * response has status 404.
 */
export function createStartPageForBrowserOrNotFound(
  request: Pick<ApiRequest, "headers" | "path">,
): ApiResponse | ProblemResponse {
  const { headers, path } = request;
  if (!acceptsHtml(headers.accept)) {
    const detail = "The path has only a page for browsers. GET /docs lists all paths.";
    return problemResponse("not-found", detail, [], { vary: "accept" });
  }
  // In a browser, a relative link replaces the last segment of the current path. For example, the link `prod/docs`
  // leads from `/prod` to `/prod/docs`. If the path ends with "/", the last segment is empty.
  const lastSegment = path.slice(path.lastIndexOf("/") + 1);
  const page = renderStartPage(lastSegment === "" ? "docs" : `${encodeURIComponent(lastSegment)}/docs`);
  return { status: 200, headers: { ...page.headers, vary: "accept" }, body: page.html };
}

function acceptsHtml(accept = ""): boolean {
  return accept.split(",").some((range) => {
    const [type, ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    return (
      type === "text/html" && !parameters.some((part) => part.startsWith("q=") && Number(part.slice(2)) === 0)
    );
  });
}
