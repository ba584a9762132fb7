import { checkIdentityToken, type IdentityCheck } from "../../lib/auth/identity-token.ts";
import { createIssuerKeys } from "../../lib/auth/issuer-keys.ts";
import type { Config } from "../../lib/config/config.ts";
import type { Instant } from "../../lib/domain/job.ts";

/** The part of `fetch` that discovery needs, guarded by the addresses an operator allows. */
export type OpenFetch = (allow: readonly string[]) => (url: string) => Promise<Response>;

/**
 * Checks identity tokens, keeping the issuers' keys for as long as this instance generations. `openFetch` is asked only
 * when a key has to be read.
 */
export function createIdentify(
  openFetch: OpenFetch,
  now: () => Instant,
): (token: string, config: Config) => Promise<IdentityCheck> {
  let allow: readonly string[] = [];
  const keys = createIssuerKeys(async (url) => {
    const answer = await openFetch(allow)(url);
    if (answer.status !== 200) throw new Error(`the issuer answered ${answer.status}`);
    return answer.text();
  }, now);
  return (token, config) => {
    allow = config.settings.egress.allow;
    return checkIdentityToken(token, config.oidc, keys, now());
  };
}
