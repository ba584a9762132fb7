import { request as startRequest } from "node:https";
import { buffer } from "node:stream/consumers";
import { createConnections } from "../lib/http/connections.ts";
import { decompressTruncateAndDecodeText } from "../lib/http/decompress-and-decode-text.ts";
import type { OutgoingProxy } from "../lib/http/outgoing-proxy.ts";

/** The parameters and the result of `fetch` that the client uses. */
export type Fetch = (url: string | URL, init: RequestInit) => Promise<Response>;

const MAX_HEADER_BYTES = 65_536;
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/**
 * Creates a function that works like `fetch`, but always checks the certificate of the service. `fetch` itself checks
 * no certificates if the environment contains `NODE_TLS_REJECT_UNAUTHORIZED=0`. For `https` URLs, a redirect of the
 * service is an error.
 * @param proxy the proxy for requests to `https` URLs. Before Node.js 24, the function `fetch` of Node.js cannot use a
 * proxy.
 */
export function createSecureFetch(proxy: OutgoingProxy | null = null): Fetch {
  const agent = createConnections(MAX_HEADER_BYTES, {}, proxy).https;
  return (url, init) => {
    const target = new URL(url);
    if (target.protocol !== "https:") return fetch(url, init);
    const { method = "GET", body, signal } = init;
    const headers = Object.fromEntries(new Headers(init.headers));
    return new Promise((resolve, reject) => {
      const request = startRequest(target, { agent, method, headers, signal: signal ?? undefined });
      const fail = (error: unknown) => reject(signal?.aborted ? signal.reason : error);
      request.on("error", fail);
      request.on("response", (response) => {
        buffer(response)
          .then(async (bytes) => {
            const answered = new Headers(
              Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
            );
            const encoded = { headers: Object.fromEntries(answered), body: bytes, isTruncated: false };
            const decoded = await decompressTruncateAndDecodeText(encoded, MAX_BODY_BYTES);
            if (decoded === null) throw new Error("the response cannot be decompressed");
            const status = response.statusCode ?? 0;
            if (status >= 300 && status < 400) throw new Error("the service answers with a redirect");
            resolve(new Response(decoded.text === "" ? null : decoded.text, { status, headers: answered }));
          })
          .catch(fail);
      });
      request.end(typeof body === "string" ? body : undefined);
    });
  };
}
