import type { Project } from "../config/projects.ts";

/**
 * The regions outside the domain `myhuaweicloud.com`, each with the domain of its hosts. Sources:
 * https://docs.otc.t-systems.com/additional/endpoints.html,
 * https://support.huaweicloud.com/intl/en-us/endpoint/index.html
 */
const DOMAINS: Readonly<Record<string, string>> = {
  "eu-de": "otc.t-systems.com",
  "eu-nl": "otc.t-systems.com",
  "eu-west-101": "myhuaweicloud.eu",
};
const DEFAULT_DOMAIN = "myhuaweicloud.com";

/**
 * Returns the base URL of the CCE API for a project, without a slash at the end. The URL comes from the setting
 * `endpoint` of the project or, without `endpoint`, from `region`. If `endpoint` and `region` are missing, the result
 * is null.
 */
export function configuredOrRegionalCceEndpoint(
  project: Pick<Project, "endpoint" | "region">,
): string | null {
  return project.endpoint === undefined ? regionalUrl("cce", project.region) : trimUrl(project.endpoint);
}

/**
 * Returns the base URL of IAM for a project, without a slash at the end. The URL comes from the setting `iamEndpoint`
 * of the project. Without `iamEndpoint`, the URL comes from an `endpoint` that begins with `cce.`. In all other cases,
 * the URL comes from `region`. If the URL is unknown, the result is null.
 */
export function configuredOrDerivedIamEndpoint(project: Project): string | null {
  const configured = project.auth.kind === "password" ? project.auth.iamEndpoint : undefined;
  if (configured !== undefined) return trimUrl(configured).replace(/\/v3$/, "");
  const host = project.endpoint === undefined ? "" : (URL.parse(project.endpoint)?.host ?? "");
  return host.startsWith("cce.") ? `https://iam.${host.slice(4)}` : regionalUrl("iam", project.region);
}

/**
 * The hosts of the web consoles of each cloud, by the domain of the cloud. When SMN (Simple Message Notification) asks
 * for a confirmation, it sends a link to one of these hosts.
 */
const CONSOLES: Readonly<Record<string, readonly string[]>> = {
  "otc.t-systems.com": ["console.otc.t-systems.com"],
  "myhuaweicloud.eu": ["console.huaweicloud.eu", "console.myhuaweicloud.eu"],
  [DEFAULT_DOMAIN]: ["console.huaweicloud.com", "console-intl.huaweicloud.com", "console.myhuaweicloud.com"],
};

/** The allowed origins (scheme, host and port) of the URLs in an SMN message. */
interface SmnOrigins {
  readonly certificate: readonly string[];
  readonly confirmation: readonly string[];
}

/**
 * Returns the allowed origins (scheme, host and port) of the URLs in the messages of an SMN topic.
 * @param topicUrn the URN of the SMN topic in the config. The third part of the URN, such as `eu-de`, is the region.
 * @param smnEndpoint the URL of SMN in the config, or undefined. With `smnEndpoint`, only the origin of this URL is
 * allowed.
 */
export function configuredOrDerivedSmnOrigins(topicUrn: string, smnEndpoint: string | undefined): SmnOrigins {
  if (smnEndpoint !== undefined) {
    const origins = [new URL(smnEndpoint).origin];
    return { certificate: origins, confirmation: origins };
  }
  const region = topicUrn.split(":")[2] ?? "";
  return {
    certificate: [`https://smn.${region}.${domainOf(region)}`],
    confirmation: (CONSOLES[domainOf(region)] ?? []).map((host) => `https://${host}`),
  };
}

function regionalUrl(service: "cce" | "iam", region: string | undefined): string | null {
  return region === undefined ? null : `https://${service}.${region}.${domainOf(region)}`;
}

function domainOf(region: string): string {
  return (Object.hasOwn(DOMAINS, region) ? DOMAINS[region] : undefined) ?? DEFAULT_DOMAIN;
}

/** Removes the query, the fragment and the slashes at the end of a URL. */
const trimUrl = (url: string): string => url.replace(/[?#].*/s, "").replace(/(?<!\/)\/+$/, "");
