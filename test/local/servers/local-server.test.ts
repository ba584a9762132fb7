import { createServer, get } from "node:http";
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
  ["SQS", () => startSqs("eu-central-1")],
  ["DynamoDB", () => startDynamo("eu-central-1", null)],
])("the local %s server refuses other host names", async (_, start) => {
  const server = await start();
  for (const host of OTHER_HOSTS)
    expect([host, (await request(server.url, host)).status]).toEqual([host, 421]);
  expect((await request(server.url, new URL(server.url).host)).status).not.toBe(421);
  await server.stop();
});
