/** A request as this room reads it: plain values, whatever carried them. */
export interface ApiRequest {
  readonly method: string;
  /** As sent, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly requestId: string;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Answers depend on who asks and on the moment: a cache may keep one only to ask again whether it still holds. */
const PRIVATE = { "cache-control": "private, no-cache", "x-content-type-options": "nosniff" };

/** An answer with a JSON document. */
export function jsonResponse(
  status: number,
  document: unknown,
  headers: Readonly<Record<string, string>> = {},
): ApiResponse {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...PRIVATE, ...headers },
    body: JSON.stringify(document),
  };
}

/** What an answer takes on its way through Lambda: its body is a text within JSON there. */
export function answerBytes(response: ApiResponse): number {
  return Buffer.byteLength(JSON.stringify(response));
}
