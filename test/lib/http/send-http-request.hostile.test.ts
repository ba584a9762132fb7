import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { jest } from "@jest/globals";
import { createEgress } from "../../../lib/http/egress.ts";
import { controlTimeLimit } from "../../support/fake-timeouts.ts";
import { hangUp } from "./support/hang-up.ts";
import { caller, closeAll, closeLater, http, sendWithRule, tcp } from "./support/send-requests.ts";

afterEach(async () => {
  jest.restoreAllMocks();
  await closeAll();
});

/** Writes to a socket until the connection is closed. Returns the number of written bytes. */
function pour(socket: Socket, head: string): Promise<number> {
  const chunk = Buffer.alloc(65_536, "x");
  socket.write(head);
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on("drain", more);
  more();
  return new Promise((resolve) => socket.on("close", () => resolve(socket.bytesWritten)));
}

const SHORT_MS = 150;
/** A time limit that no request reaches, even if other programs make the request slow. */
const AMPLE_MS = 60_000;
const timedOut = { kind: "failed", code: "DEADLINE_PASSED", rule: null };

describe("sendHttpRequest to a malicious server", () => {
  it("does not decompress the body", async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    const { port } = await http((_, response) => response.setHeader("content-encoding", "gzip").end(bomb));
    const answer = await caller()(port);
    expect(answer.kind === "answer" && answer.body.equals(bomb.subarray(0, 16_384))).toBe(true);
  });

  it.each([
    ["with a length header", "content-length: 1099511627776"],
    ["without a length header", "connection: close"],
  ])("truncates an endless body, %s, and closes the connection", async (_, header) => {
    let poured: Promise<number> = Promise.resolve(0);
    const { port } = await tcp((socket) => {
      poured = pour(socket, `HTTP/1.1 200 OK\r\n${header}\r\n\r\n`);
    });
    const answer = await caller()(port);
    expect(answer).toMatchObject({ kind: "answer", status: 200, isTruncated: true });
    expect(answer.kind === "answer" && answer.body.length).toBe(16_384);
    expect(await poured).toBeLessThan(20_000_000);
  });

  it("fails for endless headers", async () => {
    let poured: Promise<number> = Promise.resolve(0);
    const { port } = await tcp((socket) => {
      poured = pour(socket, "HTTP/1.1 200 OK\r\nx-long: ");
    });
    expect(await caller()(port)).toMatchObject({ kind: "failed", code: "HPE_HEADER_OVERFLOW" });
    expect(await poured).toBeLessThan(20_000_000);
  });

  it.each<[string, (socket: Socket) => void]>([
    ["the server sends nothing", () => undefined],
    ["the headers never end", (socket) => socket.write("HTTP/1.1 200 OK\r\nx-a: b\r\n")],
    [
      "the server sends only preliminary answers",
      (socket) => socket.write("HTTP/1.1 103 Early Hints\r\n\r\n"),
    ],
  ])("ends at the deadline when %s", async (_, serve) => {
    const { port } = await tcp(serve);
    expect(await caller()(port, SHORT_MS)).toEqual({ ...timedOut, status: null });
  });

  it("ends at the deadline in the middle of a body, with the status", async () => {
    const { port } = await http((_, response) => response.writeHead(200).write("o"));
    const passTimeLimit = controlTimeLimit(AMPLE_MS);
    const onChunk = () => {
      passTimeLimit();
      return "buffer" as const;
    };
    expect(await caller(onChunk)(port, AMPLE_MS)).toEqual({ ...timedOut, status: 200 });
  });

  it("ends at the deadline during the TLS handshake", async () => {
    const { port } = await tcp(() => undefined);
    expect(await caller()(port, SHORT_MS, "https")).toEqual({ ...timedOut, status: null });
  });

  it("opens no connection when the deadline passes during the name lookup", async () => {
    let answerName: (() => void) | null = null;
    const { port, received, connections } = await http((_, response) => response.end());
    const egress = createEgress(["slow.test"], {
      lookup: (_name, _options, done) => {
        answerName = () => done(null, [{ address: "127.0.0.1", family: 4 }]);
      },
    });
    closeLater({ close: () => hangUp(egress) });
    const late = await sendWithRule({
      connections: egress,
      url: new URL(`http://slow.test:${port}/`),
      method: "POST",
      headers: {},
      body: Buffer.from("{}"),
      timeLimitMs: 20,
      maxBytes: 10,
    });
    expect(late).toMatchObject(timedOut);
    (answerName as (() => void) | null)?.();
    expect(await caller()(port)).toMatchObject({ status: 200 });
    expect(connections()).toBe(1);
    expect(received).toHaveLength(1);
  });

  it("sends nothing when the deadline is 0 or negative", async () => {
    const { port, connections } = await http((_, response) => response.end());
    const call = caller();
    expect(await call(port, 0)).toEqual({ ...timedOut, status: null });
    expect(await call(port, -1)).toEqual({ ...timedOut, status: null });
    await call(port);
    expect(connections()).toBe(1);
  });
});
