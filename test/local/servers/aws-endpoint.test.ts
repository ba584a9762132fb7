import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { connect } from "node:net";
import { startAwsEndpoint } from "../../../local/servers/aws-endpoint.ts";
import { type LocalServer, listenLocally } from "../../../local/servers/local-server.ts";

/** Answers with the method, the target and the body of the request. */
const echo: RequestListener = async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  response.statusCode = 202;
  response.setHeader("content-type", "application/x-amz-json-1.0");
  const target = request.headers["x-amz-target"];
  response.end(JSON.stringify([request.method, request.url, target, Buffer.concat(chunks).toString()]));
};

const NO_UPSTREAM = "http://127.0.0.1:1";
const call = { method: "POST", headers: { "x-amz-target": "DynamoDB_20120810.PutItem" }, body: '{"a":"ä"}' };

let parts: LocalServer[] = [];
afterEach(async () => {
  for (const part of parts.reverse()) await part.stop();
  parts = [];
});

async function startEndpoint(upstream: string, upstreamListener: RequestListener | null) {
  const endpoint = await startAwsEndpoint({ service: "dynamodb", upstream, upstreamListener, rules: [] });
  parts.push(endpoint);
  return endpoint;
}

describe("an AWS endpoint", () => {
  it("gives the same answer from a server in this process as from a server behind a connection", async () => {
    const upstream = await listenLocally(createServer(echo));
    parts.push(upstream);
    const answers = [];
    for (const endpoint of [
      await startEndpoint(upstream.url, null),
      await startEndpoint(NO_UPSTREAM, echo),
    ]) {
      const response = await fetch(`${endpoint.url}/?a=1`, call);
      const type = response.headers.get("content-type");
      answers.push([response.status, type, await response.json()]);
    }
    const body = ["POST", "/?a=1", "DynamoDB_20120810.PutItem", '{"a":"ä"}'];
    expect(answers).toEqual(Array(2).fill([202, "application/x-amz-json-1.0", body]));
  });

  it("waits at its stop until a running call of a server in this process has ended", async () => {
    const started = Promise.withResolvers<() => void>();
    const endpoint = await startEndpoint(NO_UPSTREAM, (_request, response) =>
      started.resolve(() => response.end("{}")),
    );
    const answer = fetch(endpoint.url, call).catch(() => "no answer");
    const finish = await started.promise;
    let hasStopped = false;
    const stopped = endpoint.stop().then(() => {
      hasStopped = true;
    });
    expect(await answer).toBe("no answer");
    await new Promise(setImmediate);
    expect(hasStopped).toBe(false);
    finish();
    await stopped;
  });

  it("does not wait at its stop for the rest of an incomplete request", async () => {
    const endpoint = await startEndpoint(NO_UPSTREAM, echo);
    const { hostname, port } = new URL(endpoint.url);
    const socket = connect(Number(port), hostname).on("error", () => {});
    socket.write(
      `POST / HTTP/1.1\r\nHost: ${hostname}\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n`,
    );
    await once(socket, "data");
    await endpoint.stop();
    socket.destroy();
  });
});
