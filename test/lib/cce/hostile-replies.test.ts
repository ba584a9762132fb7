import type { RequestListener } from "node:http";
import { gzipSync } from "node:zlib";
import { jest } from "@jest/globals";
import { MAX_BODY_BYTES } from "../../../lib/cce/send-cce-request.ts";
import { eventually } from "../../support/eventually.ts";
import { fakeTimeouts, resultOrWaits } from "../../support/fake-timeouts.ts";
import { clientOf, type Served, serve } from "./harness.ts";

const TOKEN = "fixedtokenexample";
/**
 * The maximum growth of memory by one query. A function has 256 MiB, and uses about 90 MiB before the first poll. The
 * test's server and client share one process.
 */
const MAX_GROWTH_MIB = 96;
/** A time limit that no query reaches, even if other programs make the query slow. */
const AMPLE_MS = 60_000;
const SMALL_JOB = '{"kind":"Job"}';
let served: Served;
afterEach(async () => {
  jest.useRealTimers();
  await served.close();
});

/** Queries a job from a server with this listener. Returns the observation and the growth of memory. */
async function queryAt(listener: RequestListener, timeLimitMs = 600) {
  let skippedMs = 0;
  served = await serve((request, response) => {
    if (!request.url?.endsWith("/slow")) return listener(request, response);
    skippedMs += timeLimitMs;
    response.end(SMALL_JOB);
  });
  const monotonic = () => performance.now() + skippedMs;
  const client = clientOf(served.url, { p: { kind: "token", token: TOKEN } }, { monotonic });
  // After a slow reply, the client gives the next request at least `timeLimitMs`.
  await client.queryJob({ project: "p", jobId: "slow" }, { timeLimitMs });
  const before = process.memoryUsage().rss;
  const observation = await client.queryJob({ project: "p", jobId: "j" }, { timeLimitMs });
  return { observation, grownBytes: process.memoryUsage().rss - before };
}

const HOSTILE: Record<string, RequestListener> = {
  "an endless body": (_, response) => {
    const chunk = Buffer.alloc(65_536, "x");
    const more = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on("drain", more).on("error", () => {});
    more();
  },
  "a body that stops in the middle": (_, response) => {
    response.writeHead(200, { "content-length": "1000" }).write('{"kind":"Job"');
    response.socket?.end();
  },
  "bytes that are not UTF-8": (_, response) => response.end(Buffer.from([0xff, 0xfe, 0x00, 0xc3])),
  "no HTTP at all": (request) => request.socket.end("SSH-2.0-OpenSSH_9.6\r\n"),
};

describe("a query of a hostile CCE", () => {
  it.each(Object.keys(HOSTILE))("ends as unavailable before its time limit: %s", async (name) => {
    fakeTimeouts();
    const { observation } = await queryAt(HOSTILE[name] ?? (() => {}));
    expect(observation.kind).toBe("unavailable");
  });

  it("ends as unavailable at its time limit: headers without a body", async () => {
    fakeTimeouts();
    let isHanging = false;
    const queried = queryAt((_, response) => {
      response.writeHead(200).flushHeaders();
      isHanging = true;
    });
    await eventually("the request", () => isHanging);
    jest.advanceTimersByTime(599);
    expect(await resultOrWaits(queried)).toBe("waits");
    jest.advanceTimersByTime(1);
    expect(await resultOrWaits(queried)).toMatchObject({ observation: { kind: "unavailable" } });
  });

  it("reads an endless body only up to the limit", async () => {
    let sent = 0;
    const chunk = Buffer.alloc(1_048_576, "x");
    const { observation, grownBytes } = await queryAt((_, response) => {
      const more = () => {
        while (!response.destroyed && sent < 1024 * MAX_BODY_BYTES && response.write(chunk))
          sent += chunk.length;
      };
      response.on("drain", more).on("error", () => {});
      more();
    }, AMPLE_MS);
    expect(observation).toEqual({
      kind: "unavailable",
      text: expect.stringContaining("larger than any job"),
    });
    expect(sent).toBeLessThan(16 * MAX_BODY_BYTES);
    expect(grownBytes).toBeLessThan(MAX_GROWTH_MIB * 1_048_576);
  });

  it("does not decompress a reply, because it requested no compression", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1_048_576, " "));
    const { observation, grownBytes } = await queryAt((request, response) => {
      expect(request.headers["accept-encoding"]).toBe("identity");
      response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
    }, AMPLE_MS);
    expect(observation.kind).toBe("unavailable");
    expect(grownBytes).toBeLessThan(MAX_GROWTH_MIB * 1_048_576);
  });

  it("reads a reply with huge headers as unavailable", async () => {
    const { observation } = await queryAt((_, response) =>
      response.writeHead(200, { "x-long": "x".repeat(200_000) }).end("{}"),
    );
    expect(observation.kind).toBe("unavailable");
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
    const { observation, grownBytes } = await queryAt((_, response) => response.end(body), AMPLE_MS);
    expect(observation).toMatchObject({ kind: "job" });
    expect(grownBytes / 1_048_576).toBeLessThan(MAX_GROWTH_MIB);
  });

  it.each([
    ["over the limit", `{"kind":"Job"${" ".repeat(MAX_BODY_BYTES)}}`],
    ["with its status before the limit", jobWith(`"${"x".repeat(MAX_BODY_BYTES)}"`)],
    ["of millions of values", jobWith(`[${"{},".repeat(MAX_BODY_BYTES / 3 - 100)}{}]`)],
  ])("reads a job %s as too large and uses no part of the reply", async (_, body) => {
    const { observation, grownBytes } = await queryAt((_, response) => response.end(body), AMPLE_MS);
    expect(observation).toEqual({
      kind: "unavailable",
      text: "CCE's reply is larger than any job: over 12 MiB or 600000 values",
    });
    expect(grownBytes / 1_048_576).toBeLessThan(MAX_GROWTH_MIB);
  });
});

function jobWith(rest: string): string {
  return `{"kind":"Job","status":{"phase":"Success"},"rest":${rest}}`;
}

function nested(levels: number): string {
  return `${'{"kind":"Job","spec":{"subJobs":['.repeat(levels - 1)}{"kind":"Job"}${"]}}".repeat(levels - 1)}`;
}
