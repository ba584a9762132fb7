import * as z from "zod/mini";
import { NonEmpty } from "../lib/domain/zod-fields.ts";
import { UnreachableError } from "./errors.ts";

const Issued = z.object({ value: NonEmpty });

/**
 * A token of who this GitHub Actions job is, for services that keep no secret of it: the job needs the permission
 * `id-token: write`. Null outside of such a job.
 * https://docs.github.com/en/actions/reference/security/oidc
 */
export function githubIdentity(
  env: Readonly<Record<string, string | undefined>>,
  audience: string,
  send: typeof fetch = fetch,
): (() => Promise<string>) | null {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: address, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = env;
  if (!address || !token) return null;
  return async () => {
    const url = new URL(address);
    url.searchParams.set("audience", audience);
    try {
      const answer = await send(url, {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(10_000),
      });
      return Issued.parse(await answer.json()).value;
    } catch (cause) {
      throw new UnreachableError("GitHub issued no identity token for this job.", { cause });
    }
  };
}
