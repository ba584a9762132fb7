/** The route that matches a request, and the values of the variables in the route's path. */
interface RouteMatch<Route> {
  readonly route: Route;
  readonly pathParameters: Readonly<Record<string, string>>;
}

const DEFAULT = "$default";
/**
 * The priority of a path segment. If several routes match a request, the router compares their first different
 * segments. The route with the higher number wins.
 */
const SEGMENT_RANK = { literal: 2, variable: 1, greedy: 0 } as const;

/**
 * Returns a function that finds the route of a request in the same way as an HTTP API of API Gateway. The route with
 * the most specific path wins. For the same path, a route with an HTTP method such as `GET` wins over a route with
 * `ANY`. A route with a variable for several segments, such as `{path+}`, has a lower priority than these routes. The
 * route `$default` has the lowest priority.
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

/** Returns the values of the variables in a route's path, or null if the route does not match the request. */
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
