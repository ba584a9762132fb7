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
const KeySet = z.object({ keys: z.array(z.unknown()) });
const Key = z.looseObject({ kty: z.string() });

/**
 * The error if an issuer names signing keys at another origin, and the config does not allow these keys. The error
 * message contains the URL of the keys.
 */
export class KeysOriginError extends Error {
  override readonly name = "KeysOriginError";
  readonly keysUrl: string;

  constructor(keysUrl: string) {
    super(`the issuer names its keys at another origin: ${keysUrl}`);
    this.keysUrl = keysUrl;
  }
}

export interface IssuerKeys {
  /**
   * Returns the signing keys of an issuer.
   * @param keysUrl the URL of the signing keys from the config. If it is undefined, the discovery document of the issuer
   * contains the URL.
   * @param refresh is true if no signing key from the previous read verified the token. The service does not read signing
   * keys again for 30 seconds after a read.
   * @throws KeysOriginError if the discovery document contains a URL with another origin than the issuer.
   * @throws another error if the service cannot read the signing keys. For 30 seconds after a failed read, each call
   * throws the same error without a new request to the issuer.
   */
  read(issuer: string, keysUrl: string | undefined, refresh: boolean): Promise<JSONWebKeySet>;
}

/** Returns the body of an HTTP response with the status 200. Throws an error for a response with any other status. */
type FetchText = (url: string) => Promise<string>;

/** Creates an object that reads and caches the signing keys of issuers (OpenID Connect Discovery 1.0). */
export function createIssuerKeys(fetchText: FetchText, now: () => Instant): IssuerKeys {
  const cache = createExpiringCache({
    load: (source) => {
      const [issuer = "", keysUrl] = source.split(" ");
      return readIssuerKeys(issuer, keysUrl, fetchText);
    },
    now,
    maxAgeMs: MAX_AGE_MS,
    failureMaxAgeMs: MIN_REFRESH_INTERVAL_MS,
  });
  return {
    read: (issuer, keysUrl, refresh) =>
      cache.get(
        keysUrl === undefined ? issuer : `${issuer} ${keysUrl}`,
        refresh ? MIN_REFRESH_INTERVAL_MS : MAX_AGE_MS,
      ),
  };
}

/**
 * Reads the signing keys of an issuer. Omits keys in an unknown form (RFC 7517, section 5).
 * @throws the errors that `IssuerKeys.read` describes
 */
export async function readIssuerKeys(
  issuer: string,
  keysUrl: string | undefined,
  fetchText: FetchText,
): Promise<JSONWebKeySet> {
  const { keys } = KeySet.parse(
    JSON.parse(await fetchText(keysUrl ?? (await discoverKeysUrl(issuer, fetchText)))),
  );
  return { keys: keys.flatMap((key) => Key.safeParse(key).data ?? []) };
}

async function discoverKeysUrl(issuer: string, fetchText: FetchText): Promise<string> {
  const discoveryUrl = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const discovery = Discovery.parse(JSON.parse(await fetchText(discoveryUrl)));
  if (discovery.issuer !== issuer)
    throw new Error("the OpenID discovery document of the issuer contains another issuer");
  if (new URL(discovery.jwks_uri).origin !== new URL(issuer).origin)
    throw new KeysOriginError(discovery.jwks_uri);
  return discovery.jwks_uri;
}
