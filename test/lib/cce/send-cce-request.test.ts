import { once } from "node:events";
import { Agent } from "node:http";
import { jest } from "@jest/globals";
import { renderNodeJob } from "../../../bench/support/sample-jobs.ts";
import {
  createMutex,
  createSenderOfOneLargeReplyAtATime,
  type TextReplyOrFailure,
} from "../../../lib/cce/send-cce-request.ts";
import { createConnections } from "../../../lib/http/connections.ts";
import { fakeTimeouts, resultOrWaits } from "../../support/fake-timeouts.ts";
import { clientOf, type Served, serve } from "./harness.ts";

const NODES = 20_000;
const REPLY = Buffer.from(renderNodeJob(NODES, "Failed"));
const LIMIT = { timeLimitMs: 30_000 };
const client = ({ url }: Served) => clientOf(url, { p: { kind: "token", token: "fixedtokenexample" } });
const queryJob = (at: ReturnType<typeof client>, jobId: string) =>
  at.queryJob({ project: "p", jobId }, LIMIT);

describe("a job with 20,000 subjobs of the documented size", () => {
  let served: Served;
  afterEach(() => served.close());

  it("is read completely", async () => {
    expect(REPLY.length).toBeGreaterThan(9_000_000);
    served = await serve((_, response) => response.end(REPLY));
    const observation = await queryJob(client(served), "j");
    if (observation.kind !== "job") throw new Error(JSON.stringify(observation));
    expect(observation.job.state).toBe("failed");
    expect(observation.job.subJobs).toHaveLength(NODES);
    expect(observation.job.subJobs.at(-10)?.reason).toBe("the node did not become ready in time");
    expect(observation.warnings).toEqual([]);
  });

  it("is read alone among large jobs, in parallel with small jobs, and is requested twice only by the first query", async () => {
    const requested: string[] = [];
    let [running, maxRunning] = [0, 0];
    served = await serve((request, response) => {
      const jobId = request.url?.split("/").at(-1) ?? "";
      const known = requested.includes(jobId);
      requested.push(jobId);
      if (jobId === "small") return void response.end('{"kind":"Job"}');
      // The client reads only the beginning of the first reply for each job, and reads the second reply completely.
      if (known) maxRunning = Math.max(maxRunning, ++running);
      response.on("finish", () => known && running--).end(REPLY);
    });
    const at = client(served);
    const ids = ["a", "b", "c", "small", "d"];
    const queryAll = async () =>
      (await Promise.all(ids.map((id) => queryJob(at, id)))).map(({ kind }) => kind);
    expect(await queryAll()).toEqual(Array(5).fill("job"));
    expect(maxRunning).toBe(1);
    expect(requested).toHaveLength(9);
    expect(await queryAll()).toEqual(Array(5).fill("job"));
    expect(maxRunning).toBe(1);
    expect(requested).toHaveLength(14);
  });

  it("is not requested again when the long reply is not a job", async () => {
    let requested = 0;
    served = await serve((_, response) => {
      requested += 1;
      response.writeHead(502).end(REPLY);
    });
    expect(await queryJob(client(served), "j")).toEqual({
      kind: "unavailable",
      text: "CCE did not return the job (HTTP 502)",
    });
    expect(requested).toBe(1);
  });

  it("stops waiting for other large jobs at the time limit of the query", async () => {
    served = await serve((request, response) => {
      if (request.url?.endsWith("/slow")) return void response.write(REPLY.subarray(0, 1_000_000));
      response.end(REPLY);
    });
    const at = client(served);
    const [slow, fast] = await Promise.all(
      ["slow", "fast"].map((jobId) => at.queryJob({ project: "p", jobId }, { timeLimitMs: 1500 })),
    );
    expect([slow?.kind, fast?.kind]).toEqual(["unavailable", expect.stringMatching("unavailable|job")]);
    expect(await queryJob(at, "next")).toMatchObject({ kind: "job" });
  });
});

describe("createSenderOfOneLargeReplyAtATime", () => {
  const connections = createConnections(65_536);
  let served: Served | undefined;
  afterEach(async () => {
    jest.useRealTimers();
    await served?.close();
  });

  /** A clock whose times are much later than the duration of any request. */
  const monotonic = () => 1e9 + performance.now();

  /** Sends requests to a server, and records what the circuit breaker learns. */
  function createSender({ url }: { readonly url: string }, requestLimitMs = 5000, used = connections) {
    const recorded: (number | "timeout")[] = [];
    const breaker = {
      remainingWaitMs: () => 0,
      waitBeforeQuery: () => 0,
      requestLimitMs: () => requestLimitMs,
      recordReply: (durationMs: number) => recorded.push(durationMs),
      recordTimeout: () => recorded.push("timeout"),
    };
    const send = createSenderOfOneLargeReplyAtATime(monotonic);
    const sendWithin = (timeLimitMs: number, path = "/") =>
      send(
        {
          connections: used,
          method: "GET",
          url: new URL(path, url),
          tls: {},
          headers: {},
          body: null,
        },
        monotonic() + timeLimitMs,
        breaker,
        (result): TextReplyOrFailure | { readonly kind: "too_large" } => result,
      );
    return { recorded, send: (path?: string) => sendWithin(5000, path), sendWithin };
  }

  it("reads a small response with one request, and records how long it took", async () => {
    served = await serve((_, response) => response.writeHead(404, { "x-a": "1" }).end("{}"));
    const { recorded, send } = createSender(served);
    expect(await send()).toMatchObject({ kind: "answer", status: 404, headers: { "x-a": "1" }, body: "{}" });
    expect(recorded).toEqual([expect.any(Number)]);
    expect(recorded[0]).toBeGreaterThan(0);
    expect(recorded[0]).toBeLessThan(5000);
  });

  it.each([
    [256 * 1024, 1, 1],
    [256 * 1024 + 1, 2, 1],
  ])("reads a response of %i bytes with %i requests, and later with %i", async (bytes, first, later) => {
    let requests = 0;
    served = await serve((_, response) => {
      requests += 1;
      response.end("x".repeat(bytes));
    });
    const { recorded, send } = createSender(served);
    for (const expected of [first, first + later]) {
      const result = await send();
      expect(result.kind === "answer" && [result.body.length, result.isTruncated]).toEqual([bytes, false]);
      expect(requests).toBe(expected);
    }
    expect(recorded).toHaveLength(first === 1 ? 2 : 1);
  });

  it.each([
    ["12 MiB", "answer", () => Buffer.alloc(12 * 1024 * 1024, " ")],
    ["over 12 MiB", "too_large", () => Buffer.alloc(12 * 1024 * 1024 + 1, " ")],
    ["600,000 values", "answer", () => `[${",".repeat(599_998)}     `],
    ["over 600,000 values", "too_large", () => `[${",".repeat(600_000)}`],
    ["over 600,000 arrays", "too_large", () => "[".repeat(600_001)],
    ["over 600,000 objects", "too_large", () => "{".repeat(600_001)],
    ["a string of 700,000 characters", "answer", () => "x".repeat(700_000)],
  ])("reads %s: %s", async (_, kind, reply) => {
    const sent = reply();
    served = await serve((_, response) => response.end(sent));
    expect((await createSender(served).send()).kind).toBe(kind);
  });

  it("reads an error that follows a large response as an error, whatever its size", async () => {
    let requests = 0;
    served = await serve((_, response) => {
      requests += 1;
      if (requests === 1) return void response.end(" ".repeat(300_000));
      response.writeHead(502).end("[".repeat(600_001));
    });
    expect(await createSender(served).send()).toMatchObject({ kind: "answer", status: 502 });
    expect(requests).toBe(2);
  });

  it("remembers each URL with a large response", async () => {
    const requested: (string | undefined)[] = [];
    served = await serve(({ url }, response) => {
      requested.push(url);
      response.end(url === "/small" ? "{}" : " ".repeat(256 * 1024 + 1));
    });
    const { send } = createSender(served);
    for (const path of ["/a", "/b", "/small", "/a", "/b", "/small"]) await send(path);
    expect(requested).toEqual(["/a", "/a", "/b", "/b", "/small", "/a", "/b", "/small"]);
  });

  it("reports a network error without a code as UNKNOWN", async () => {
    const http = new Agent();
    http.createConnection = (_, done) => {
      done?.(new Error("no code"), undefined as never);
      return null;
    };
    const used = { ...connections, http };
    const sender = createSender({ url: "http://127.0.0.1:1/" }, 5000, used);
    expect(await sender.send()).toEqual({ kind: "failed", code: "UNKNOWN" });
  });

  it("records a timeout if the service does not answer within the limit of the circuit breaker", async () => {
    served = await serve(() => undefined);
    const { recorded, send } = createSender(served, 30);
    expect(await send()).toEqual({ kind: "failed", code: "DEADLINE_PASSED" });
    expect(recorded).toEqual(["timeout"]);
  });

  it("ends at the deadline of the query if it comes first", async () => {
    served = await serve(() => undefined);
    fakeTimeouts();
    const { recorded, sendWithin } = createSender(served);
    const sent = sendWithin(30);
    await once(served.server, "request");
    jest.advanceTimersByTime(29);
    expect(await resultOrWaits(sent)).toBe("waits");
    jest.advanceTimersByTime(1);
    expect(await resultOrWaits(sent)).toEqual({ kind: "failed", code: "DEADLINE_PASSED" });
    expect(recorded).toEqual(["timeout"]);
  });

  it("records an answer, and no timeout, if the service closes the connection or sends data that it cannot read", async () => {
    served = await serve((_, response) => {
      response.setHeader("content-encoding", "unknown").end("text");
    });
    const unreadable = createSender(served);
    expect(await unreadable.send()).toEqual({ kind: "failed", code: "BODY_UNDECODABLE" });
    const refused = createSender({ url: "http://127.0.0.1:1/" });
    expect(await refused.send()).toEqual({ kind: "failed", code: "ECONNREFUSED" });
    expect([...unreadable.recorded, ...refused.recorded]).toEqual([expect.any(Number), expect.any(Number)]);
  });
});

describe("createMutex", () => {
  it("runs one piece of work at a time, in order, also after a failure", async () => {
    const oneAtATime = createMutex();
    const events: string[] = [];
    const work = (name: string, fails = false) =>
      oneAtATime(async () => {
        events.push(`${name} starts`);
        await Promise.resolve();
        events.push(`${name} ends`);
        if (fails) throw new Error(name);
        return name;
      });
    const settled = await Promise.allSettled([work("a"), work("b", true), work("c")]);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(events).toEqual(["a starts", "a ends", "b starts", "b ends", "c starts", "c ends"]);
  });
});
