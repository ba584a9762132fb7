import { minIntervalWithMarginMs } from "../../../lib/channels/channel.ts";
import { channelOf, Target, type TargetKind } from "../../../lib/channels/registry.ts";
import { targetOf, WHSEC } from "./support/targets.ts";

const limits: [TargetKind, number, number][] = [
  ["slack", 1, 1000],
  ["feishu", 5, 1000],
  ["feishu", 100, 60_000],
  ["dingtalk", 20, 60_000],
  ["wecom", 20, 60_000],
  ["teams", 4, 1000],
  ["discord", 5, 2000],
];

describe("minIntervalWithMarginMs", () => {
  it.each(limits)(
    "keeps messages to %s below the rate limit of %i messages in %i ms",
    (kind, messages, windowMs) => {
      expect(minIntervalWithMarginMs(channelOf(kind).rateLimit) * messages).toBeGreaterThan(windowMs);
    },
  );

  it.each(limits)(
    "keeps messages to %s below the limit of %i messages in %i ms if the network delays only the first message",
    (kind, messages, windowMs) => {
      const delayOfFirstMs = windowMs / 20;
      const lastAt = minIntervalWithMarginMs(channelOf(kind).rateLimit) * messages;
      expect(lastAt - delayOfFirstMs).toBeGreaterThan(windowMs);
    },
  );

  it("returns 0 for a channel without a rate limit", () => expect(minIntervalWithMarginMs(null)).toBe(0));
});

describe("the note about the URL of a target", () => {
  const noteOf = (kind: TargetKind, url: string) => channelOf(kind).noteAbout(targetOf(kind, url));

  it.each(["https://hooks.slack.com/services/T0/B0/x", "https://hooks.slack-gov.com/services/T0/B0/x"])(
    "is absent for the incoming webhook %s of Slack",
    (url) => {
      expect(noteOf("slack", url)).toBeNull();
    },
  );

  it.each([
    "https://hooks.slack.com/triggers/T0/1/x",
    "https://hooks.slack.com/triggers/services/",
    "https://chat.example.com/services/T0/B0/x",
  ])("says that %s is not an incoming webhook of Slack", (url) => {
    expect(noteOf("slack", url)).toContain("not an incoming webhook of Slack");
  });

  it("is absent for a webhook", () => expect(noteOf("webhook", "https://ci.example.com/hook")).toBeNull());
});

describe("the request to a target", () => {
  const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const requestTo = (fields: object, traceparent: string | null = null) => {
    const target = Target.parse(fields);
    const message = { webhookId: "msg_1", traceparent, now: 1_700_000_000_123 };
    const { url, headers, body } = channelOf(target.kind).buildRequest(target, { a: 1 }, message);
    return { url, headers, body: JSON.parse(Buffer.from(body).toString()) };
  };

  it("contains no signature for a robot without a secret", () => {
    const url = "https://robot.example.com/send";
    expect(requestTo({ kind: "dingtalk", url }).url).toBe(url);
    expect(requestTo({ kind: "feishu", url }).body).toEqual({ a: 1 });
    expect(requestTo({ kind: "feishu", url, secret: "quiet" }).body).toHaveProperty("sign");
  });

  it.each([
    ["https://robot.example.com/send", "https://robot.example.com/send?timestamp="],
    ["https://robot.example.com/send?x=1", "https://robot.example.com/send?x=1&timestamp="],
  ])("to a DingTalk robot with a secret adds the signature to the URL %s", (url, expected) => {
    expect(requestTo({ kind: "dingtalk", url, secret: "quiet" }).url).toContain(expected);
  });

  it("to a webhook has the own headers in lower case, and the trace context only if there is one", () => {
    const target = {
      kind: "webhook",
      url: "https://ci.example.com/hook",
      secrets: [WHSEC],
      headers: { "X-Key": "1" },
    };
    expect(requestTo(target, TRACEPARENT).headers).toMatchObject({ "x-key": "1", traceparent: TRACEPARENT });
    expect(requestTo(target).headers).not.toHaveProperty("traceparent");
  });
});
