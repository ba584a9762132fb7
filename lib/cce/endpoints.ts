import type { Project } from "../config/projects.ts";

/**
 * The regions whose host names do not end in `myhuaweicloud.com`, each with the domain of its hosts.
 * Sources: https://docs.otc.t-systems.com/additional/endpoints.html,
 * https://support.huaweicloud.com/intl/en-us/endpoint/index.html
 */
const DOMAINS: Readonly<Record<string, string>> = {
  "eu-de": "otc.t-systems.com",
  "eu-nl": "otc.t-systems.com",
  "eu-west-101": "myhuaweicloud.eu",
};

/**
 * Returns the base URL of a project's CCE API, without a trailing slash. The base URL is the endpoint from the config.
 * If the config has no endpoint, the function derives the base URL from the region. Returns null if the config of the
 * project has no endpoint and no region.
 */
export function findCceEndpoint(project: Pick<Project, "endpoint" | "region">): string | null {
  return project.endpoint === undefined ? regionalUrl("cce", project.region) : trimUrl(project.endpoint);
}

/**
 * Returns the base URL of the IAM service for a project, without a trailing slash. The function uses the IAM endpoint
 * from the config first. If the config has no IAM endpoint, the function derives the base URL from a CCE endpoint whose
 * host begins with `cce.`, and otherwise from the region. Returns null if the config has no IAM endpoint, no such CCE
 * endpoint and no region.
 */
export function findIamEndpoint(project: Project): string | null {
  const configured = project.auth.kind === "password" ? project.auth.iamEndpoint : undefined;
  if (configured !== undefined) return trimUrl(configured).replace(/\/v3$/, "");
  const host = project.endpoint === undefined ? "" : (URL.parse(project.endpoint)?.host ?? "");
  return host.startsWith("cce.") ? `https://iam.${host.slice(4)}` : regionalUrl("iam", project.region);
}

function regionalUrl(service: "cce" | "iam", region: string | undefined): string | null {
  if (region === undefined) return null;
  const domain = (Object.hasOwn(DOMAINS, region) ? DOMAINS[region] : undefined) ?? "myhuaweicloud.com";
  return `https://${service}.${region}.${domain}`;
}

/** Removes the query, the fragment and the trailing slashes of a URL. */
const trimUrl = (url: string): string => url.replace(/[?#].*$/, "").replace(/\/+$/, "");
