import { checkUrl } from "./check-url.ts";
import { BODY_UNDECODABLE, decodeBody } from "./decode-body.ts";
import type { Egress } from "./egress.ts";
import { EgressRefusedError } from "./egress-rules.ts";
import { sendHttpRequest } from "./send-http-request.ts";
import type { TlsOptions } from "./tls-options.ts";

/**
 * The error if a document did not arrive completely. The error message contains an error code, not the address of the
 * server.
 */
export class GuardedFetchError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`the document could not be fetched (error code ${code})`);
    this.name = "GuardedFetchError";
    this.code = code;
  }
}

/**
 * Fetches a small document from an external server, such as the keys of a token issuer. The egress rules of
 * notifications also apply to these requests. The function follows no redirect. `deadlineMs` is the time limit for the
 * whole response.
 * @throws {EgressRefusedError} if an egress rule refuses the address.
 * @throws {GuardedFetchError} if the response is late, broken or longer than `maxBytes` after decompression.
 */
export async function guardedFetch(
  url: string,
  options: {
    readonly egress: Egress;
    readonly tls?: TlsOptions;
    readonly deadlineMs?: number;
    readonly maxBytes?: number;
  },
): Promise<{ readonly status: number; readonly text: string }> {
  const { egress, tls, deadlineMs = 5000, maxBytes = 262_144 } = options;
  const checked = checkUrl(url, egress.allow);
  if (checked.kind === "refused") throw new EgressRefusedError(checked.rule);
  const headers = { "accept-encoding": "identity", "user-agent": "cce-job-notifier/1" };
  const result = await sendHttpRequest({
    connections: egress,
    url: checked.url,
    tls,
    method: "GET",
    headers,
    body: null,
    deadlineMs,
    maxBytes,
  });
  if (result.kind === "failed")
    throw result.error instanceof EgressRefusedError ? result.error : new GuardedFetchError(result.code);
  const decoded = await decodeBody(result, maxBytes);
  if (decoded === null) throw new GuardedFetchError(BODY_UNDECODABLE);
  if (decoded.isTruncated) throw new GuardedFetchError("ANSWER_TOO_LONG");
  return { status: result.status, text: decoded.text };
}
