import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { RenderedPage } from "../../lib/pages/page-shell.ts";

/** Serves one page with an ETag, as the api function does. A test may change the page at any time. */
export interface PageServer {
  readonly url: string;
  /** The status codes of the responses so far. */
  readonly answers: readonly number[];
  show(page: RenderedPage, status?: number): void;
  close(): Promise<void>;
}

/**
 * Starts the server.
 * @param date the time in the `date` header, or null for a response without a `date` header.
 */
export async function servePage(first: RenderedPage, date: number | null): Promise<PageServer> {
  const answers: number[] = [];
  let shown = { page: first, status: 200 };
  const server = createServer((request, response) => {
    const { page, status } = shown;
    const etag = `"${createHash("sha256").update(page.html).digest("base64url")}"`;
    const known = status === 200 && request.headers["if-none-match"] === etag;
    answers.push(known ? 304 : status);
    response.sendDate = false;
    if (date !== null) response.setHeader("date", new Date(date).toUTCString());
    response.writeHead(known ? 304 : status, { ...page.headers, etag });
    response.end(known ? undefined : page.html);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/jobs/prod/b7c64d1e?key=k1`,
    answers,
    show: (page, status = 200) => {
      shown = { page, status };
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
