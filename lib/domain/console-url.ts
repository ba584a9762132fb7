/** What an ID looks like that may stand in an address. */
const SIMPLE = /^[A-Za-z0-9-]{1,64}$/;
/** Regions outside mainland China whose console is the international one. */
const INTERNATIONAL = /^(ap|af|la|na|sa|me|tr)-[a-z0-9-]+$/;

/** The cluster's page in the cloud's console; null where region or cluster or the cloud's console is not known. */
export function consoleUrl(region: string | null, clusterId: string | null): string | null {
  if (region === null || clusterId === null || !SIMPLE.test(region) || !SIMPLE.test(clusterId)) return null;
  const host = hostOf(region);
  return host === null ? null : `https://${host}/cce2.0/?region=${region}#/cce/cluster/${clusterId}/detail`;
}

function hostOf(region: string): string | null {
  if (region === "eu-de" || region === "eu-nl") return "console.otc.t-systems.com";
  if (region === "eu-west-101") return "console.huaweicloud.eu";
  if (region.startsWith("cn-")) return "console.huaweicloud.com";
  return INTERNATIONAL.test(region) ? "console-intl.huaweicloud.com" : null;
}
