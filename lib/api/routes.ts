/** All operations of the API and of the pages. The keys are the operation IDs of the OpenAPI document. */
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
  /** The path exists, but has no such method. `allow` contains the methods of the path. */
  | { readonly kind: "method_not_allowed"; readonly allow: readonly string[] }
  | { readonly kind: "path_not_found" };

/** Finds the operation of a method and a percent-encoded path. HEAD matches GET (RFC 9110, section 9.3.2). */
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

function matchPath(pattern: string, path: string): Record<string, string> | null {
  const expected = pattern.split("/");
  const given = path.split("/");
  if (given.length !== expected.length) return null;
  const params: Record<string, string> = {};
  for (const [i, step] of expected.entries()) {
    const name = /^\{(\w+)\}$/.exec(step)?.[1];
    const text = given[i] ?? "";
    if (name === undefined) {
      if (text !== step) return null;
      continue;
    }
    const value = decode(text);
    if (value === null || value === "") return null;
    params[name] = value;
  }
  return params;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
