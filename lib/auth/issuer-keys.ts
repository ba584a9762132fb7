import type { JSONWebKeySet, JWK } from "jose";
import * as z from "zod/mini";
import type { Clock, Instant } from "../domain/job.ts";
import { textSchema } from "../domain/zod-fields.ts";

/** After `REFRESH_AGE_MS`, the service reads the keys of an issuer again, because the issuer may have removed a key. */
const REFRESH_AGE_MS = 3_600_000;
/** If the service cannot read new keys of an issuer, it uses stored keys that are at most `MAX_AGE_MS` old. */
const MAX_AGE_MS = 86_400_000;
/**
 * The minimum time between two reads of the keys of an issuer. Without `READ_INTERVAL_MS`, many invalid tokens could
 * cause many requests to the issuer.
 */
const READ_INTERVAL_MS = 30_000;
/**
 * The minimum time between two reads while the service has no keys of an issuer. The time is short, because the service
 * must refuse all identity tokens of the issuer until it has the keys.
 */
const FIRST_READ_INTERVAL_MS = 5000;
/**
 * The time for which a call waits for new keys if the stored keys are old. Most reads of the keys end within
 * `REFRESH_WAIT_MS`. Without a call that waits, Lambda would often freeze the instance during a read of the keys.
 */
const REFRESH_WAIT_MS = 500;

// Most requests contain no identity token, so the code creates the schemas only at their first use.
const Discovery = z.lazy(() => z.object({ issuer: z.string(), jwks_uri: z.url() }));
const KeySet = z.lazy(() => z.object({ keys: z.array(z.unknown()) }));

/** A text field of a key (JWK). If an issuer sends a number, the schema converts it to text. */
const KeyText = z.lazy(() => z.pipe(z.union([textSchema(z.minLength(1)), z.number()]), z.transform(String)));
const Key = z.lazy(() => z.looseObject({ kty: z.string() }));
/** The fields of a key (JWK) that the service uses for the check of a signature. A key may lack any of these fields. */
const KEY_PARTS = {
  kid: KeyText,
  alg: KeyText,
  use: KeyText,
  key_ops: z.lazy(() => z.array(z.string())),
} as const;
/** Optional fields of a key (JWK) that the service does not need. */
const IGNORED_PARTS: ReadonlySet<string> = new Set(["ext", "x5c"]);

/**
 * According to the issuer's discovery document, the keys are on another host than the issuer. The service uses keys on
 * another host only if an operator sets their URL as `jwksUri`. The error message contains the URL of the keys.
 */
export class KeysOriginError extends Error {
  override readonly name = "KeysOriginError";
  readonly keysUrl: string;

  constructor(keysUrl: string) {
    super(`the issuer names its keys at another origin: ${keysUrl}`);
    this.keysUrl = keysUrl;
  }
}

/** The discovery document of the issuer is wrong. */
export class DiscoveryError extends Error {
  override readonly name = "DiscoveryError";
}

export interface IssuerKeys {
  /**
   * Returns the keys of an issuer. If the stored keys are less than a day old, the function returns the stored keys at
   * once. If the stored keys are older than an hour, one call reads new keys, and waits at most half a second for the
   * new keys.
   * @param keysUrl the URL of the keys, from the config. Without `keysUrl`, the function finds the URL in the issuer's
   * discovery document.
   * @param refresh true if the caller could not verify a token with the stored keys. With `refresh`, the function reads
   * the keys again and waits for the result. Without `refresh`, the function does not wait. The function reads the keys
   * of an issuer at most once in 30 seconds.
   * @throws KeysOriginError if the discovery document contains a URL with another origin than the issuer
   * @throws DiscoveryError if the discovery document belongs to another issuer or contains no URL
   * @throws another error if the function cannot read the keys. After an error, each call throws the same error for 30
   * seconds, without a request to the issuer. If the service has no stored keys of the issuer, each call throws the
   * same error for only 5 seconds
   */
  read(issuer: string, keysUrl: string | undefined, refresh: boolean): Promise<JSONWebKeySet>;
}

/**
 * Requests the URL and returns the body of the response. If the HTTP status is not 200, the function throws an error.
 */
type FetchText = (url: string) => Promise<string>;

/** The stored keys of one issuer, and the latest read of these keys. */
interface Source {
  known: { readonly keys: JSONWebKeySet; readonly readAt: Instant } | null;
  /** The read of the keys that is still running, or null. */
  reading: Promise<JSONWebKeySet> | null;
  latest: { readonly endedAt: Instant; readonly error: unknown } | null;
}

/**
 * Creates an object that reads the keys of issuers and keeps them in memory (OpenID Connect Discovery 1.0). During a
 * read and after a failed read, the object returns the latest valid keys. While the object reads keys for one token,
 * the checks of other tokens neither fail nor wait.
 */
export function createIssuerKeysCacheKeepingLastValid(
  fetchText: FetchText,
  now: Clock,
  wait: (ms: number) => Promise<void>,
): IssuerKeys {
  const sources = new Map<string, Source>();
  const ageMs = (at: Instant | undefined) => {
    const age = now() - (at ?? Number.NEGATIVE_INFINITY);
    // A negative age shows that somebody has set the clock back, so the real age of the keys is unknown.
    return age < 0 ? Number.POSITIVE_INFINITY : age;
  };

  const readAgain = (source: Source, issuer: string, keysUrl: string | undefined): Promise<JSONWebKeySet> => {
    const end = (error: unknown) => {
      source.reading = null;
      source.latest = { endedAt: now(), error };
    };
    source.reading ??= fetchIssuerKeysOrThrow(issuer, keysUrl, fetchText).then(
      (keys) => {
        source.known = { keys, readAt: now() };
        end(null);
        return keys;
      },
      (error: unknown) => {
        end(error);
        throw error;
      },
    );
    return source.reading;
  };

  return {
    async read(issuer, keysUrl, refresh) {
      const name = `${issuer} ${keysUrl ?? ""}`;
      const source = sources.get(name) ?? { known: null, reading: null, latest: null };
      sources.set(name, source);
      const { reading, latest } = source;
      const known = ageMs(source.known?.readAt) < MAX_AGE_MS ? source.known : null;
      const mayRead = ageMs(latest?.endedAt) >= (known === null ? FIRST_READ_INTERVAL_MS : READ_INTERVAL_MS);
      if (known !== null && !refresh) {
        if (ageMs(known.readAt) < REFRESH_AGE_MS || reading !== null || !mayRead) return known.keys;
        const read = readAgain(source, issuer, keysUrl).catch(() => known.keys);
        return Promise.race([read, wait(REFRESH_WAIT_MS).then(() => known.keys)]);
      }
      // `mayRead` is also true while a read is running. In this case, `readAgain` starts no new read, but waits for the
      // running read.
      if (mayRead) return readAgain(source, issuer, keysUrl);
      if (known === null || latest?.error) throw latest?.error;
      return known.keys;
    },
  };
}

/**
 * Reads the keys of an issuer from the network. The function ignores values that do not have the form of a key (RFC
 * 7517, section 5).
 * @throws the errors of `IssuerKeys.read`
 */
export async function fetchIssuerKeysOrThrow(
  issuer: string,
  keysUrl: string | undefined,
  fetchText: FetchText,
): Promise<JSONWebKeySet> {
  const { keys } = KeySet.parse(
    JSON.parse(await fetchText(keysUrl ?? (await discoverKeysUrl(issuer, fetchText)))),
  );
  return { keys: keys.flatMap((key) => readKey(key) ?? []) };
}

/**
 * Parses one key of an issuer. If the value is not a key, the result is null. The function ignores optional fields with
 * a wrong type, such as null.
 */
function readKey(value: unknown): JWK | null {
  const key = Key.safeParse(value).data;
  if (key === undefined) return null;
  const optional = Object.entries(KEY_PARTS).map(([name, schema]) => [
    name,
    schema.safeParse(key[name]).data,
  ]);
  const parts = optional.filter(([, part]) => part !== undefined);
  const others = Object.entries(key).filter(
    ([name]) => !Object.hasOwn(KEY_PARTS, name) && !IGNORED_PARTS.has(name),
  );
  return { ...Object.fromEntries([...others, ...parts]), kty: key.kty };
}

async function discoverKeysUrl(issuer: string, fetchText: FetchText): Promise<string> {
  const discoveryUrl = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const parsed = Discovery.safeParse(JSON.parse(await fetchText(discoveryUrl)));
  if (!parsed.success)
    throw new DiscoveryError("the OpenID discovery document has no issuer or no valid jwks_uri");
  const discovery = parsed.data;
  if (discovery.issuer !== issuer)
    throw new DiscoveryError(`the OpenID discovery document contains another issuer: ${discovery.issuer}`);
  if (new URL(discovery.jwks_uri).origin !== new URL(issuer).origin)
    throw new KeysOriginError(discovery.jwks_uri);
  return discovery.jwks_uri;
}
