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
const DEFAULT_DOMAIN = "myhuaweicloud.com";

/**
 * Returns the base URL of the CCE API for a project, without a trailing slash. The base URL is the project's `endpoint`
 * in the config, or is derived from the project's `region`. Returns null if the project has neither `endpoint` nor
 * `region`.
 */
export function configuredOrRegionalCceEndpoint(
  project: Pick<Project, "endpoint" | "region">,
): string | null {
  return project.endpoint === undefined ? regionalUrl("cce", project.region) : trimUrl(project.endpoint);
}

/**
 * Returns the base URL of the IAM service for a project, without a trailing slash. The base URL is the project's
 * `iamEndpoint` in the config. Without `iamEndpoint`, the base URL is derived from an `endpoint` whose host begins with
 * `cce.`, or else from the `region`. Returns null if the config of the project gives no base URL of IAM.
 */
export function configuredOrDerivedIamEndpoint(project: Project): string | null {
  const configured = project.auth.kind === "password" ? project.auth.iamEndpoint : undefined;
  if (configured !== undefined) return trimUrl(configured).replace(/\/v3$/, "");
  const host = project.endpoint === undefined ? "" : (URL.parse(project.endpoint)?.host ?? "");
  return host.startsWith("cce.") ? `https://iam.${host.slice(4)}` : regionalUrl("iam", project.region);
}

/**
 * The hosts of the web consoles of each cloud, by the domain of the cloud. SMN (Simple Message Notification) sends a
 * link to a web console to confirm a subscription.
 */
const CONSOLES: Readonly<Record<string, readonly string[]>> = {
  "otc.t-systems.com": ["console.otc.t-systems.com"],
  "myhuaweicloud.eu": ["console.huaweicloud.eu", "console.myhuaweicloud.eu"],
  [DEFAULT_DOMAIN]: ["console.huaweicloud.com", "console-intl.huaweicloud.com", "console.myhuaweicloud.com"],
};

/** The origins (scheme, host and port) of the URLs that a message of SMN may contain. */
interface SmnOrigins {
  readonly certificate: readonly string[];
  readonly confirmation: readonly string[];
}

/**
 * Returns the origins (scheme, host and port) of the URLs that SMN uses in the cloud of an SMN topic.
 * @param topicUrn the URN of an SMN topic from the config. The third part of the URN is the region.
 * @param smnEndpoint the URL of SMN in the config. If the config contains `smnEndpoint`, the result contains only its
 * origin.
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

/** Removes the query, the fragment and the trailing slashes of a URL. */
const trimUrl = (url: string): string => url.replace(/[?#].*/s, "").replace(/(?<!\/)\/+$/, "");
