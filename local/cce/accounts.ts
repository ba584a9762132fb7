import { randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import * as z from "zod";
import { type Answer, BAD_TOKEN, gatewayError } from "./answers.ts";
import { type KeyPair, vendorAuthorization } from "./vendor-signature.ts";

export interface User {
  readonly domain: string;
  readonly user: string;
  readonly password: string;
}
/** Who is let in. `tokens` never end; those handed out to users last `tokenSeconds`. */
export interface Accounts {
  readonly keys: readonly KeyPair[];
  readonly users: readonly User[];
  readonly tokens: readonly string[];
  readonly tokenSeconds: number;
}

const MAX_SKEW_MS = 15 * 60_000;

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

/** Checks who asks, as the gateway does it, and hands out tokens, as IAM does it. */
export class Doorkeeper {
  readonly #accounts: Accounts;
  readonly #now: () => number;
  readonly #issued = new Map<string, { readonly project: string; readonly endsAt: number }>();

  constructor(accounts: Accounts, now: () => number) {
    this.#accounts = accounts;
    this.#now = now;
  }

  /** Null for a request that may come in, else the refusal. */
  refusal(request: IncomingMessage, project: string): Answer | null {
    const token = request.headers["x-auth-token"];
    if (typeof token === "string") return this.#knows(token, project) ? null : BAD_TOKEN;
    return this.#signatureRefusal(request);
  }

  /** Answers a token request. */
  grant(body: string): Answer {
    const parsed = TokenRequest.safeParse(parseJson(body));
    if (!parsed.success) return { status: 400, body: { error: { code: 400, message: "Bad Request" } } };
    const { identity, scope } = parsed.data.auth;
    const { name, password, domain } = identity.password.user;
    const known = this.#accounts.users.some(
      (user) => user.user === name && user.domain === domain.name && user.password === password,
    );
    if (!known)
      return { status: 401, body: { error: { code: 401, message: "Unauthorized", title: "Unauthorized" } } };
    const token = `MII${randomBytes(1500).toString("base64url")}`;
    const endsAt = this.#now() + this.#accounts.tokenSeconds * 1000;
    this.#issued.set(token, { project: scope.project.id, endsAt });
    return {
      status: 201,
      headers: { "x-subject-token": token },
      body: { token: { expires_at: new Date(endsAt).toISOString(), methods: ["password"] } },
    };
  }

  /** Ends every token handed out so far. */
  expireTokens(): void {
    this.#issued.clear();
  }

  #knows(token: string, project: string): boolean {
    if (this.#accounts.tokens.includes(token)) return true;
    const issued = this.#issued.get(token);
    return issued !== undefined && issued.project === project && issued.endsAt > this.#now();
  }

  #signatureRefusal(request: IncomingMessage): Answer | null {
    const refuse = (why: string) =>
      gatewayError(401, "APIGW.0301", `Incorrect IAM authentication information: ${why}`);
    const given = request.headers.authorization ?? "";
    const accessKey = /Access=([^,]+),/.exec(given)?.[1] ?? "";
    const pair = this.#accounts.keys.find((key) => key.accessKey === accessKey);
    if (pair === undefined) return refuse(`ak ${accessKey} not exist`);
    if (request.headers["x-security-token"] !== pair.securityToken) return refuse("security token is wrong");
    const date = String(request.headers["x-sdk-date"] ?? "");
    const signedAt = Date.parse(
      date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"),
    );
    if (!(Math.abs(signedAt - this.#now()) < MAX_SKEW_MS)) {
      const ours = new Date(this.#now()).toISOString().replace(/[-:]|\.\d+/g, "");
      return refuse(`calc aksk signature fail:signature expired, signature time:${date},server time:${ours}`);
    }
    const expected = Buffer.from(vendorAuthorization(request, pair));
    const actual = Buffer.from(given);
    return expected.length === actual.length && timingSafeEqual(expected, actual)
      ? null
      : refuse(
          `verify aksk signature fail, canonicalRequest:GET|${request.url}/||host:${request.headers.host}`,
        );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
