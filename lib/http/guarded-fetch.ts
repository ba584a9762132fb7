import { checkUrl } from "./check-url.ts";
import type { Egress } from "./egress.ts";
import { EgressRefusedError } from "./egress-rules.ts";
import { sendHttpRequest } from "./send-http-request.ts";

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
 * Reads a small document at an address of others, such as the keys of a token issuer. It checks addresses as for
 * notifications, has one deadline for the whole answer, follows no redirect and decompresses nothing.
 * @throws {EgressRefusedError} The address must not be called.
 * @throws {GuardedFetchError} The answer is late, broken or longer than `maxBytes`.
 */
export async function guardedFetch(
  url: string,
  options: {
    readonly egress: Egress;
    readonly deadlineMs?: number;
    readonly maxBytes?: number;
  },
): Promise<{ readonly status: number; readonly text: string }> {
  const { egress, deadlineMs = 5000, maxBytes = 262_144 } = options;
  const checked = checkUrl(url, egress.allow);
  if (checked.kind === "refused") throw new EgressRefusedError(checked.rule);
  const headers = { "accept-encoding": "identity", "user-agent": "cce-job-notifier/1" };
  const result = await sendHttpRequest({
    connections: egress,
    url: checked.url,
    method: "GET",
    headers,
    body: null,
    deadlineMs,
    maxBytes,
  });
  if (result.kind === "failed")
    throw result.error instanceof EgressRefusedError ? result.error : new GuardedFetchError(result.code);
  if (result.isTruncated) throw new GuardedFetchError("ANSWER_TOO_LONG");
  return { status: result.status, text: result.body.toString("utf8") };
}
