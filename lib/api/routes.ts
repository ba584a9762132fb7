/** All routes of the API and of the pages. The keys of `ROUTES` are the operation IDs in the OpenAPI document. */
export const ROUTES = {
  acceptJobs: { method: "POST", path: "/v1/jobs" },
  listJobs: { method: "GET", path: "/v1/jobs" },
  readJob: { method: "GET", path: "/v1/jobs/{project}/{jobId}" },
  stopJob: { method: "DELETE", path: "/v1/jobs/{project}/{jobId}" },
  redeliverJob: { method: "POST", path: "/v1/jobs/{project}/{jobId}/redeliver" },
  listTargets: { method: "GET", path: "/v1/targets" },
  listProjects: { method: "GET", path: "/v1/projects" },
  redeliverTarget: { method: "POST", path: "/v1/targets/{name}/redeliver" },
  testTarget: { method: "POST", path: "/v1/targets/{name}/test" },
  receiveSmnMessage: { method: "POST", path: "/v1/events/smn/{project}" },
  readOpenApi: { method: "GET", path: "/v1/openapi.json" },
  readHealth: { method: "GET", path: "/v1/health" },
  readDocs: { method: "GET", path: "/docs" },
  showJob: { method: "GET", path: "/jobs/{project}/{jobId}" },
  showJobs: { method: "GET", path: "/jobs" },
  showStart: { method: "GET", path: "/" },
} as const;
export type OperationId = keyof typeof ROUTES;

type MatchedRoute =
  | {
      readonly kind: "matched";
      readonly operation: OperationId;
      readonly params: Readonly<Record<string, string>>;
    }
  /** The API has routes with the requested path, but only for the HTTP methods in `allow`. */
  | { readonly kind: "method_not_allowed"; readonly allow: readonly string[] }
  | { readonly kind: "path_not_found" };

/** The first segments of all paths except `/`: `v1`, `docs` and `jobs`. */
const FIRST_SEGMENTS: ReadonlySet<string> = new Set(
  Object.values(ROUTES).flatMap(({ path }) => path.split("/")[1] || []),
);

/**
 * Finds the operation of the API for an HTTP method and a path. HEAD uses the route of GET (RFC 9110, section 9.3.2).
 * @param decodedPath the decoded path. The path may contain a base path in front of `/v1`, `/docs` or `/jobs`
 */
export function matchRoute(method: string, decodedPath: string): MatchedRoute {
  const path = withoutBasePath(decodedPath);
  const allow = new Set<string>();
  for (const [operation, route] of Object.entries(ROUTES) as [OperationId, (typeof ROUTES)[OperationId]][]) {
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
 * Removes the base path of a custom domain or the name of a stage from a path. The event of API Gateway contains the
 * path with its base path. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mappings.html
 */
function withoutBasePath(path: string): string {
  const segments = path.split("/");
  const first = segments.findIndex((segment) => FIRST_SEGMENTS.has(segment));
  return first <= 1 ? path : `/${segments.slice(first).join("/")}`;
}

/** Returns the values of the parameters in a path. If the path does not match the route, returns null. */
function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | null {
  const source = pattern.replaceAll(".", "\\.").replace(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  const match = new RegExp(`^${source}$`).exec(path);
  return match === null ? null : { ...match.groups };
}
