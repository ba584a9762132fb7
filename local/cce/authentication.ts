import { randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { AKSKSigner } from "@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js";
import * as z from "zod";
import { parseJsonOrUndefined } from "../../lib/domain/json.ts";
import { createGatewayErrorResponse, INVALID_TOKEN, type SimulatedResponse } from "./responses.ts";

interface AccessKey {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly securityToken?: string;
}

/** The credentials that the simulated CCE and the simulated IAM accept. */
export interface Accounts {
  readonly keys: readonly AccessKey[];
  readonly users: readonly { readonly domain: string; readonly user: string; readonly password: string }[];
  /** The fixed API tokens that the simulated CCE accepts. A fixed token has no expiry time. */
  readonly tokens: readonly string[];
  /** The lifetime, in seconds, of a token from the simulated IAM. */
  readonly tokenSeconds: number;
}

const MAX_CLOCK_SKEW_MS = 15 * 60_000;

const TokenRequest = z.object({
  auth: z.object({
    identity: z.object({
      methods: z.tuple([z.literal("password")]),
      password: z.object({
        user: z.object({ name: z.string(), password: z.string(), domain: z.object({ name: z.string() }) }),
      }),
    }),
    scope: z.object({ project: z.object({ id: z.string() }) }),
  }),
});

/**
 * Simulates how the cloud authenticates requests. `Authentication` checks the credentials of CCE requests, like the
 * cloud's API gateway. `Authentication` also issues tokens, like the cloud's IAM.
 */
export class Authentication {
  readonly #accounts: Accounts;
  readonly #now: () => number;
  readonly #issuedTokens = new Map<string, { readonly projectId: string; readonly expiresAt: number }>();

  constructor(accounts: Accounts, now: () => number) {
    this.#accounts = accounts;
    this.#now = now;
  }

  /**
   * Returns the error response for a request with wrong credentials, or null for a request with correct credentials.
   */
  refuse(request: IncomingMessage, projectId: string): SimulatedResponse | null {
    const token = request.headers["x-auth-token"];
    if (typeof token !== "string") return this.#refuseSignature(request);
    return this.#isValidToken(token, projectId) ? null : INVALID_TOKEN;
  }

  /** Returns the response to a request `POST /v3/auth/tokens` with the given body. */
  issueToken(body: string): SimulatedResponse {
    const parsed = TokenRequest.safeParse(parseJsonOrUndefined(body));
    if (!parsed.success) return { status: 400, body: { error: { code: 400, message: "Bad Request" } } };
    const { identity, scope } = parsed.data.auth;
    const { name, password, domain } = identity.password.user;
    const isKnown = this.#accounts.users.some(
      (user) => user.user === name && user.domain === domain.name && user.password === password,
    );
    if (!isKnown)
      return { status: 401, body: { error: { code: 401, message: "Unauthorized", title: "Unauthorized" } } };
    const token = `MII${randomBytes(1500).toString("base64url")}`;
    const expiresAt = this.#now() + this.#accounts.tokenSeconds * 1000;
    this.#issuedTokens.set(token, { projectId: scope.project.id, expiresAt });
    return {
      status: 201,
      headers: { "x-subject-token": token },
      body: { token: { expires_at: new Date(expiresAt).toISOString(), methods: ["password"] } },
    };
  }

  /** Makes every token that the simulated IAM has issued invalid. */
  expireTokens(): void {
    this.#issuedTokens.clear();
  }

  #isValidToken(token: string, projectId: string): boolean {
    if (this.#accounts.tokens.includes(token)) return true;
    const issued = this.#issuedTokens.get(token);
    return issued !== undefined && issued.projectId === projectId && issued.expiresAt > this.#now();
  }

  #refuseSignature(request: IncomingMessage): SimulatedResponse | null {
    const refusal = (cause: string) =>
      createGatewayErrorResponse(401, "APIGW.0301", `Incorrect IAM authentication information: ${cause}`);
    const authorization = request.headers.authorization ?? "";
    const accessKey = /Access=([^,]+),/.exec(authorization)?.[1] ?? "";
    const key = this.#accounts.keys.find((one) => one.accessKey === accessKey);
    if (key === undefined) return refusal(`ak ${accessKey} not exist`);
    if (request.headers["x-security-token"] !== key.securityToken) return refusal("security token is wrong");
    const date = String(request.headers["x-sdk-date"] ?? "");
    const signedAt = Date.parse(
      date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"),
    );
    // If the date of the request is unreadable, `signedAt` is NaN, and the request is refused.
    if (!(Math.abs(signedAt - this.#now()) < MAX_CLOCK_SKEW_MS)) {
      const serverTime = new Date(this.#now()).toISOString().replace(/[-:]|\.\d+/g, "");
      return refusal(
        `calc aksk signature fail:signature expired, signature time:${date},server time:${serverTime}`,
      );
    }
    const expected = Buffer.from(vendorAuthorization(request, key));
    const actual = Buffer.from(authorization);
    if (expected.length === actual.length && timingSafeEqual(expected, actual)) return null;
    const { host } = request.headers;
    return refusal(`verify aksk signature fail, canonicalRequest:GET|${request.url}/||host:${host}`);
  }
}

/**
 * Returns the Authorization header that the cloud vendor's own SDK creates for a request. The cloud's SDK shares no
 * code with this repository, so the simulator uses the header of the SDK to check the signatures of the service.
 */
function vendorAuthorization(request: IncomingMessage, { accessKey, secretKey }: AccessKey): string {
  const names = /SignedHeaders=([^,]*),/.exec(request.headers.authorization ?? "")?.[1]?.split(";") ?? [];
  // The signer of the SDK reads the date only from a header with exactly the name `X-Sdk-Date`.
  const spelling = (name: string) => (name === "x-sdk-date" ? "X-Sdk-Date" : name);
  const headers = Object.fromEntries(
    names.map((name) => [spelling(name), String(request.headers[name] ?? "")]),
  );
  const url = new URL(request.url ?? "/", `http://${request.headers.host}`);
  const endpoint = `${url.origin}${decodeURIComponent(url.pathname)}`;
  // The type of `sign` requires a complete `Client` object, but `sign` only calls `getAk` and `getSk`.
  const signed: unknown = Reflect.apply(AKSKSigner.sign, AKSKSigner, [
    { method: "GET", endpoint, headers, queryParams: Object.fromEntries(url.searchParams) },
    { getAk: () => accessKey, getSk: () => secretKey },
  ]);
  return z.object({ Authorization: z.string() }).parse(signed).Authorization;
}
