const HUAWEI_ABROAD = /^(ap|af|la|na|sa|me|tr)-[a-z0-9-]+$/;

/**
 * The cloud's CCE console for a region, where its address is known; null for clouds whose console is not.
 * https://support.huaweicloud.com/intl/en-us/usermanual-cce/cce_10_0028.html and https://docs.otc.t-systems.com
 */
export function consoleUrl(region: string | null): string | null {
  const host = region === null ? null : consoleHost(region);
  return host === null ? null : `https://${host}/cce2.0/?region=${region}`;
}

function consoleHost(region: string): string | null {
  if (region === "eu-de" || region === "eu-nl") return "console.otc.t-systems.com";
  if (region === "eu-west-101") return "console.huaweicloud.eu";
  if (/^cn-[a-z0-9-]+$/.test(region)) return "console.huaweicloud.com";
  return HUAWEI_ABROAD.test(region) ? "console-intl.huaweicloud.com" : null;
}
