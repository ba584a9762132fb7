import { caller, closeAll, tcp } from "./support/send-requests.ts";

afterEach(closeAll);

describe("sendHttpRequest to a server that violates HTTP", () => {
  it.each<[string, string]>([
    ["with the name of the next protocol", "connection: upgrade\r\nupgrade: websocket\r\n"],
    ["without the name of the next protocol", ""],
  ])("fails immediately when the answer switches the protocol, %s", async (_, headers) => {
    const { port } = await tcp((socket) =>
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headers}\r\n`),
    );
    expect(await caller()(port)).toEqual({ kind: "failed", code: "ECONNRESET", rule: null, status: null });
  });

  it.each<[string, string, string]>([
    ["before the declared length is reached", "content-length: 10\r\n\r\nabc", "ECONNRESET"],
    ["within a chunk", "transfer-encoding: chunked\r\n\r\n5\r\nabc", "ECONNRESET"],
    ["before the last chunk", "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", "ECONNRESET"],
    ["in a chunk without a size", "transfer-encoding: chunked\r\n\r\nzz\r\n", "HPE_INVALID_CHUNK_SIZE"],
  ])("fails when the answer ends %s", async (_, answer, code) => {
    const { port } = await tcp((socket) => socket.end(`HTTP/1.1 200 OK\r\n${answer}`));
    expect(await caller()(port)).toEqual({ kind: "failed", code, rule: null, status: 200 });
  });

  it.each([
    ["a length and chunks", "content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"],
    ["two lengths", "content-length: 3\r\ncontent-length: 4\r\n\r\nabc"],
  ])("fails when the length of the answer is ambiguous: %s", async (_, answer) => {
    const { port } = await tcp((socket) => socket.end(`HTTP/1.1 200 OK\r\n${answer}`));
    expect(await caller()(port)).toMatchObject({ kind: "failed", code: expect.stringMatching(/^HPE_/) });
  });

  it("ignores a second answer to the same request", async () => {
    const answer = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n${body}`;
    let opened = 0;
    const { port } = await tcp((socket) => {
      opened += 1;
      socket.once("data", () => socket.write(answer(String(opened)) + answer("x")));
    });
    const call = caller();
    const bodies = [];
    for (const _ of [1, 2]) {
      const answered = await call(port);
      bodies.push(answered.kind === "answer" && answered.body.toString());
    }
    expect(bodies).toEqual(["1", "2"]);
  });

  it.each<[string, number, string, string]>([
    ["that is longer than the declared length", 200, "content-length: 2\r\n\r\nok!", "ok"],
    [
      "that is longer than its length, on a closing connection",
      200,
      "connection: close\r\ncontent-length: 2\r\n\r\nok!",
      "ok",
    ],
    ["of a status without a body", 204, "\r\nok", ""],
    ["of a status without a body, with a declared length", 204, "content-length: 2\r\n\r\nok", ""],
    [
      "that continues after the last chunk",
      200,
      "transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\njunk",
      "ok",
    ],
  ])("returns the complete answer to a body %s", async (_, status, rest, body) => {
    const { port } = await tcp((socket) =>
      socket.once("data", () => socket.end(`HTTP/1.1 ${status} Answer\r\n${rest}`)),
    );
    const answered = await caller()(port);
    expect(answered).toMatchObject({ kind: "answer", status, isTruncated: false });
    expect(answered.kind === "answer" && answered.body.toString()).toBe(body);
  });

  it("fails when the answer is not HTTP", async () => {
    const { port } = await tcp((socket) => socket.end("SSH-2.0-OpenSSH\r\n"));
    expect(await caller()(port)).toMatchObject({ kind: "failed", status: null });
  });
});
