import { brotliCompressSync, gzipSync } from "node:zlib";
import { Webhook } from "standardwebhooks";
import { attemptDeliveryWithFallback, maskedAnswerExcerpt } from "../../../lib/channels/attempt-delivery.ts";
import type { NotificationContent } from "../../../lib/channels/channel.ts";
import { Target, type TargetKind } from "../../../lib/channels/registry.ts";
import { getCachedSecretMask } from "../../../lib/domain/cached-secret-mask.ts";
import { Secret } from "../../../lib/domain/secret.ts";
import type { EgressOptions } from "../../../lib/http/egress.ts";
import fc from "../../support/properties.ts";
import { type Answering, type Received, startReceiver, startTcp } from "../http/support/receiver.ts";
import { CHAT_KINDS, format, KINDS, SAMPLES } from "./samples.ts";
import {
  attempt,
  attemptUntilTimeLimit,
  CONTENT,
  closeAll,
  closeLater,
  egress,
  NOW,
} from "./support/attempts.ts";
import { targetOf, WHSEC } from "./support/targets.ts";

afterEach(closeAll);

/** The body of a response of success with the HTTP status 200. */
const SUCCESS: Record<TargetKind, string> = {
  slack: "ok",
  webhook: "",
  feishu: '{"code":0}',
  dingtalk: '{"errcode":0}',
  wecom: '{"errcode":0}',
  teams: "",
  discord: '{"id":"1"}',
};

/** The HTTP status and the body with which a chat refuses the content or the size of a message. */
const REFUSALS: Record<Exclude<TargetKind, "webhook">, readonly [status: number, body: string]> = {
  slack: [400, "msg_blocks_too_long"],
  feishu: [400, '{"code":9499,"msg":"Bad Request"}'],
  dingtalk: [200, '{"errcode":430101,"errmsg":"unSafe URL"}'],
  wecom: [200, '{"errcode":40058,"errmsg":"content exceed max length"}'],
  teams: [400, '{"error":{"code":"TriggerInputSchemaMismatch"}}'],
  discord: [400, '{"message":"Invalid Form Body","code":50035}'],
};

/** Makes one delivery attempt to a webhook whose server writes `answer` and closes the connection. */
async function attemptRaw(answer: string) {
  const server = await startTcp((socket) => socket.once("data", () => socket.end(answer)));
  closeLater(server);
  const target = targetOf("webhook", `http://127.0.0.1:${server.port}/`);
  return attempt("webhook", (_, response) => response.end(), { target });
}

const payloadFor = (to: Target, content: NotificationContent) =>
  JSON.parse(JSON.stringify(format(to, content).payload));

describe("deliver", () => {
  it.each(KINDS)(
    "posts the message to %s as JSON and asks for an answer without compression",
    async (kind) => {
      const { result, received } = await attempt(kind, (_, response) => response.end(SUCCESS[kind]));
      expect(result).toMatchObject({ verdict: "delivered", status: 200, spent: true, answer: SUCCESS[kind] });
      expect(received).toHaveLength(1);
      expect(received[0]?.path.startsWith("/hook?key=a%20b")).toBe(true);
      expect(received[0]?.headers).toMatchObject({
        "content-type": "application/json",
        "accept-encoding": "identity",
        "user-agent": expect.stringContaining("cce-job-notifier"),
      });
      const payload = payloadFor(targetOf(kind, "https://hooks.example.com/"), CONTENT);
      expect(JSON.parse(received[0]?.body ?? "")).toMatchObject(payload);
    },
  );

  it("signs the sent bytes of a webhook event, and adds the configured headers", async () => {
    const { received } = await attempt("webhook", (_, response) => response.end());
    const [{ body, headers } = { body: "", headers: {} }] = received;
    const payload = payloadFor(targetOf("webhook", "https://hooks.example.com/"), CONTENT);
    expect(new Webhook(WHSEC).verify(body, headers as Record<string, string>)).toEqual(payload);
    expect(headers).toMatchObject({ "webhook-id": "msg_1", "x-key": "header-value-1" });
  });

  it("sends an unsigned event to a caller's URL when there is no secret", async () => {
    const receiver = await startReceiver((_, response) => response.end());
    closeLater(receiver);
    const url = new Secret(`http://127.0.0.1:${receiver.port}/`);
    const { result } = await attempt("webhook", (_, response) => response.end(), {
      target: { kind: "webhook", url, on: ["failed"], secrets: [], headers: {} },
    });
    expect(result.verdict).toBe("delivered");
    expect(receiver.received[0]?.headers).toHaveProperty("webhook-id", "msg_1");
    expect(receiver.received[0]?.headers).not.toHaveProperty("webhook-signature");
  });

  it("puts the signature into the body for Feishu and into the query for DingTalk", async () => {
    const feishu = await attempt("feishu", (_, response) => response.end(SUCCESS.feishu));
    expect(JSON.parse(feishu.received[0]?.body ?? "")).toEqual({
      timestamp: expect.stringMatching(/^\d{10}$/),
      sign: expect.any(String),
      ...payloadFor(targetOf("feishu", "https://hooks.example.com/"), CONTENT),
    });
    const dingtalk = await attempt("dingtalk", (_, response) => response.end(SUCCESS.dingtalk));
    expect(dingtalk.received[0]?.path).toMatch(/^\/hook\?key=a%20b&timestamp=\d{13}&sign=[^&]+$/);
  });

  it.each(Object.entries(REFUSALS))(
    "sends only the headline as a plain message, exactly once, when %s refuses the content of the message",
    async (name, [status, refusal]) => {
      const kind = name as keyof typeof REFUSALS;
      const answers = [refusal, SUCCESS[kind]];
      const answer: Answering = (_, response) => {
        response.writeHead(answers.length === 2 ? status : 200).end(answers.shift());
      };
      const content: NotificationContent = { kind: "outcome", summary: SAMPLES.failed };
      const { result, received } = await attempt(kind, answer, { content });
      expect(result).toMatchObject({ verdict: "delivered", reason: "simpler_form", status: 200 });
      const { payload, fallback } = format(targetOf(kind, "https://hooks.example.com/"), content);
      const [first, second] = received.map(({ body }) => JSON.parse(body));
      expect(received).toHaveLength(2);
      expect(first).toMatchObject(JSON.parse(JSON.stringify(payload)));
      expect(second).toMatchObject(JSON.parse(JSON.stringify(fallback)));
      expect(JSON.stringify(second)).not.toMatch(
        /https:(?!\/\/adaptivecards)|blocks|"markdown"|embeds|actions/,
      );
    },
  );

  it.each(Object.entries(REFUSALS))(
    "rejects the notification when %s also refuses the plain message",
    async (name, [status, refusal]) => {
      const { result, received } = await attempt(name as keyof typeof REFUSALS, (_, response) =>
        response.writeHead(status).end(refusal),
      );
      expect(result).toMatchObject({ verdict: "rejected", reason: "payload_refused", status });
      expect(received).toHaveLength(2);
    },
  );

  it("sends the plain message when a proxy refuses the size of the message", async () => {
    const answer: Answering = ({ body }, response) => {
      if (body.includes("blocks")) response.writeHead(413).end("<html>Request Entity Too Large</html>");
      else response.end("ok");
    };
    expect((await attempt("slack", answer)).result).toMatchObject({
      verdict: "delivered",
      reason: "simpler_form",
    });
  });

  it("sends a webhook event without failures when the receiver refuses the size of the event", async () => {
    const answer: Answering = ({ body }, response) => {
      response.writeHead(JSON.parse(body).data.failures.length > 0 ? 413 : 204).end();
    };
    const content: NotificationContent = { kind: "outcome", summary: SAMPLES.failed };
    const { result, received } = await attempt("webhook", answer, { content });
    expect(result).toMatchObject({ verdict: "delivered", reason: "simpler_form" });
    const [first, second] = received;
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    for (const { body, headers } of received)
      new Webhook(WHSEC).verify(body, headers as Record<string, string>);
  });

  it("does not send the plain message when the chat refuses the sender", async () => {
    const { received } = await attempt("feishu", (_, response) =>
      response.end('{"code":19024,"msg":"Key Words Not Found"}'),
    );
    expect(received).toHaveLength(1);
  });

  it("sends a new signature exactly once when DingTalk answers that the timestamp is too old", async () => {
    let answers = ['{"errcode":310000,"errmsg":"invalid timestamp"}', '{"errcode":0}'];
    const answer: Answering = (_, response) => response.end(answers.shift());
    expect((await attempt("dingtalk", answer)).result.verdict).toBe("delivered");
    answers = Array.from({ length: 3 }, () => '{"errcode":310000,"errmsg":"invalid timestamp"}');
    const { result, received } = await attempt("dingtalk", answer);
    expect(result).toMatchObject({ verdict: "rejected", reason: "stale_timestamp" });
    expect(received).toHaveLength(2);
  });

  it.each<[TargetKind, Answering, (request: Received) => number]>([
    [
      "dingtalk",
      (_, response) => response.end('{"errcode":310000,"errmsg":"invalid timestamp"}'),
      ({ path }) => Number(new URLSearchParams(path.split("?")[1]).get("timestamp")),
    ],
    [
      "feishu",
      (_, response) => response.end(REFUSALS.feishu[1]),
      ({ body }) => Number(JSON.parse(body).timestamp) * 1000,
    ],
    [
      "webhook",
      (_, response) => response.writeHead(413).end(),
      ({ headers }) => Number(headers["webhook-timestamp"]) * 1000,
    ],
  ])("signs the second request to %s with the time of the second request", async (kind, answer, timeOf) => {
    const elapsedMs = [0, 0, 3000];
    const { received } = await attempt(kind, answer, {
      content: { kind: "outcome", summary: SAMPLES.failed },
      now: 1_700_000_000_000,
      monotonic: () => elapsedMs.shift() ?? 3000,
    });
    expect(received.map(timeOf)).toEqual([1_700_000_000_000, 1_700_000_003_000]);
  });

  it("stops at the time limit in the middle of a chat's answer, with the verdict retry", async () => {
    const result = await attemptUntilTimeLimit("slack", (_, response) => response.writeHead(200).write("."));
    expect(result).toMatchObject({ verdict: "retry", reason: "timeout", status: 200, spent: true });
  });

  it.each<[string, Answering]>([
    ["chunked body that never ends", (_, response) => response.writeHead(202).write("a")],
    [
      "body shorter than its content-length",
      (_, response) => response.writeHead(202, { "content-length": 9 }).end("a", () => response.destroy()),
    ],
    ["broken gzip body", (_, response) => response.writeHead(202, { "content-encoding": "br" }).end("a")],
  ])("a webhook's status 202 decides before a %s: the notification is delivered", async (_, answer) => {
    const result = await attemptUntilTimeLimit("webhook", answer);
    expect(result).toMatchObject({ verdict: "delivered", reason: "ok", status: 202 });
  });

  it.each<[TargetKind, number, string, string]>([
    ["slack", 200, "ok", "ok"],
    ["teams", 202, "", "accepted"],
    ["feishu", 200, SUCCESS.feishu, "ok"],
  ])("counts as delivered when %s answers %i with '%s', and the body never ends", async (kind, ...row) => {
    const [status, body, reason] = row;
    const answer: Answering = (_, response) => response.writeHead(status).write(body || "\u0000");
    const result = await attemptUntilTimeLimit(kind, answer);
    expect(result).toMatchObject({ verdict: "delivered", reason, status });
  });

  it.each<[TargetKind, number, string]>([
    ["slack", 200, ""],
    ["slack", 404, "no_ser"],
    ["teams", 200, ""],
    ["discord", 200, '{"id":"1'],
  ])("tries again when %s answers %i with '%s', and the body breaks off", async (kind, status, body) => {
    const answer: Answering = (_, response) =>
      response.writeHead(status, { "content-length": 99 }).end(body, () => response.destroy());
    const { result } = await attempt(kind, answer);
    expect(result).toMatchObject({ verdict: "retry", reason: "connection_failed", status });
  });

  it("does not take a body of Teams that cannot be decoded for an empty body", async () => {
    const { result } = await attempt("teams", (_, response) =>
      response.writeHead(200, { "content-encoding": "br" }).end("a"),
    );
    expect(result).toMatchObject({ verdict: "retry", reason: "unreadable_answer", status: 200 });
  });

  it("heeds the status and Retry-After of an answer whose body breaks off", async () => {
    const busy: Answering = (_, response) =>
      response
        .writeHead(503, { "retry-after": "40", "content-length": 9 })
        .end("a", () => response.destroy());
    for (const kind of ["webhook", "slack"] as const)
      expect((await attempt(kind, busy)).result).toMatchObject({
        verdict: "retry",
        reason: "server_error",
        afterSeconds: 40,
        status: 503,
      });
  });

  it("reads a chat's answer that is compressed or starts with a byte order mark", async () => {
    const [gzip, br] = [gzipSync(SUCCESS.feishu), brotliCompressSync(SUCCESS.feishu)];
    const answers: Answering[] = [
      (_, response) => response.setHeader("content-encoding", "gzip").end(gzip),
      (_, response) => response.setHeader("content-encoding", "br").end(br),
      (_, response) => response.end(`\ufeff${SUCCESS.feishu}`),
    ];
    for (const answer of answers)
      expect((await attempt("feishu", answer)).result).toMatchObject({
        verdict: "delivered",
        answer: SUCCESS.feishu,
      });
  });

  it.each([
    ["feishu", '{"StatusCode":0,"code":0,"data":{},"msg":"suc', "delivered"],
    ["dingtalk", '{"errcode":0,"errm', "delivered"],
    ["discord", '{"id":"12","type":0', "delivered"],
    ["discord", '{"type":0,"content":"x","id":"1', "delivered"],
    ["feishu", '{"code":0', "retry"],
    ["feishu", '{"code":19001,"msg":"inv', "retry"],
    ["feishu", '{"data":{"code":0,"a":', "retry"],
    ["slack", "o,k", "retry"],
  ] as const)(
    "reads the complete fields of %s in a response that ends early: %s",
    async (kind, body, verdict) => {
      const answer: Answering = (_, response) =>
        response.writeHead(200, { "content-length": 999 }).end(body, () => response.destroy());
      expect((await attempt(kind, answer)).result).toMatchObject({ verdict, status: 200 });
    },
  );

  it("accepts a message object of Discord that is longer than the part that the service reads", async () => {
    const message = JSON.stringify({ type: 0, content: "x".repeat(20_000), id: "12" });
    const { result } = await attempt("discord", (_, response) => response.end(message));
    expect(result).toMatchObject({ verdict: "delivered", status: 200 });
  });

  it.each([
    ["bare line feeds", "HTTP/1.1 200 OK\ncontent-length: 2\n\nok"],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["another protocol", "SSH-2.0-OpenSSH_9.6\r\n"],
    ["a head of more than 64 KiB", `HTTP/1.1 200 OK\r\nx-a: ${"a".repeat(70_000)}\r\n\r\n`],
  ])("calls an answer with %s invalid HTTP", async (_, answer) => {
    const { result } = await attemptRaw(answer);
    expect(result).toMatchObject({ verdict: "retry", reason: "invalid_http", status: null });
  });

  it("reads a head of up to 64 KiB", async () => {
    const head = `HTTP/1.1 204 OK\r\nx-a: ${"a".repeat(60_000)}\r\n\r\n`;
    expect((await attemptRaw(head)).result).toMatchObject({ verdict: "delivered", status: 204 });
  });

  it("gives the second message only the rest of the time limit", async () => {
    const elapsedMs = [0, 0, 5000];
    const { result, received } = await attempt(
      "slack",
      (_, response) => response.writeHead(400).end(REFUSALS.slack[1]),
      {
        content: { kind: "outcome", summary: SAMPLES.failed },
        monotonic: () => elapsedMs.shift() ?? 5000,
      },
    );
    expect(received).toHaveLength(1);
    expect(result).toMatchObject({ verdict: "retry", reason: "timeout" });
  });

  it.each([
    ["reads a response of 16 KiB", 16_384, "timeout"],
    ["does not wait for the end of a response of more than 16 KiB", 16_385, "unreadable_answer"],
  ])("%s", async (_, bytes, reason) => {
    const { result } = await attempt(
      "slack",
      (_, response) => response.writeHead(200).write("x".repeat(bytes)),
      {
        timeLimitMs: 1000,
      },
    );
    expect(result).toMatchObject({ reason });
  });

  it("measures the duration with the given clock", async () => {
    const ticks = [1000, 1000, 1250, 1250];
    const { result } = await attempt("webhook", (_, response) => response.end(), {
      monotonic: () => ticks.shift() ?? 1250,
    });
    expect(result.durationMs).toBe(250);
  });

  it.each([
    ["egress_scheme", "http://receiver.example.net/hook"],
    ["egress_port", "https://receiver.example.net:444/hook"],
    ["egress_literal_address", "https://10.0.0.1/hook"],
    ["egress_private_name", "https://router/hook"],
    ["egress_private_address", "https://receiver.example.net/hook"],
  ] as const)(
    "rejects an address that must not be called, with the egress rule %s as the reason",
    async (reason, url) => {
      const lookup: EgressOptions["lookup"] = (_name, _options, done) =>
        done(null, [
          { address: "93.184.216.34", family: 4 },
          { address: "10.0.0.1", family: 4 },
        ]);
      const result = await attemptDeliveryWithFallback({
        target: targetOf("webhook", url),
        content: CONTENT,
        webhookId: "msg_1",
        now: NOW,
        timeLimitMs: 5000,
        allow: [],
        mask: (text) => text,
        egress: egress([], { lookup }),
      });
      expect(result).toMatchObject({ verdict: "rejected", reason, status: null, answer: "" });
    },
  );

  it("reuses the connections of the allow list when no egress is given", async () => {
    const { result } = await attempt("webhook", (_, response) => response.end(), {
      allow: ["127.0.0.1"],
      egress: undefined,
    });
    expect(result.verdict).toBe("delivered");
  });
});

const masked = (text: string, of: Target, isTruncated = false) =>
  maskedAnswerExcerpt({ text, isTruncated }, getCachedSecretMask(of));

const KEY = Buffer.alloc(24, 7).toString("base64");
const target = Target.parse({
  kind: "webhook",
  url: "https://receiver.example.net/hooks/T0123456/abc+def?sig=a%2Fb%26cdefgh&v=1",
  secrets: [`whsec_${KEY}`],
  headers: { authorization: 'Bearer tok-en/"1"', "x-flag": "on" },
});

describe("a masked answer", () => {
  it.each([
    ["the whole URL", "https://receiver.example.net/hooks/T0123456/abc+def?sig=a%2Fb%26cdefgh&v=1"],
    ["path and query", "/hooks/T0123456/abc+def?sig=a%2Fb%26cdefgh&v=1"],
    ["only the path", "/hooks/T0123456/abc+def"],
    ["a long part of the path", "T0123456"],
    ["a long value of the query, decoded", "a/b&cdefgh"],
    ["the query, escaped for HTML", "sig=a%2Fb%26cdefgh&amp;v=1"],
    ["the path in JSON with escaped slashes", "\\/hooks\\/T0123456\\/abc+def"],
    ["the path, encoded for a query", encodeURIComponent("/hooks/T0123456/abc+def")],
    ["the secret", `whsec_${KEY}`],
    ["the signing key without the prefix", KEY],
    ["a header", 'Bearer tok-en/"1"'],
    ["a header in JSON", 'Bearer tok-en/\\"1\\"'],
    ["the last word of a header", 'tok-en/"1"'],
    ["a secret split by a line break", `whsec_${KEY.slice(0, 5)}\r\n  ${KEY.slice(5)}`],
    ["a header with a line break in place of its space", 'Bearer\ntok-en/"1"'],
    ["capital letters", "/HOOKS/T0123456/ABC+DEF"],
    ["a secret that contains control characters", `whsec_\u0000${KEY.slice(0, 5)}\u200b${KEY.slice(5)}`],
  ])("does not contain %s", (_, echo) => {
    expect(masked(`got ${echo} here`, target)).toMatch(/^got (<secret>)+ here$/);
  });

  it("shows text that is not secret in one readable line", () => {
    expect(masked("  no\r\nsuch\thook \u001b[31mred on v=1 ", target)).toBe("no such hook [31mred on v=1");
  });

  it("has at most 200 whole characters after masking", () => {
    const text = masked(`${"😀".repeat(198)}whsec_${KEY}`, target);
    expect([...text]).toHaveLength(200);
    expect(text.endsWith("😀<s")).toBe(true);
  });

  it("does not end with the first part of a secret when the answer was truncated", () => {
    const beginning = `whsec_${KEY}`.slice(0, -1);
    expect(masked(`whsec_${KEY} ${beginning}`, target, true)).not.toContain("whsec_");
    expect(masked(`${"\u0000".repeat(16_000)}${beginning}`, target, true)).toBe("");
    expect(masked(`${"x".repeat(16_000)} ${beginning}`, target, true)).toBe("x".repeat(200));
  });

  it("contains no secret at any position in the answer", () => {
    const secrets = ["/hooks/T0123456", `whsec_${KEY}`, KEY, "tok-en", "cdefgh"];
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom(...secrets.slice(1, 3)),
        fc.string(),
        (before, secret, after) => {
          return !masked(before + secret + after, target).includes(secret);
        },
      ),
    );
  });

  it.each(CHAT_KINDS)("does not contain the URL of %s", (kind) => {
    const chat = Target.parse({ kind, url: "https://chat.example.net/hook?key=0123-4567-89ab" });
    expect(masked("bad key 0123-4567-89ab at /hook?key=0123-4567-89ab", chat)).toBe(
      "bad key <secret> at <secret>",
    );
  });

  it.each(["feishu", "dingtalk"] as const)("does not contain the secret of %s", (kind) => {
    const chat = Target.parse({ kind, url: "https://chat.example.net/", secret: "SEC1" });
    expect(masked("not SEC1", chat)).toBe("not <secret>");
  });
});
