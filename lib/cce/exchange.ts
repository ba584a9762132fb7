import type { Dispatcher } from "undici";

/** A job with 20,000 subjobs takes about 4 MiB; nothing real comes near it. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

export interface ExchangeRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** For all of it: name, connection, handshake, headers and body. */
  readonly deadlineMs: number;
}

/** `code` is Node's, undici's or ours, never a message: messages name addresses. A body over the limit is cut. */
export type Exchanged =
  | {
      readonly kind: "reply";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | { readonly kind: "failed"; readonly code: string };

export const DEADLINE_PASSED = "DEADLINE_PASSED";

/**
 * One HTTP exchange within one deadline. Never throws, follows no redirect, unpacks nothing, and stops reading at
 * `MAX_BODY_BYTES`. Bytes that are no UTF-8 become U+FFFD.
 */
export function exchange(dispatcher: Dispatcher, request: ExchangeRequest): Promise<Exchanged> {
  return new Promise((resolve) => {
    const { url } = request;
    const chunks: Buffer[] = [];
    let size = 0;
    let head: Pick<Extract<Exchanged, { kind: "reply" }>, "status" | "headers"> | null = null;
    let controller: Dispatcher.DispatchController | null = null;
    let settled = false;

    const settle = (result: Exchanged) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      resolve(result);
    };
    const finish = () => {
      if (head === null) return settle({ kind: "failed", code: "ECONNRESET" });
      const body = Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString("utf8");
      settle({ kind: "reply", ...head, body });
    };
    const giveUp = () => {
      settle({ kind: "failed", code: DEADLINE_PASSED });
      controller?.abort(new Error(DEADLINE_PASSED));
    };
    const timer = setTimeout(giveUp, Math.max(0, request.deadlineMs));

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        controller = started;
        // Its turn may come only after its deadline, when it must not be sent any more.
        if (settled) started.abort(new Error(DEADLINE_PASSED));
      },
      onResponseStart(_, status, headers) {
        if (status >= 200) head = { status, headers: flatten(headers) };
      },
      onResponseData(reading, chunk) {
        chunks.push(chunk);
        size += chunk.length;
        if (size <= MAX_BODY_BYTES) return;
        finish();
        reading.abort(new Error("enough was read"));
      },
      onResponseEnd: finish,
      onResponseError: (_, error) => settle({ kind: "failed", code: codeOf(error) }),
    };

    try {
      dispatcher.dispatch(
        {
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method: request.method,
          headers: { ...request.headers },
          body: request.body,
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        handler,
      );
    } catch {
      settle({ kind: "failed", code: "REQUEST_INVALID" });
    }
  });
}

const flatten = (headers: NodeJS.Dict<string | string[]>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value ?? ""].flat().join(", ")]),
  );

/** The code of an error or of what caused it. */
function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "UNKNOWN";
  if ("code" in error && typeof error.code === "string") return error.code;
  return "cause" in error ? codeOf(error.cause) : "UNKNOWN";
}
