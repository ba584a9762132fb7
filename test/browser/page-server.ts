import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { RenderedPage } from "../../lib/pages/shell.ts";

/** Serves one page that the test may change at any time, with an ETag as the status function gives it. */
export interface PageServer {
  readonly url: string;
  /** Status codes of the answers so far. */
  readonly answers: readonly number[];
  show(page: RenderedPage, status?: number): void;
  close(): Promise<void>;
}

/** `date` is what the answers' Date header says (null: none): the page corrects the reader's clock by it. */
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
