import type { Project } from "../config/projects.ts";
import type { ExpiringCache } from "../domain/expiring-cache.ts";
import type { Clock, Observation } from "../domain/job.ts";
import { createSignedGetHeaders } from "./access-key-signature.ts";
import type { TokenResult } from "./iam-token.ts";

/**
 * The address of one request to CCE. `path` is the path of `url`. The field `url` is percent-encoded. The fields `path`
 * and `parameters` are not percent-encoded.
 */
export interface QueryAddress {
  readonly url: URL;
  readonly path: string;
  /** The query parameters of `url`, not percent-encoded. */
  readonly parameters: Readonly<Record<string, string>>;
}

export function createQueryAddress(
  endpoint: URL,
  apiPath: string,
  parts: readonly string[],
  parameters: QueryAddress["parameters"],
): QueryAddress {
  const path = [`${endpoint.pathname.replace(/\/$/, "")}${apiPath}`, ...parts].join("/");
  const url = new URL(path.split("/").map(encodeURIComponent).join("/"), endpoint.origin);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { url, path, parameters };
}

/**
 * The headers with which the service signs in to CCE. If the service could not create the headers, an observation says
 * why.
 */
export type AuthHeaders =
  | {
      readonly kind: "headers";
      readonly headers: Readonly<Record<string, string>>;
      /** The IAM token in `headers`. If `headers` contains no IAM token, `token` is null. */
      readonly token: TokenResult | null;
    }
  | Observation;

/**
 * Returns the headers with which the service signs in to CCE.
 * @param refused the headers of an earlier request that CCE refused with status 401. With `refused`, the function
 * returns new headers. If the function has no new headers, it returns `refused`.
 */
type GetAuthHeaders = (query: QueryAddress, refused?: AuthHeaders) => Promise<AuthHeaders>;

const TOKEN_KEY = "token";

/**
 * Returns a function that creates the headers for a project. The headers contain a signature, an IAM token, or the
 * token in the config.
 */
export function createAuthHeadersProvider(
  project: Project,
  tokens: ExpiringCache<TokenResult>,
  now: Clock,
): GetAuthHeaders {
  const { auth, projectId } = project;
  switch (auth.kind) {
    case "aksk":
      return async ({ url, path, parameters }) => {
        const request = { host: url.host, path, query: parameters, projectId };
        return { kind: "headers", headers: createSignedGetHeaders(request, auth, now()), token: null };
      };
    case "password":
      return async (_, refused) => {
        if (refused?.kind === "headers" && refused.token !== null) tokens.delete(TOKEN_KEY, refused.token);
        const token = await tokens.get(TOKEN_KEY);
        if (token.kind !== "token") return token;
        return { kind: "headers", headers: { "x-auth-token": token.token.reveal() }, token };
      };
    case "token":
      return async (_, refused) =>
        refused ?? { kind: "headers", headers: { "x-auth-token": auth.token.reveal() }, token: null };
    default:
      return auth satisfies never;
  }
}
