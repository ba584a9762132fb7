import { createServer, get } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { startDynamo } from "../../../local/servers/dynamodb.ts";
import { listenLocally } from "../../../local/servers/local-server.ts";
import { startSqs } from "../../../local/servers/start-sqs.ts";

/** Sends a GET request with the given header Host. Returns the status and the body. */
function request(url: string, host: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { host }, agent: false }, (response) =>
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject),
    ).on("error", reject);
  });
}

const OTHER_HOSTS = [
  "evil.example",
  "127.0.0.1.evil.example",
  "localhost.evil.example:80",
  "10.0.0.1",
  "[::2]",
];

test.each([{ anyHost: false }, { anyHost: true }])(
  "a local server with %j answers its own host names",
  async (options) => {
    const server = createServer((_, response) => response.end("mine"));
    const { url, stop } = await listenLocally(server, 0, options);
    const { port } = new URL(url);
    for (const host of [
      "127.0.0.1",
      `127.0.0.1:${port}`,
      "LOCALHOST",
      `localhost:${port}`,
      "[::1]",
      "127.1.2.3:1",
    ])
      expect(await request(url, host)).toEqual({ status: 200, body: "mine" });
    for (const host of OTHER_HOSTS)
      expect([host, (await request(url, host)).status]).toEqual([host, options.anyHost ? 200 : 421]);
    await stop();
  },
);

test.each([
  ["refuses an absolute URL with another host", "http://evil.example/", ["127.0.0.1"], 421],
  ["answers an absolute URL with its own host", "http://127.0.0.1:80/", ["localhost"], 200],
  ["refuses a second header Host with another host", "/", ["127.0.0.1", "evil.example"], 421],
  ["answers two headers Host with its own hosts", "/", ["127.0.0.1", "localhost:80"], 200],
  ["refuses an empty header Host", "/", [""], 421],
])("a local server %s", async (_, target, hosts, status) => {
  const server = createServer((_request, response) => response.end("mine"));
  const { url, stop } = await listenLocally(server);
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const headers = hosts.map((host) => `Host: ${host}\r\n`).join("");
  socket.write(`GET ${target} HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`);
  const answer = await text(socket);
  await stop();
  expect(answer.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
});

test.each([
  ["SQS", () => startSqs("eu-central-1")],
  ["DynamoDB", () => startDynamo("eu-central-1", null)],
])("the local %s server refuses other host names", async (_, start) => {
  const server = await start();
  for (const host of OTHER_HOSTS)
    expect([host, (await request(server.url, host)).status]).toEqual([host, 421]);
  expect((await request(server.url, new URL(server.url).host)).status).not.toBe(421);
  await server.stop();
});
