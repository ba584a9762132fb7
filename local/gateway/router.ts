/** The route of a request, and the values of the path's variables. */
export interface RouteMatch<Route> {
  readonly route: Route;
  readonly pathParameters: Readonly<Record<string, string>>;
}

const DEFAULT = "$default";
/** Routes with a higher rank in their first differing segment are tried first. */
const SEGMENT_RANK = { literal: 2, variable: 1, greedy: 0 } as const;

/**
 * Returns a function that finds the route of a request as HTTP APIs do. The most specific path is tried first, then a
 * method before ANY, then greedy variables, and `$default` at the end.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function createRouter<Route extends { readonly routeKey: string }>(
  routes: readonly Route[],
): (method: string, rawPath: string) => RouteMatch<Route> | null {
  const defaultRoute = routes.find(({ routeKey }) => routeKey === DEFAULT);
  const candidates = routes
    .filter(({ routeKey }) => routeKey !== DEFAULT)
    .map((route) => {
      const [method = "", path = ""] = route.routeKey.split(" ");
      return { route, method, segments: path.split("/") };
    })
    .sort((a, b) => rank(b).localeCompare(rank(a), "en"));
  return (method, rawPath) => {
    const pathSegments = rawPath.split("/").map(decodeSegment);
    for (const candidate of candidates) {
      if (candidate.method !== "ANY" && candidate.method !== method) continue;
      const pathParameters = matchPath(candidate.segments, pathSegments);
      if (pathParameters) return { route: candidate.route, pathParameters };
    }
    return defaultRoute ? { route: defaultRoute, pathParameters: {} } : null;
  };
}

function rank({ method, segments }: { method: string; segments: readonly string[] }): string {
  return segments.map((segment) => SEGMENT_RANK[kindOf(segment)]).join("") + (method === "ANY" ? "0" : "1");
}

function kindOf(segment: string): keyof typeof SEGMENT_RANK {
  if (!segment.startsWith("{")) return "literal";
  return segment.endsWith("+}") ? "greedy" : "variable";
}

/** Returns the values of the route's variables. Returns null when the path does not match. */
function matchPath(routeSegments: readonly string[], path: readonly string[]): Record<string, string> | null {
  const values: Record<string, string> = {};
  for (const [i, segment] of routeSegments.entries()) {
    const value = path[i];
    if (value === undefined) return null;
    const kind = kindOf(segment);
    if (kind === "greedy") return { ...values, [segment.slice(1, -2)]: path.slice(i).join("/") };
    if (kind === "variable" && value !== "") values[segment.slice(1, -1)] = value;
    else if (segment !== value) return null;
  }
  return routeSegments.length === path.length ? values : null;
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
