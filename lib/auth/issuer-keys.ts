import "../domain/zod-fields.ts";
import type { JSONWebKeySet } from "jose";
import * as z from "zod/mini";
import { createExpiringCache } from "../domain/expiring-cache.ts";
import type { Instant } from "../domain/job.ts";

/** The time after which the service reads the signing keys of an issuer again, because an issuer may remove a key. */
const MAX_AGE_MS = 3_600_000;
/**
 * The shortest time between two reads of the signing keys of an issuer. Without this limit, many invalid tokens would
 * cause many calls to the issuer.
 */
const MIN_REFRESH_INTERVAL_MS = 30_000;

const Discovery = z.object({ issuer: z.string(), jwks_uri: z.url() });
const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).check(z.maxLength(100)) });

export interface IssuerKeys {
  /**
   * Returns the signing keys of an issuer.
   * @param refresh is true if the signing keys from the previous read did not contain the key that signed a token. The
   * service does not read signing keys again for 30 seconds after a read.
   * @throws an error if the service cannot read the signing keys. For 30 seconds after a failed read, each call throws
   * the same error without a new request to the issuer.
   */
  read(issuer: string, refresh: boolean): Promise<JSONWebKeySet>;
}

/** Returns the body of an HTTP response with the status 200. Throws an error for a response with any other status. */
type FetchText = (url: string) => Promise<string>;

/** Creates an object that reads and caches the signing keys of issuers (OpenID Connect Discovery 1.0). */
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
