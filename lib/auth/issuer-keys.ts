import "../domain/zod-fields.ts";
import type { JSONWebKeySet } from "jose";
import * as z from "zod/mini";
import { createExpiringCache } from "../domain/expiring-cache.ts";
import type { Instant } from "../domain/job.ts";

/** The time after which the keys of an issuer are read again, because an issuer may remove a key. */
const MAX_AGE_MS = 3_600_000;
/**
 * The shortest time between two reads of the keys of an issuer. The limit prevents many calls because of invalid
 * tokens.
 */
const MIN_REFRESH_INTERVAL_MS = 30_000;

const Discovery = z.object({ issuer: z.string(), jwks_uri: z.url() });
const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).check(z.maxLength(100)) });

export interface IssuerKeys {
  /**
   * Returns the signing keys of an issuer.
   * @param refresh true when the previous keys did not contain the key of a token. Keys that are younger than 30
   * seconds are not read again.
   * @throws when the keys cannot be read. For 30 seconds after a failure, each call throws the same error without a new
   * request.
   */
  read(issuer: string, refresh: boolean): Promise<JSONWebKeySet>;
}

/** Returns the body of a response with the status 200. Throws an error for any other response. */
type FetchText = (url: string) => Promise<string>;

/** Creates a reader that caches the signing keys of issuers (OpenID Connect Discovery 1.0). */
export function createIssuerKeys(fetchText: FetchText, now: () => Instant): IssuerKeys {
  const cache = createExpiringCache({
    load: (issuer) => discoverKeys(issuer, fetchText),
    now,
    maxAgeMs: MAX_AGE_MS,
    failureMaxAgeMs: MIN_REFRESH_INTERVAL_MS,
  });
  return { read: (issuer, refresh) => cache.get(issuer, refresh ? MIN_REFRESH_INTERVAL_MS : MAX_AGE_MS) };
}

async function discoverKeys(issuer: string, fetchText: FetchText): Promise<JSONWebKeySet> {
  const discoveryUrl = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const discovery = Discovery.parse(JSON.parse(await fetchText(discoveryUrl)));
  if (discovery.issuer !== issuer)
    throw new Error("the OpenID discovery document of the issuer contains another issuer");
  if (new URL(discovery.jwks_uri).origin !== new URL(issuer).origin)
    throw new Error("the OpenID discovery document of the issuer contains a key set URL with another origin");
  return KeySet.parse(JSON.parse(await fetchText(discovery.jwks_uri)));
}
