import type { Project } from "../config/projects.ts";
import type { ExpiringCache } from "../domain/expiring-cache.ts";
import type { Instant, Observation } from "../domain/job.ts";
import type { TokenResult } from "./iam-token.ts";
import { formatSdkDate, signRequest } from "./sign-request.ts";

/**
 * The address of one query to CCE. The field `url` is percent-encoded. The field `path` is the path of the URL without
 * percent-encoding.
 */
export interface Query {
  readonly url: URL;
  readonly path: string;
  /** The query parameters of the URL. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** The headers that authenticate one request, or an observation that says why no headers are available. */
export type AuthHeaders =
  | {
      readonly kind: "headers";
      readonly headers: Readonly<Record<string, string>>;
      /** The IAM token in the headers. The field is null if the headers contain no IAM token. */
      readonly token: TokenResult | null;
    }
  | Observation;

/**
 * Returns the headers that authenticate one request.
 * @param refused the headers that CCE refused with status 401. If the caller passes `refused`, the function returns new
 * headers for a second request. The function returns `refused` itself if it cannot get new headers.
 */
type GetAuthHeaders = (query: Query, refused?: AuthHeaders) => Promise<AuthHeaders>;

const TOKEN_KEY = "token";

/** Returns a function that authenticates the requests of a project with a signature, an IAM token or a fixed token. */
export function createAuthHeadersProvider(
  project: Project,
  tokens: ExpiringCache<TokenResult>,
  now: () => Instant,
): GetAuthHeaders {
  const { auth, projectId } = project;
  switch (auth.kind) {
    case "aksk":
      return async ({ url, path, parameters }) => {
        const signed: Record<string, string> = {
          host: url.host,
          "x-sdk-date": formatSdkDate(now()),
          "x-project-id": projectId,
        };
        if (auth.securityToken !== undefined) signed["x-security-token"] = auth.securityToken.reveal();
        const key = { accessKey: auth.accessKey.reveal(), secretKey: auth.secretKey.reveal() };
        const authorization = signRequest({ method: "GET", path, query: parameters, headers: signed }, key);
        return { kind: "headers", headers: { ...signed, authorization }, token: null };
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
