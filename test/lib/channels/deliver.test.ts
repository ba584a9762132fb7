import { Webhook } from "standardwebhooks";
import { type Delivery, deliver } from "../../../lib/channels/deliver.ts";
import type { TargetKind } from "../../../lib/channels/targets.ts";
import type { openEgress } from "../../../lib/http/egress.ts";
import { type Answering, startReceiver } from "../http/support/receiver.ts";
import { attempt, closeAll, closeLater, egress, NOW, PAYLOAD } from "./support/attempts.ts";
import { TARGET_KINDS, targetOf, WHSEC } from "./support/targets.ts";

afterEach(closeAll);

const SUCCESS: Record<TargetKind, string> = {
  slack: "ok",
  webhook: "",
  feishu: '{"code":0}',
  dingtalk: '{"errcode":0}',
  wecom: '{"errcode":0}',
  teams: "",
  discord: "",
};

describe("deliver", () => {
  it.each(TARGET_KINDS)("posts the payload to %s as JSON, unpacked answers only", async (kind) => {
    const { attempted, received } = await attempt(kind, (_, response) => response.end(SUCCESS[kind]));
    expect(attempted).toMatchObject({
      verdict: "delivered",
      status: 200,
      spent: true,
      answer: SUCCESS[kind],
    });
    expect(received).toHaveLength(1);
    expect(received[0]?.path.startsWith("/hook?key=a%20b")).toBe(true);
    expect(received[0]?.headers).toMatchObject({
      "content-type": "application/json",
      "accept-encoding": "identity",
      "user-agent": expect.stringContaining("cce-job-notifier"),
    });
    expect(JSON.parse(received[0]?.body ?? "")).toMatchObject(PAYLOAD);
  });

  it("signs for a webhook the very bytes it sends, and adds the operator's headers", async () => {
    const { received } = await attempt("webhook", (_, response) => response.end());
    const [{ body, headers } = { body: "", headers: {} }] = received;
    expect(new Webhook(WHSEC).verify(body, headers as Record<string, string>)).toEqual(PAYLOAD);
    expect(headers).toMatchObject({ "webhook-id": "msg_1", "x-key": "header-value-1" });
  });

  it("sends to a caller's own URL without a signature where there is no secret", async () => {
    const receiver = await startReceiver((_, response) => response.end());
    closeLater(receiver);
    const target = { ...targetOf("webhook", `http://127.0.0.1:${receiver.port}/`), secrets: [], headers: {} };
    const { attempted } = await attempt("webhook", (_, response) => response.end(), {
      target: target as Delivery["target"],
    });
    expect(attempted.verdict).toBe("delivered");
    expect(receiver.received[0]?.headers).toHaveProperty("webhook-id", "msg_1");
    expect(receiver.received[0]?.headers).not.toHaveProperty("webhook-signature");
  });

  it("signs for Feishu in the body and for DingTalk in the query", async () => {
    const feishu = await attempt("feishu", (_, response) => response.end(SUCCESS.feishu));
    expect(JSON.parse(feishu.received[0]?.body ?? "")).toEqual({
      timestamp: expect.stringMatching(/^\d{10}$/),
      sign: expect.any(String),
      ...PAYLOAD,
    });
    const dingtalk = await attempt("dingtalk", (_, response) => response.end(SUCCESS.dingtalk));
    expect(dingtalk.received[0]?.path).toMatch(/^\/hook\?key=a%20b&timestamp=\d{13}&sign=[^&]+$/);
  });

  it("says it plainly, once, where Slack does not like the blocks", async () => {
    const answer: Answering = ({ body }, response) => {
      if (body.includes("blocks")) response.writeHead(400).end("invalid_blocks");
      else response.end("ok");
    };
    const message = { payload: { blocks: [] }, fallback: { text: "plain" } };
    const { attempted, received } = await attempt("slack", answer, { message });
    expect(attempted).toMatchObject({ verdict: "delivered", status: 200, answer: "ok" });
    expect(received.map(({ body }) => JSON.parse(body))).toEqual([{ blocks: [] }, { text: "plain" }]);
  });

  it("gives up where Slack does not like the plain text either", async () => {
    const message = { payload: { blocks: [] }, fallback: { text: "plain" } };
    const { attempted, received } = await attempt(
      "slack",
      (_, response) => response.writeHead(400).end("invalid_blocks"),
      { message },
    );
    expect(attempted).toMatchObject({ verdict: "rejected", reason: "invalid_blocks" });
    expect(received).toHaveLength(2);
  });

  it("signs once more where DingTalk finds the time stale, and no more than once", async () => {
    let answers = ['{"errcode":310000,"errmsg":"invalid timestamp"}', '{"errcode":0}'];
    const answer: Answering = (_, response) => response.end(answers.shift());
    expect((await attempt("dingtalk", answer)).attempted.verdict).toBe("delivered");
    answers = Array.from({ length: 3 }, () => '{"errcode":310000,"errmsg":"invalid timestamp"}');
    const { attempted, received } = await attempt("dingtalk", answer);
    expect(attempted).toMatchObject({ verdict: "rejected", reason: "stale_timestamp" });
    expect(received).toHaveLength(2);
  });

  it("has one budget for all of it", async () => {
    const { attempted } = await attempt("webhook", (_, response) => response.writeHead(200).write("."), {
      budgetMs: 100,
    });
    expect(attempted).toMatchObject({ verdict: "retry", reason: "timeout", status: 200, spent: true });
  });

  it("measures by the clock it is given", async () => {
    const ticks = [1000, 1000, 1250, 1250];
    const { attempted } = await attempt("webhook", (_, response) => response.end(), {
      monotonic: () => ticks.shift() ?? 1250,
    });
    expect(attempted.durationMs).toBe(250);
  });

  it.each([
    ["egress_scheme", "http://receiver.example.net/hook"],
    ["egress_port", "https://receiver.example.net:444/hook"],
    ["egress_literal_address", "https://10.0.0.1/hook"],
    ["egress_private_name", "https://router/hook"],
    ["egress_private_address", "https://receiver.example.net/hook"],
  ] as const)("refuses for good what must not be called, and says by which rule: %s", async (reason, url) => {
    const lookup: NonNullable<Parameters<typeof openEgress>[1]>["lookup"] = (_name, _options, done) =>
      done(null, [
        { address: "93.184.216.34", family: 4 },
        { address: "10.0.0.1", family: 4 },
      ]);
    const attempted = await deliver({
      target: targetOf("webhook", url),
      message: { payload: PAYLOAD, fallback: null },
      webhookId: "msg_1",
      now: NOW,
      budgetMs: 5000,
      allow: [],
      egress: egress([], { lookup }),
    });
    expect(attempted).toMatchObject({ verdict: "rejected", reason, status: null, answer: "" });
  });

  it("finds its own way out by the allow list, and keeps it", async () => {
    const allow = ["127.0.0.1"];
    const options = { allow, egress: undefined } as unknown as Partial<Delivery>;
    const { attempted } = await attempt("webhook", (_, response) => response.end(), options);
    expect(attempted.verdict).toBe("delivered");
  });
});
