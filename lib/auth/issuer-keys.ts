import type { JSONWebKeySet, JWK } from "jose";
import * as z from "zod/mini";
import type { Instant } from "../domain/job.ts";
import { textSchema } from "../domain/zod-fields.ts";

/**
 * The maximum age of stored keys. Older keys of an issuer are read again, because the issuer may have removed a key.
 */
const REFRESH_AGE_MS = 3_600_000;
/** The maximum age of stored keys after a failed read. Older keys are not used. */
const MAX_AGE_MS = 86_400_000;
/**
 * The shortest time between two reads of an issuer's keys. Without this limit, many invalid tokens would cause many
 * requests to the issuer.
 */
const READ_INTERVAL_MS = 30_000;
/**
 * The shortest time between two reads while there are no keys. The time is short, because every token waits for the
 * first keys.
 */
const FIRST_READ_INTERVAL_MS = 5000;
/**
 * The time for which a call waits for a new read if the keys are old. Most reads of the keys end within this time.
 * Without the wait, Lambda would often freeze the instance during such a read.
 */
const REFRESH_WAIT_MS = 500;

// Most requests have no identity token, so the schemas of keys are created at their first use.
const Discovery = z.lazy(() => z.object({ issuer: z.string(), jwks_uri: z.url() }));
const KeySet = z.lazy(() => z.object({ keys: z.array(z.unknown()) }));

/** A text field of a signing key. A number is converted to the text of its digits. */
const KeyText = z.lazy(() => z.pipe(z.union([textSchema(z.minLength(1)), z.number()]), z.transform(String)));
const Key = z.lazy(() => z.looseObject({ kty: z.string() }));
/** Optional fields of a key (JWK) that matter for a signature. */
const KEY_PARTS = {
  kid: KeyText,
  alg: KeyText,
  use: KeyText,
  key_ops: z.lazy(() => z.array(z.string())),
} as const;
/** Optional fields of a key (JWK) that do not matter for a signature. */
const IGNORED_PARTS: ReadonlySet<string> = new Set(["ext", "x5c"]);

/**
 * The discovery document refers to keys at another origin, which the config does not allow. The message of the error
 * contains the URL of the keys.
 */
export class KeysOriginError extends Error {
  override readonly name = "KeysOriginError";
  readonly keysUrl: string;

  constructor(keysUrl: string) {
    super(`the issuer names its keys at another origin: ${keysUrl}`);
    this.keysUrl = keysUrl;
  }
}

/** The issuer's discovery document is wrong. */
export class DiscoveryError extends Error {
  override readonly name = "DiscoveryError";
}

export interface IssuerKeys {
  /**
   * Returns the keys of an issuer. If the stored keys are less than a day old, the function returns the stored keys at
   * once. If the stored keys are older than an hour, one call starts a new read and waits half a second for the
   * result.
   * @param keysUrl the URL of the keys in the config. Without `keysUrl`, the URL comes from the issuer's discovery
   * document.
   * @param refresh true if no stored key verified the token. With `refresh`, the call waits for a new read of the
   * keys. Calls without `refresh` do not wait. For 30 seconds after a read, the keys of the issuer are not read again.
   * @throws KeysOriginError if the discovery document has a URL with another origin than the issuer
   * @throws DiscoveryError if the discovery document has another issuer or no URL
   * @throws another error if the keys cannot be read. For 30 seconds, further calls throw the same error without a
   * request. While the issuer has no stored keys, the same error is thrown for only 5 seconds.
   */
  read(issuer: string, keysUrl: string | undefined, refresh: boolean): Promise<JSONWebKeySet>;
}

/** Returns the body of a response with status 200. Throws an error if the response has another status. */
type FetchText = (url: string) => Promise<string>;

/** The keys of one issuer and their latest read. */
interface Source {
  known: { readonly keys: JSONWebKeySet; readonly readAt: Instant } | null;
  /** The running read of the keys. */
  reading: Promise<JSONWebKeySet> | null;
  latest: { readonly endedAt: Instant; readonly error: unknown } | null;
}

/**
 * Creates an object that reads and caches the keys of issuers (OpenID Connect Discovery 1.0). During a new read and
 * after a failed read, calls use the last valid keys. One token therefore cannot make other tokens fail or wait.
 */
export function createIssuerKeysCacheKeepingLastValid(
  fetchText: FetchText,
  now: () => Instant,
  wait: (ms: number) => Promise<void>,
): IssuerKeys {
  const sources = new Map<string, Source>();
  const ageMs = (at: Instant | undefined) => {
    const age = now() - (at ?? Number.NEGATIVE_INFINITY);
    // A negative age means that the clock was set back. The true age is then unknown.
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
      // A read that is in progress began when a read was allowed. The condition `mayRead` is therefore true, and the
      // function waits for this read.
      if (mayRead) return readAgain(source, issuer, keysUrl);
      if (known === null || latest?.error) throw latest?.error;
      return known.keys;
    },
  };
}

/**
 * Reads the keys of an issuer. Keys of an unknown form are omitted (RFC 7517, section 5).
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
 * Parses one key. The result is null if the value is not a key. Optional fields of a wrong type, such as null, are
 * omitted.
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
