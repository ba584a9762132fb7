import type { Dispatcher } from "undici";

/** Codes of our own, beside Node's and undici's: the deadline passed; the request could not be made of its parts. */
export const DEADLINE_PASSED = "DEADLINE_PASSED";
export const REQUEST_INVALID = "REQUEST_INVALID";

export interface ExchangeRequest {
  readonly dispatcher: Dispatcher;
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string | null;
  /** For all of it: name, connection, handshake, headers and body. */
  readonly deadlineMs: number;
  /** Where reading stops. */
  readonly maxBytes: number;
}

/**
 * What came back. `cut`: there was more. A failure may have come after the status; its `code` is fit to be shown, its
 * `error` is not, because messages name addresses.
 */
export type Exchanged =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Buffer;
      readonly cut: boolean;
    }
  | {
      readonly kind: "failed";
      readonly code: string;
      readonly error: unknown;
      readonly status: number | null;
    };

/**
 * One HTTP exchange within one deadline. Never throws, follows no redirect, decompresses nothing, and holds no
 * more than `maxBytes` and one chunk of the body: reading stops there and the connection is closed.
 */
export function exchange(request: ExchangeRequest): Promise<Exchanged> {
  return new Promise((resolve) => {
    const { url, maxBytes } = request;
    const chunks: Buffer[] = [];
    let size = 0;
    let status: number | null = null;
    let headers: Readonly<Record<string, string>> = {};
    let controller: Dispatcher.DispatchController | null = null;
    let settled = false;

    const settle = (result: Exchanged) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      resolve(result);
    };
    const fail = (code: string, error: unknown = null) => settle({ kind: "failed", code, error, status });
    const answer = (cut: boolean) => {
      if (status === null) return fail("ECONNRESET");
      settle({ kind: "answer", status, headers, body: Buffer.concat(chunks).subarray(0, maxBytes), cut });
    };
    const timer = setTimeout(
      () => {
        fail(DEADLINE_PASSED);
        controller?.abort(new Error(DEADLINE_PASSED));
      },
      Math.max(0, request.deadlineMs),
    );

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        controller = started;
        // A request may come to its turn only after its deadline, when it must not be sent any more.
        if (settled) started.abort(new Error(DEADLINE_PASSED));
      },
      onResponseStart(_, statusCode, received) {
        if (statusCode < 200) return;
        status = statusCode;
        headers = flatten(received);
      },
      onResponseData(reading, chunk) {
        chunks.push(chunk);
        size += chunk.length;
        if (size <= maxBytes) return;
        answer(true);
        reading.abort(new Error("enough was read"));
      },
      onResponseEnd: () => answer(false),
      onResponseError: (_, error) => fail(codeOf(error), error),
    };

    try {
      request.dispatcher.dispatch(
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
    } catch (error) {
      fail(REQUEST_INVALID, error);
    }
  });
}

function flatten(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value ?? ""].flat().join(", ")]),
  );
}

/** The code of an error or of what caused it. */
function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const [first] = "errors" in error && Array.isArray(error.errors) ? error.errors : [];
  return codeOf(first) || code || ("cause" in error ? codeOf(error.cause) : "");
}
