import * as z from "zod/mini";
import { NonEmpty } from "../lib/domain/zod-fields.ts";
import { TokenError, UnreachableError } from "./errors.ts";
import { createSecureFetch, type Fetch } from "./secure-fetch.ts";

const GITHUB_TIMEOUT_MS = 10_000;

/**
 * Removes spaces and line breaks at both ends of a token, for example the last line break of a file.
 * @throws TokenError when the text cannot be a token in an HTTP header (RFC 9110, section 5.5).
 */
export function parseToken(text: string): string {
  const fault = findTokenFault(text);
  if (fault !== null) throw new TokenError(`The token ${fault}.`);
  return text.trim();
}

/**
 * Returns the reason why a text is not a valid token, or null for a valid token. The returned reason never contains
 * `text`, which may be a secret.
 */
export function findTokenFault(text: string): string | null {
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return null;
  if (token === "") return "is empty";
  if (/[\r\n]/.test(token)) return "contains a line break";
  if (/\s/.test(token)) return "contains a space";
  return token.includes("…") ? "contains '…', like a shortened example" : "contains an invalid character";
}

const IdentityToken = z.object({ value: NonEmpty });

/**
 * Returns a function that gets an identity token for the current GitHub Actions job. The GitHub Actions job needs the
 * permission `id-token: write`. Returns null if the process is not a GitHub Actions job.
 * https://docs.github.com/en/actions/reference/security/oidc
 */
export function createGithubTokenSource(
  env: Readonly<Record<string, string | undefined>>,
  audience: string,
  send: Fetch = createSecureFetch(),
): (() => Promise<string>) | null {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: requestUrl, ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken } = env;
  if (!requestUrl || !requestToken) return null;
  return async () => {
    const url = new URL(requestUrl);
    url.searchParams.set("audience", audience);
    try {
      const response = await send(url, {
        headers: { authorization: `Bearer ${requestToken}` },
        signal: AbortSignal.timeout(GITHUB_TIMEOUT_MS),
      });
      return IdentityToken.parse(await response.json()).value;
    } catch (cause) {
      throw new UnreachableError("GitHub did not issue an identity token for this job.", { cause });
    }
  };
}
