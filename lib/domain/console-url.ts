/** Matches an ID that a URL can contain unchanged. */
const URL_SAFE_ID = /^[A-Za-z0-9-]{1,64}$/;
/**
 * Matches the name of a region outside mainland China. Regions outside mainland China use the international web
 * console.
 */
const INTERNATIONAL = /^(ap|af|la|na|sa|me|tr)-[a-z0-9-]+$/;

/**
 * Returns the URL of a cluster's page in the cloud's web console. Returns null if the region, the cluster or the
 * console of the region is unknown.
 */
export function createClusterConsoleUrl(region: string | null, clusterId: string | null): string | null {
  if (region === null || clusterId === null || !URL_SAFE_ID.test(region) || !URL_SAFE_ID.test(clusterId))
    return null;
  const host = hostOf(region);
  return host === null ? null : `https://${host}/cce2.0/?region=${region}#/cce/cluster/${clusterId}/detail`;
}

function hostOf(region: string): string | null {
  if (region === "eu-de" || region === "eu-nl") return "console.otc.t-systems.com";
  if (region === "eu-west-101") return "console.huaweicloud.eu";
  if (region.startsWith("cn-")) return "console.huaweicloud.com";
  return INTERNATIONAL.test(region) ? "console-intl.huaweicloud.com" : null;
}
