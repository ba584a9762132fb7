import type { JSONWebKeySet, JWK } from "jose";
import * as z from "zod/mini";
import type { Instant } from "../domain/job.ts";
import { textSchema } from "../domain/zod-fields.ts";

/** The age from which the service reads the signing keys of an issuer again, because an issuer may remove a key. */
const REFRESH_AGE_MS = 3_600_000;
/** The age until which the service uses old signing keys while it cannot read the keys again. */
const MAX_AGE_MS = 86_400_000;
/**
 * The shortest time between two reads of the signing keys of an issuer. Without a minimum time between two reads, many
 * invalid tokens would cause many calls to the issuer.
 */
const READ_INTERVAL_MS = 30_000;
/**
 * The shortest time between two reads while the service has no signing keys of the issuer. `FIRST_READ_INTERVAL_MS` is
 * short, because every token waits for the first signing keys.
 */
const FIRST_READ_INTERVAL_MS = 5000;
/**
 * The longest time for which one call waits for a new read when the signing keys are old. Most reads of signing keys
 * end within 500 ms. Lambda may freeze a read that continues after the invocation, so without this wait an instance
 * with few requests would rarely finish a read.
 */
const REFRESH_WAIT_MS = 500;

const Discovery = z.object({ issuer: z.string(), jwks_uri: z.url() });
const KeySet = z.object({ keys: z.array(z.unknown()) });

/** A text field of a signing key. A number in place of a text is converted to its digits. */
const KeyText = z.pipe(z.union([textSchema(z.minLength(1)), z.number()]), z.transform(String));
const Key = z.looseObject({ kty: z.string() });
/** The optional fields of a signing key (JWK) that matter for the check of a signature. */
const KEY_PARTS = {
  kid: KeyText,
  alg: KeyText,
  use: KeyText,
  key_ops: z.array(z.string()),
} as const;
/** The optional fields of a signing key (JWK) that do not matter for the check of a signature. */
const IGNORED_PARTS: ReadonlySet<string> = new Set(["ext", "x5c"]);

/**
 * The error if the discovery document of an issuer refers to signing keys at another origin, and the config does not
 * allow these keys. The message of a `KeysOriginError` contains the URL of the keys.
 */
export class KeysOriginError extends Error {
  override readonly name = "KeysOriginError";
  readonly keysUrl: string;

  constructor(keysUrl: string) {
    super(`the issuer names its keys at another origin: ${keysUrl}`);
    this.keysUrl = keysUrl;
  }
}

/** The error if the discovery document of an issuer cannot be used, although the issuer itself sent the document. */
export class DiscoveryError extends Error {
  override readonly name = "DiscoveryError";
}

export interface IssuerKeys {
  /**
   * Returns the signing keys of an issuer. If the signing keys in memory are less than a day old, the function returns
   * these keys without a wait for the issuer. If the signing keys are older than an hour, one call starts a new read
   * and waits half a second for the result.
   * @param keysUrl the URL of the signing keys from the config. If `keysUrl` is undefined, the function finds the URL
   * in the discovery document of the issuer.
   * @param refresh is true if no signing key from the previous read has verified the token. A call with `refresh` waits
   * for a new read of the signing keys. Other calls do not wait for the new read. The service does not read signing
   * keys again for 30 seconds after a read.
   * @throws KeysOriginError if the discovery document contains a URL with another origin than the issuer.
   * @throws DiscoveryError if the discovery document contains another issuer or no URL of the keys.
   * @throws another error if the service cannot read the signing keys. For 30 seconds after a failed read, each such
   * call throws the same error without a new request to the issuer. If the service has no signing keys of the issuer,
   * the pause between two reads is 5 seconds.
   */
  read(issuer: string, keysUrl: string | undefined, refresh: boolean): Promise<JSONWebKeySet>;
}

/** Returns the body of an HTTP response with the status 200. Throws an error for a response with any other status. */
type FetchText = (url: string) => Promise<string>;

/** The signing keys of one issuer, and the latest read of the signing keys. */
interface Source {
  known: { readonly keys: JSONWebKeySet; readonly readAt: Instant } | null;
  /** The read of the signing keys that is in progress. */
  reading: Promise<JSONWebKeySet> | null;
  latest: { readonly endedAt: Instant; readonly error: unknown } | null;
}

/**
 * Creates an object that reads and caches the signing keys of issuers (OpenID Connect Discovery 1.0). The last valid
 * signing keys stay in use while a new read is in progress and after a failed read. One token therefore does not make
 * other tokens fail or wait.
 */
export function createIssuerKeysCache(
  fetchText: FetchText,
  now: () => Instant,
  wait: (ms: number) => Promise<void>,
): IssuerKeys {
  const sources = new Map<string, Source>();
  const ageMs = (at: Instant | undefined) => {
    const age = now() - (at ?? Number.NEGATIVE_INFINITY);
    // If the age is negative, the clock was set back, and the true age is unknown.
    return age < 0 ? Number.POSITIVE_INFINITY : age;
  };

  const readAgain = (source: Source, issuer: string, keysUrl: string | undefined): Promise<JSONWebKeySet> => {
    const end = (error: unknown) => {
      source.reading = null;
      source.latest = { endedAt: now(), error };
    };
    source.reading ??= fetchIssuerKeys(issuer, keysUrl, fetchText).then(
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
      if (reading !== null || mayRead) return readAgain(source, issuer, keysUrl);
      if (known === null || latest?.error) throw latest?.error;
      return known.keys;
    },
  };
}

/**
 * Reads the signing keys of an issuer. Omits keys in an unknown form (RFC 7517, section 5).
 * @throws the errors that `IssuerKeys.read` describes
 */
export async function fetchIssuerKeys(
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
 * Reads one signing key, or returns null if the value is not a key. Omits each optional field of another type, for
 * example null.
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
