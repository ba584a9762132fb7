/** A route key of an HTTP API that matched, and what its path variables hold. */
export interface Matched<Route> {
  readonly route: Route;
  readonly pathParameters: Readonly<Record<string, string>>;
}

const DEFAULT = "$default";
/** How specific a segment of a path is: the higher, the sooner its route is tried. */
const SPECIFIC = { literal: 2, variable: 1, greedy: 0 } as const;

/**
 * Finds the route of a request as HTTP APIs do: the most specific path first, a method before ANY, a greedy variable
 * after everything else, `$default` last.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function createRouter<Route extends { readonly routeKey: string }>(
  routes: readonly Route[],
): (method: string, rawPath: string) => Matched<Route> | null {
  const fallback = routes.find(({ routeKey }) => routeKey === DEFAULT);
  const known = routes
    .filter(({ routeKey }) => routeKey !== DEFAULT)
    .map((route) => {
      const [method = "", path = ""] = route.routeKey.split(" ");
      return { route, method, segments: path.split("/") };
    })
    .sort((a, b) => rank(b).localeCompare(rank(a), "en"));
  return (method, rawPath) => {
    const wanted = rawPath.split("/").map(decode);
    for (const candidate of known) {
      if (candidate.method !== "ANY" && candidate.method !== method) continue;
      const pathParameters = match(candidate.segments, wanted);
      if (pathParameters) return { route: candidate.route, pathParameters };
    }
    return fallback ? { route: fallback, pathParameters: {} } : null;
  };
}

function rank({ method, segments }: { method: string; segments: readonly string[] }): string {
  return segments.map((segment) => SPECIFIC[kindOf(segment)]).join("") + (method === "ANY" ? "0" : "1");
}

function kindOf(segment: string): keyof typeof SPECIFIC {
  if (!segment.startsWith("{")) return "literal";
  return segment.endsWith("+}") ? "greedy" : "variable";
}

function match(segments: readonly string[], wanted: readonly string[]): Record<string, string> | null {
  const found: Record<string, string> = {};
  for (const [i, segment] of segments.entries()) {
    const given = wanted[i];
    if (given === undefined) return null;
    const kind = kindOf(segment);
    if (kind === "greedy") return { ...found, [segment.slice(1, -2)]: wanted.slice(i).join("/") };
    if (kind === "variable" && given !== "") found[segment.slice(1, -1)] = given;
    else if (segment !== given) return null;
  }
  return segments.length === wanted.length ? found : null;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
