import type { RequestListener } from "node:http";
import { gzipSync } from "node:zlib";
import { MAX_BODY_BYTES } from "../../../lib/cce/sized-exchange.ts";
import { clientOf, type Served, serve } from "./harness.ts";

const TOKEN = "fixedtokenexample";
/** A function has 256, and about 90 of them are taken before its first poll. Server and client share this process. */
const MEBIBYTES = 96;
let served: Served;
afterEach(() => served.close());

/** What one look at a CCE that behaves like this observes, how long it took, and what memory it held on to. */
async function pollAt(listener: RequestListener, deadlineMs = 600) {
  served = await serve(listener);
  const client = clientOf(served.url, { p: { kind: "token", token: TOKEN } });
  const began = performance.now();
  const before = process.memoryUsage().rss;
  const seen = await client.poll({ project: "p", jobId: "j" }, { deadlineMs });
  const tookMs = performance.now() - began;
  return { seen, tookMs, grownBytes: process.memoryUsage().rss - before };
}

const HOSTILE: Record<string, RequestListener> = {
  "a body without end": (_, response) => {
    const chunk = Buffer.alloc(65_536, "x");
    const more = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on("drain", more).on("error", () => {});
    more();
  },
  "a body that stops half-way": (_, response) => {
    response.writeHead(200, { "content-length": "1000" }).write('{"kind":"Job"');
    response.socket?.end();
  },
  "headers and then nothing": (_, response) => response.writeHead(200).flushHeaders(),
  "bytes that are no UTF-8": (_, response) => response.end(Buffer.from([0xff, 0xfe, 0x00, 0xc3])),
  "no HTTP at all": (request) => request.socket.end("SSH-2.0-OpenSSH_9.6\r\n"),
};

describe("a look at a hostile CCE", () => {
  it.each(Object.keys(HOSTILE))("ends in time as unavailable: %s", async (name) => {
    const { seen, tookMs } = await pollAt(HOSTILE[name] ?? (() => {}));
    expect(seen.kind).toBe("unavailable");
    expect(tookMs).toBeLessThan(3000);
  });

  it("reads no more than its limit of a body without end, however fast it comes", async () => {
    let sent = 0;
    const chunk = Buffer.alloc(1_048_576, "x");
    const { seen, tookMs, grownBytes } = await pollAt((_, response) => {
      const more = () => {
        while (!response.destroyed && sent < 1024 * MAX_BODY_BYTES && response.write(chunk))
          sent += chunk.length;
      };
      response.on("drain", more).on("error", () => {});
      more();
    }, 20_000);
    expect(seen.kind).toBe("unavailable");
    expect(tookMs).toBeLessThan(5000);
    expect(sent).toBeLessThan(16 * MAX_BODY_BYTES);
    expect(grownBytes).toBeLessThan(MEBIBYTES * 1_048_576);
  });

  it("does not unpack what it has not asked to be packed", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1_048_576, " "));
    const { seen, grownBytes } = await pollAt((request, response) => {
      expect(request.headers["accept-encoding"]).toBe("identity");
      response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
    }, 5000);
    expect(seen.kind).toBe("unavailable");
    expect(grownBytes).toBeLessThan(MEBIBYTES * 1_048_576);
  });

  it("takes headers beyond all measure for a failure", async () => {
    const { seen } = await pollAt((_, response) =>
      response.writeHead(200, { "x-long": "x".repeat(200_000) }).end("{}"),
    );
    expect(seen.kind).toBe("unavailable");
  });

  it.each([
    [
      "20,000 subjobs",
      JSON.stringify({ kind: "Job", spec: { subJobs: Array(20_000).fill({ kind: "Job" }) } }),
    ],
    ["200 levels", nested(200)],
    ["100,000 levels", nested(100_000)],
    ["a body just within the limit", `{"kind":"Job"${" ".repeat(MAX_BODY_BYTES - 16)}}`],
  ])("reads a job with %s in bounded memory", async (_, body) => {
    const { seen, grownBytes } = await pollAt((_, response) => response.end(body), 10_000);
    expect(seen.kind).toBe("job");
    expect(grownBytes / 1_048_576).toBeLessThan(MEBIBYTES);
  });

  it.each([
    ["over the limit", `{"kind":"Job"${" ".repeat(MAX_BODY_BYTES)}}`],
    ["with its status before what is over the limit", jobWith(`"${"x".repeat(MAX_BODY_BYTES)}"`)],
    ["of millions of values", jobWith(`[${"{},".repeat(MAX_BODY_BYTES / 3 - 100)}{}]`)],
  ])("says of a job %s that it is too large, and reads nothing from it", async (_, body) => {
    const { seen, grownBytes } = await pollAt((_, response) => response.end(body), 10_000);
    expect(seen).toEqual({
      kind: "unavailable",
      text: "CCE's answer is larger than any job's: over 12 MiB or 600000 values",
    });
    expect(grownBytes / 1_048_576).toBeLessThan(MEBIBYTES);
  });
});

function jobWith(rest: string): string {
  return `{"kind":"Job","status":{"phase":"Success"},"rest":${rest}}`;
}

function nested(levels: number): string {
  return `${'{"kind":"Job","spec":{"subJobs":['.repeat(levels - 1)}{"kind":"Job"}${"]}}".repeat(levels - 1)}`;
}
