import { Secret } from "./secret.ts";
import { createSecretMask, type SecretMask } from "./secret-mask.ts";

/**
 * The mask hides a part of a URL or of a header value only if the part has at least 8 characters. A shorter part may be
 * an ordinary word such as `hook`, which must stay readable in logs.
 */
const MIN_PART_CHARACTERS = 8;
/** The mask hides a user name or a password in a `Basic` header only if it has at least 4 characters. */
const MIN_LOGIN_CHARACTERS = 4;

const masks = new WeakMap<object, SecretMask>();

/**
 * Returns a mask for all secrets in an object such as the config or a target. The mask hides each secret and its secret
 * parts, for example the path of a URL. Two calls with the same object return the same mask, because the creation of a
 * mask is slow.
 */
export function getCachedSecretMask(objectWithSecrets: object): SecretMask {
  const mask =
    masks.get(objectWithSecrets) ?? createSecretMask(secretsIn(objectWithSecrets).flatMap(listParts));
  masks.set(objectWithSecrets, mask);
  return mask;
}

function secretsIn(value: unknown): string[] {
  if (value instanceof Secret) return [value.reveal()];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(secretsIn) : [];
}

/**
 * Returns a secret and its parts that the mask must hide too. URLs, header values and keys with a prefix contain parts
 * that are secret too.
 */
function listParts(secret: string): string[] {
  const text = secret.trim();
  const [scheme = "", credentials, ...others] = text.split(/\s+/);
  const isHeader = credentials !== undefined && others.length === 0;
  const parts = [
    ...listUrlParts(text),
    text.replace(/^whsec_/, ""),
    text.replace(/-----[A-Z ]+-----/g, ""),
    ...(isHeader ? [credentials] : []),
  ];
  return [
    text,
    ...parts.filter((part) => part.length >= MIN_PART_CHARACTERS),
    ...(isHeader && /^basic$/i.test(scheme) ? decodeLogin(credentials) : []),
  ];
}

function listUrlParts(text: string): string[] {
  const url = URL.parse(text);
  if (url === null) return [];
  const { href, pathname, search, searchParams } = url;
  return [
    href,
    pathname + search,
    pathname,
    search.slice(1),
    ...pathname.split("/"),
    ...searchParams.values(),
  ];
}

/** Returns the user name and the password in a `Basic` header (RFC 7617). */
function decodeLogin(credentials: string): string[] {
  const login = Buffer.from(credentials, "base64").toString("utf8");
  const [user = "", ...password] = login.split(":");
  return [login, user, password.join(":")].filter((part) => part.length >= MIN_LOGIN_CHARACTERS);
}
