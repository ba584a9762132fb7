import type { Project } from "../config/projects.ts";

/**
 * The clouds with other domains than `{service}.{region}.myhuaweicloud.com`.
 * Sources: https://docs.otc.t-systems.com/additional/endpoints.html,
 * https://support.huaweicloud.com/intl/en-us/endpoint/index.html
 */
const DOMAINS: Readonly<Record<string, string>> = {
  "eu-de": "otc.t-systems.com",
  "eu-nl": "otc.t-systems.com",
  "eu-west-101": "myhuaweicloud.eu",
};

/** Where a project's CCE API is: as given, else from the region. No slash at its end. Null if neither is there. */
export function cceEndpoint(project: Pick<Project, "endpoint" | "region">): string | null {
  return project.endpoint === undefined ? ofRegion("cce", project.region) : bare(project.endpoint);
}

/** Where a project's IAM is: as given, else beside a given `cce.` host, else from the region. */
export function iamEndpoint(project: Project): string | null {
  const given = project.auth.kind === "password" ? project.auth.iamEndpoint : undefined;
  if (given !== undefined) return bare(given).replace(/\/v3$/, "");
  const host = project.endpoint === undefined ? "" : (URL.parse(project.endpoint)?.host ?? "");
  return host.startsWith("cce.") ? `https://iam.${host.slice(4)}` : ofRegion("iam", project.region);
}

function ofRegion(service: "cce" | "iam", region: string | undefined): string | null {
  if (region === undefined) return null;
  const domain = (Object.hasOwn(DOMAINS, region) ? DOMAINS[region] : undefined) ?? "myhuaweicloud.com";
  return `https://${service}.${region}.${domain}`;
}

const bare = (url: string): string => url.replace(/[?#].*$/, "").replace(/\/+$/, "");
