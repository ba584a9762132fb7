/** Consoles that do not answer under the general host, by the region they are for. */
const HOSTS: Readonly<Record<string, string>> = {
  "eu-de": "console.otc.t-systems.com",
  "eu-nl": "console.otc.t-systems.com",
};
const GENERAL_HOST = "console.huaweicloud.com";
const SIMPLE = /^[A-Za-z0-9-]{1,64}$/;

/** The cluster's page in the cloud's console; null where region or cluster is not known. */
export function consoleUrl(region: string | null, clusterId: string | null): string | null {
  if (region === null || clusterId === null || !SIMPLE.test(region) || !SIMPLE.test(clusterId)) return null;
  const host = Object.hasOwn(HOSTS, region) ? HOSTS[region] : GENERAL_HOST;
  return `https://${host}/cce2.0/?region=${region}#/cce/cluster/${clusterId}/detail`;
}
