import { EGRESS_REFUSED } from "../domain/job.ts";
import { checkUrl } from "./check-url.ts";
import { type Egress, openEgress } from "./egress.ts";
import { EgressRefusedError } from "./egress-refused-error.ts";
import { type Exchanged, exchange } from "./guarded-exchange.ts";

const DEADLINE_MS = 5000;
/** An issuer's keys take a few kilobytes. */
const MAX_BYTES = 262_144;

/** The part of `fetch` that readers of small public documents use: GET, headers, a whole answer. */
export type GuardedFetch = (
  url: string | URL,
  init?: { readonly headers?: ConstructorParameters<typeof Headers>[0] },
) => Promise<Response>;

/** The document did not arrive. `code` is Node's or ours; the address stays out of the text. */
export class GuardedFetchError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`the document could not be fetched (${code})`);
    this.name = "GuardedFetchError";
    this.code = code;
  }
}

/**
 * A `fetch` for addresses this service does not own, such as a token issuer's keys: the same guard as for
 * notifications, one deadline for the whole answer, no redirects followed, nothing unpacked. An address that is refused
 * throws an `EgressRefusedError`; an answer that is late, broken or longer than `maxBytes` a `GuardedFetchError`.
 */
export function guardedFetch(options: {
  /** `settings.egress.allow` */
  readonly allow: readonly string[];
  readonly deadlineMs?: number;
  readonly maxBytes?: number;
  readonly egress?: Egress;
}): GuardedFetch {
  let opened = options.egress;
  return async (url, init = {}) => {
    opened ??= openEgress(options.allow);
    const checked = checkUrl(String(url), opened.allow);
    if (checked.kind === "refused") throw new EgressRefusedError(checked.rule);
    const headers = Object.fromEntries(new Headers(init.headers));
    const result = await exchange({
      connections: opened.connections,
      url: checked.url,
      method: "GET",
      headers: { ...headers, "accept-encoding": "identity", "user-agent": "cce-job-notifier/1" },
      body: null,
      deadlineMs: options.deadlineMs ?? DEADLINE_MS,
      maxBytes: options.maxBytes ?? MAX_BYTES,
    });
    return responseOf(result);
  };
}

/** Statuses whose `Response` may hold no body, not even an empty one. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

function responseOf(result: Exchanged): Response {
  switch (result.kind) {
    case "failed":
      if (result.code === EGRESS_REFUSED && result.rule !== null) throw new EgressRefusedError(result.rule);
      throw new GuardedFetchError(result.code);
    case "answer": {
      const { status, headers, body, cut } = result;
      if (cut) throw new GuardedFetchError("ANSWER_TOO_LONG");
      if (status > 599) throw new GuardedFetchError("STATUS_INVALID");
      return new Response(WITHOUT_BODY.has(status) ? null : new Uint8Array(body), { status, headers });
    }
    default:
      return result satisfies never;
  }
}
