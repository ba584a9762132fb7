import type { Project } from "../config/projects.ts";
import type { Instant, Observation } from "../domain/job.ts";
import type { Secret } from "../domain/secret.ts";
import { sdkDate, signRequest } from "./signer.ts";
import type { TokenKeeper } from "./token.ts";

/** What goes on the wire: `url` percent-encoded, `path` the same path as it is meant, which is what gets signed. */
export interface Query {
  readonly url: URL;
  readonly path: string;
}

/** Headers for one try, with the token in them if it can be renewed; or why there are none. */
export type SignedIn =
  | {
      readonly kind: "headers";
      readonly headers: Readonly<Record<string, string>>;
      readonly token: Secret | null;
    }
  | { readonly kind: "none"; readonly observation: Observation };

/** `refused`: what CCE answered 401 to. Null when nothing new can be tried. */
export type SignIn = (
  query: Query,
  refused: Extract<SignedIn, { kind: "headers" }> | null,
) => Promise<SignedIn> | null;

/** Makes the headers of every try anew: a signature, the kept token of IAM, or the fixed one. */
export function createSignIn(project: Project, tokens: TokenKeeper, now: () => Instant): SignIn {
  const { auth, projectId } = project;
  switch (auth.kind) {
    case "aksk":
      return async ({ url, path }) => {
        const signed = {
          host: url.host,
          "x-sdk-date": sdkDate(now()),
          "x-project-id": projectId,
          ...(auth.securityToken === undefined ? {} : { "x-security-token": auth.securityToken.reveal() }),
        };
        const key = { accessKey: auth.accessKey.reveal(), secretKey: auth.secretKey.reveal() };
        const authorization = signRequest({ method: "GET", path, headers: signed }, key);
        return { kind: "headers", headers: { ...signed, authorization }, token: null };
      };
    case "password":
      return async (_, refused) => {
        const stale = refused?.token ?? null;
        const granted = await (stale === null ? tokens.get() : tokens.renew(stale));
        if (granted.kind === "none") return granted;
        const headers = { "x-auth-token": granted.token.reveal() };
        return { kind: "headers", headers, token: granted.token };
      };
    case "token":
      return (_, refused) =>
        refused === null
          ? Promise.resolve({
              kind: "headers",
              headers: { "x-auth-token": auth.token.reveal() },
              token: null,
            })
          : null;
    default:
      return auth satisfies never;
  }
}
