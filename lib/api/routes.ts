/** The routes of the API and of the pages. The keys of this object are the operation IDs of the OpenAPI document. */
export const ROUTES = {
  acceptJobs: { method: "POST", path: "/v1/jobs" },
  listJobs: { method: "GET", path: "/v1/jobs" },
  readJob: { method: "GET", path: "/v1/jobs/{project}/{jobId}" },
  stopJob: { method: "DELETE", path: "/v1/jobs/{project}/{jobId}" },
  redeliverJob: { method: "POST", path: "/v1/jobs/{project}/{jobId}/redeliver" },
  testTarget: { method: "POST", path: "/v1/targets/{name}/test" },
  readOpenApi: { method: "GET", path: "/v1/openapi.json" },
  readHealth: { method: "GET", path: "/v1/health" },
  readDocs: { method: "GET", path: "/docs" },
  showJob: { method: "GET", path: "/jobs/{project}/{jobId}" },
  showJobs: { method: "GET", path: "/jobs" },
} as const;
export type Operation = keyof typeof ROUTES;

export type MatchedRoute =
  | {
      readonly kind: "matched";
      readonly operation: Operation;
      readonly params: Readonly<Record<string, string>>;
    }
  /**
   * The path exists, but the path does not support the HTTP method. `allow` contains the HTTP methods that the path
   * supports.
   */
  | { readonly kind: "method_not_allowed"; readonly allow: readonly string[] }
  | { readonly kind: "path_not_found" };

/**
 * Finds the API operation for an HTTP method and a percent-encoded path. A HEAD request uses the route of a GET request
 * (RFC 9110, section 9.3.2).
 */
export function matchRoute(method: string, path: string): MatchedRoute {
  const allow = new Set<string>();
  for (const [operation, route] of Object.entries(ROUTES) as [Operation, (typeof ROUTES)[Operation]][]) {
    const params = matchPath(route.path, path);
    if (params === null) continue;
    if (route.method === (method === "HEAD" ? "GET" : method)) return { kind: "matched", operation, params };
    allow.add(route.method);
    if (route.method === "GET") allow.add("HEAD");
  }
  return allow.size === 0
    ? { kind: "path_not_found" }
    : { kind: "method_not_allowed", allow: [...allow].sort() };
}

/**
 * Returns the decoded parameters of a URL path. Returns null if the path does not match the pattern of the route or has
 * a malformed percent-encoding.
 */
function matchPath(pattern: string, path: string): Record<string, string> | null {
  const source = pattern.replaceAll(".", "\\.").replace(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  const match = new RegExp(`^${source}$`).exec(path);
  if (match === null) return null;
  try {
    const params = Object.entries(match.groups ?? {});
    return Object.fromEntries(params.map(([name, text]) => [name, decodeURIComponent(text)]));
  } catch {
    return null;
  }
}
