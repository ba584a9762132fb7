import { checkUrl } from "./check-url.ts";
import { type Egress, openEgress } from "./egress.ts";
import { EgressRefusedError } from "./egress-rules.ts";
import { exchange } from "./exchange.ts";

const DEFAULT_DEADLINE_MS = 5000;
/** The keys of a token issuer take a few kilobytes. */
const DEFAULT_MAX_BYTES = 262_144;
/** A `Response` with one of these statuses must not have a body, not even an empty one. */
const STATUSES_WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);
/** A `Response` with a higher status is not valid. */
const MAX_STATUS = 599;

/** The part of `fetch` that is needed to read a small public document. */
export type GuardedFetch = (
  url: string | URL,
  init?: { readonly headers?: ConstructorParameters<typeof Headers>[0] },
) => Promise<Response>;

/** Thrown when a document did not arrive. `code` is Node's or ours. The message does not contain the address. */
export class GuardedFetchError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`the document could not be fetched (${code})`);
    this.name = "GuardedFetchError";
    this.code = code;
  }
}

/**
 * Creates a `fetch` for addresses of others, such as the keys of a token issuer. It checks addresses as for
 * notifications, has one deadline for the whole answer, follows no redirect and decompresses nothing.
 * @throws {EgressRefusedError} The address must not be called.
 * @throws {GuardedFetchError} The answer is late, broken or longer than `maxBytes`.
 */
export function guardedFetch(options: {
  /** `settings.egress.allow` */
  readonly allow: readonly string[];
  readonly deadlineMs?: number;
  readonly maxBytes?: number;
  readonly egress?: Egress;
}): GuardedFetch {
  let egress = options.egress;
  return async (url, init = {}) => {
    egress ??= openEgress(options.allow);
    const checked = checkUrl(String(url), egress.allow);
    if (checked.kind === "refused") throw new EgressRefusedError(checked.rule);
    const result = await exchange({
      connections: egress,
      url: checked.url,
      method: "GET",
      headers: {
        ...Object.fromEntries(new Headers(init.headers)),
        "accept-encoding": "identity",
        "user-agent": "cce-job-notifier/1",
      },
      body: null,
      deadlineMs: options.deadlineMs ?? DEFAULT_DEADLINE_MS,
      maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
    });
    if (result.kind === "failed") {
      throw result.error instanceof EgressRefusedError ? result.error : new GuardedFetchError(result.code);
    }
    const { status, headers, body } = result;
    if (result.isTruncated) throw new GuardedFetchError("ANSWER_TOO_LONG");
    if (status > MAX_STATUS) throw new GuardedFetchError("STATUS_INVALID");
    return new Response(STATUSES_WITHOUT_BODY.has(status) ? null : new Uint8Array(body), { status, headers });
  };
}
