import type { Conclusion } from "../../conclusion.ts";

/** What an ID looks like that may stand in an address. */
const SIMPLE = /^[A-Za-z0-9-]{1,64}$/;
/** Regions outside mainland China whose console is the international one. */
const INTERNATIONAL = /^(ap|af|la|na|sa|me|tr)-[a-z0-9-]+$/;

/**
 * The cluster's page in the cloud's console, or the region's list of clusters where the cluster is not known or was
 * deleted; null for clouds whose console is not known.
 */
export function consoleUrl({ region, clusterId, jobType, outcome }: Conclusion): string | null {
  const host = region !== null && SIMPLE.test(region) ? hostOf(region) : null;
  if (host === null) return null;
  const isDeleted = outcome === "succeeded" && /^deletecluster$/i.test(jobType ?? "");
  const isKnown = clusterId !== null && SIMPLE.test(clusterId) && !isDeleted;
  const page = isKnown ? `#/cce/cluster/${clusterId}/detail` : "";
  return `https://${host}/cce2.0/?region=${region}${page}`;
}

function hostOf(region: string): string | null {
  if (region === "eu-de" || region === "eu-nl") return "console.otc.t-systems.com";
  if (region === "eu-west-101") return "console.huaweicloud.eu";
  if (region.startsWith("cn-")) return "console.huaweicloud.com";
  return INTERNATIONAL.test(region) ? "console-intl.huaweicloud.com" : null;
}
