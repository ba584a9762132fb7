import { DiscoveryError, fetchIssuerKeysOrThrow, KeysOriginError } from "../../../lib/auth/issuer-keys.ts";
import type { WholeConfig } from "../../../lib/config/config.ts";
import { createEgress, guardedFetchOrThrow } from "../../../lib/http/egress.ts";
import { OUTGOING_PROXY } from "../../../lib/runtime/environment.ts";
import { type Finding, faultFinding, okFinding, readErrorName, warningFinding } from "./finding.ts";

const TIME_LIMIT_MS = 5000;

/** Reads the signing keys of each issuer in the config, as the service does for an identity token. */
export async function checkIssuers({
  oidc,
  settings,
}: Pick<WholeConfig, "oidc" | "settings">): Promise<readonly Finding[]> {
  const issuers = Map.groupBy(oidc, ({ issuer }) => issuer);
  return Promise.all(
    [...issuers].map(([issuer, rules]) => {
      const keysUrl = rules.find(({ jwksUri }) => jwksUri !== undefined)?.jwksUri;
      return checkIssuer(issuer, keysUrl, settings.egress.allow);
    }),
  );
}

async function checkIssuer(
  issuer: string,
  keysUrl: string | undefined,
  allow: readonly string[],
): Promise<Finding> {
  const item = `issuer ${issuer}`;
  const fetchText = async (url: string) => {
    const { status, text } = await guardedFetchOrThrow(url, {
      egress: createEgress(allow, { proxy: OUTGOING_PROXY }),
      timeLimitMs: TIME_LIMIT_MS,
    });
    if (status !== 200) throw new Error(`the issuer answers HTTP ${status}`);
    return text;
  };
  try {
    const { keys } = await fetchIssuerKeysOrThrow(issuer, keysUrl, fetchText);
    return keys.length > 0
      ? okFinding(item, `has ${keys.length} signing keys`)
      : faultFinding(item, "has no signing key", "No token of this issuer can be valid. Check the issuer.");
  } catch (error) {
    if (error instanceof KeysOriginError)
      return faultFinding(
        item,
        `refuses every token, because the issuer's keys are at another host (${error.keysUrl})`,
        `If you trust this host, add "jwksUri": "${error.keysUrl}" to the rules of this issuer.`,
      );
    if (error instanceof DiscoveryError)
      return faultFinding(
        item,
        `refuses every token, because ${error.message}`,
        "Set issuer in the rules to exactly the issuer in this document, or set jwksUri to the URL of the keys.",
      );
    return warningFinding(
      item,
      `its keys cannot be read from this machine (${readErrorName(error)})`,
      "The functions read the keys from AWS. Check the issuer and settings.egress.allow.",
    );
  }
}
