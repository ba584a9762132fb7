import { inspect } from "node:util";
import { attemptDeliveryWithFallback } from "../../../lib/channels/attempt-delivery.ts";
import type { TargetKind } from "../../../lib/channels/registry.ts";
import { getCachedSecretMask } from "../../../lib/domain/cached-secret-mask.ts";
import { createEgress } from "../../../lib/http/egress.ts";
import { hangUp } from "../http/support/hang-up.ts";
import { type Answering, startReceiver, startTcp } from "../http/support/receiver.ts";
import { KINDS } from "./samples.ts";
import { targetOf, WHSEC } from "./support/targets.ts";

const PATH = "/services/T0SECRET1/B0SECRET2/token-secret-3";
const QUERY = "key=query-secret-4";
const SECRETS = [
  PATH,
  "T0SECRET1",
  "token-secret-3",
  "query-secret-4",
  "chat-secret-1",
  "header-value-1",
  WHSEC,
];

/** A receiver that answers with the complete request. */
const echo =
  (status: number): Answering =>
  ({ path, headers, body }, response) =>
    response.writeHead(status).end(`${path} ${JSON.stringify(headers)} ${WHSEC} chat-secret-1 ${body}`);

interface Ending {
  readonly port: number;
  close(): unknown;
}

const endings: [string, () => Promise<Ending>][] = [
  ...[200, 302, 400, 404, 410, 429, 500].map((status): [string, () => Promise<Ending>] => [
    `an echo under ${status}`,
    () => startReceiver(echo(status)),
  ]),
  ["a closed connection", () => startTcp((socket) => socket.destroy())],
  ["no answer", () => startTcp(() => undefined)],
  ["bytes that are not HTTP", () => startTcp((socket) => socket.end("noise\r\n\r\n"))],
  [
    "a closed port",
    async () => {
      const { port, close } = await startTcp(() => undefined);
      await close();
      return { port, close: () => undefined };
    },
  ],
];

async function attempt(kind: TargetKind, url: string, allow: readonly string[]) {
  const egress = createEgress(allow, {
    lookup: (_name, _options, done) => done(Object.assign(new Error(`no ${url}`), { code: "ENOTFOUND" }), []),
  });
  const target = targetOf(kind, url);
  const result = await attemptDeliveryWithFallback({
    target,
    content: { kind: "test", target: "audit", caller: "token:ci", at: 0 },
    webhookId: "msg_1",
    now: Date.now(),
    timeLimitMs: 150,
    allow: [],
    mask: getCachedSecretMask(target),
    egress,
  });
  hangUp(egress);
  return `${JSON.stringify(result)} ${inspect(result, { depth: null, showHidden: true })}`;
}

const leaked = (text: string) => SECRETS.filter((secret) => text.includes(secret));

describe.each(KINDS)("the result of a delivery attempt to %s", (kind) => {
  it.each(endings)("contains no secret after %s", async (_, start) => {
    const { port, close } = await start();
    const result = await attempt(kind, `http://127.0.0.1:${port}${PATH}?${QUERY}`, ["127.0.0.1"]);
    await close();
    expect(leaked(result)).toEqual([]);
    expect(result).not.toContain(`127.0.0.1:${port}${PATH}`);
  });

  it.each([
    ["a name that is not found", "https://receiver.example.net"],
    ["a plain http URL", "http://receiver.example.net"],
    ["a private address", "https://10.0.0.1"],
    ["an unlisted port", "https://receiver.example.net:1"],
  ])("contains no secret after %s", async (_, origin) => {
    expect(leaked(await attempt(kind, `${origin}${PATH}?${QUERY}`, []))).toEqual([]);
  });
});
