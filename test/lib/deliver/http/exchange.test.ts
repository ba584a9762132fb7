import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { caller, closeAll, http, tcp } from "../support/exchanges.ts";
import { startTcp } from "../support/receiver.ts";

afterEach(closeAll);

describe("an exchange", () => {
  it("brings status, headers in lower case, and the body", async () => {
    const { port } = await http((_, response) =>
      response.writeHead(202, { "X-Two": ["a", "b"] }).end("taken"),
    );
    const answer = await caller()(port);
    expect(answer).toMatchObject({ kind: "answer", status: 202, headers: { "x-two": "a, b" }, cut: false });
    expect(answer.kind === "answer" && answer.body.toString()).toBe("taken");
  });

  it("follows no redirect", async () => {
    const elsewhere = await http((_, response) => response.end());
    const { port } = await http((_, response) =>
      response.writeHead(307, { location: `http://127.0.0.1:${elsewhere.port}/` }).end(),
    );
    expect(await caller()(port)).toMatchObject({ kind: "answer", status: 307 });
    expect(elsewhere.received).toHaveLength(0);
  });

  it("tells a receiver that hangs up from one that is not there", async () => {
    const { port } = await tcp((socket) => socket.destroy());
    expect(await caller()(port)).toMatchObject({ code: expect.stringMatching(/UND_ERR_SOCKET|ECONNRESET/) });
    const closed = await startTcp(() => undefined);
    await closed.close();
    expect(await caller()(closed.port)).toMatchObject({ code: "ECONNREFUSED" });
  });

  it("keeps a connection for the next exchange", async () => {
    const { port, connections, received } = await http((_, response) => response.end("ok"));
    const call = caller();
    await call(port);
    await turnOfTheLoop();
    await call(port);
    expect(received).toHaveLength(2);
    expect(connections()).toBe(1);
  });
});
