import { Webhook } from "standardwebhooks";
import * as z from "zod";
import { type Receiver, startReceiver } from "../../../local/receiver/receiver.ts";

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.stop());

const post = (path: string, body: string) =>
  fetch(receiver.url + path, { method: "POST", body, headers: { "x-test": "1" } });
const behave = (rule: unknown) =>
  fetch(`${receiver.url}/behaviour`, { method: "PUT", body: JSON.stringify(rule) });
const Notifications = z.object({ notifications: z.array(z.looseObject({ body: z.string() })) });
const notifications = async (query: string) =>
  Notifications.parse(await (await fetch(`${receiver.url}/notifications?${query}`)).json()).notifications;

describe("the receiver", () => {
  test.each([
    ["slack", 200, "ok"],
    ["webhook", 204, ""],
    ["feishu", 200, expect.stringContaining('"code":0')],
    ["dingtalk", 200, expect.stringContaining('"errcode":0')],
    ["wecom", 200, expect.stringContaining('"errcode":0')],
    ["teams", 202, ""],
    ["discord", 204, ""],
  ])("responds like %s", async (channel, status, body) => {
    const answer = await post(`/${channel}/x`, "{}");
    expect([answer.status, await answer.text()]).toEqual([status, body]);
  });

  it("stores each notification with its exact body", async () => {
    await post("/webhook/audit", '{"ä": 1 }');
    expect(await notifications("")).toEqual([
      expect.objectContaining({
        number: 1,
        channel: "webhook",
        path: "/webhook/audit",
        body: '{"ä": 1 }',
        status: 204,
        headers: expect.objectContaining({ "x-test": "1" }),
      }),
    ]);
  });

  it("lets a reader wait for a number of notifications of one channel", async () => {
    const waiting = notifications("channel=slack&count=2&wait=10");
    await post("/slack/x", "1");
    await post("/webhook/x", "2");
    await post("/slack/x", "3");
    expect((await waiting).map(({ body }) => body)).toEqual(["1", "3"]);
  });

  it("returns the received notifications at the end of the wait time", async () => {
    expect(await notifications("count=1&wait=0.01")).toEqual([]);
  });

  it("shows the notifications on a page and escapes their text", async () => {
    await post("/slack/x", '{"text":"<script>alert(1)</script>"}');
    const page = await (await fetch(receiver.url)).text();
    expect(page).toContain("&lt;script&gt;");
    expect(page).not.toContain("<script>alert");
  });

  it("sends each notification that arrives to the open page as an event with the HTML", async () => {
    await post("/slack/x", '{"text":"first"}');
    const response = await fetch(`${receiver.url}/stream?after=0`);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let received = "";
    const readUntil = async (text: string) => {
      while (!received.includes(text)) received += (await reader?.read())?.value ?? "";
    };
    await readUntil("first");
    await post("/slack/x", '{"text":"second"}');
    await readUntil("second");
    expect(received).toMatch(/^event: notification\nid: 1\ndata: <article>/);
    expect(received.match(/^id: \d+$/gm)).toEqual(["id: 1", "id: 2"]);
    await reader?.cancel();
    const later = await fetch(`${receiver.url}/stream?after=1`);
    const laterReader = later.body?.pipeThrough(new TextDecoderStream()).getReader();
    const { value = "" } = (await laterReader?.read()) ?? {};
    expect(value).toMatch(/^event: notification\nid: 2\n/);
    await laterReader?.cancel();
  });

  it("checks the signature of an event and shows the result", async () => {
    const secret = `whsec_${Buffer.from("a secret of twenty-four b").toString("base64")}`;
    const checking = await startReceiver(0, { webhookSecrets: [secret] });
    const send = (headers: Record<string, string>) =>
      fetch(`${checking.url}/webhook/audit`, { method: "POST", body: '{"type":"job.failed"}', headers });
    const at = new Date();
    const id = { "webhook-id": "msg_1", "webhook-timestamp": String(Math.floor(at.getTime() / 1000)) };
    const signature = new Webhook(secret).sign("msg_1", at, '{"type":"job.failed"}');
    await send({ ...id, "webhook-signature": signature });
    await send({ ...id, "webhook-signature": "v1,AAAA" });
    await send({});
    const results = checking.notifications.list("webhook").map((notification) => notification.signature);
    expect(results).toEqual(["verified", "wrong", "missing"]);
    const page = await (await fetch(checking.url)).text();
    expect(page).toContain("✔ signature verified");
    expect(page).toContain("✖ wrong signature");
    await checking.stop();
  });

  it("deletes the notifications on request", async () => {
    await post("/slack/x", "1");
    await fetch(`${receiver.url}/notifications`, { method: "DELETE" });
    expect(await notifications("")).toEqual([]);
  });

  it("applies a behaviour to a number of notifications of one channel", async () => {
    await behave({
      channel: "slack",
      kind: "status",
      status: 429,
      headers: { "retry-after": "7" },
      times: 2,
    });
    const answers = [await post("/slack/x", "1"), await post("/slack/x", "2"), await post("/slack/x", "3")];
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 200]);
    expect(answers[0]?.headers.get("retry-after")).toBe("7");
    expect((await post("/webhook/x", "4")).status).toBe(204);
  });

  it("applies a behaviour until it is changed", async () => {
    await behave({ kind: "status", status: 410, body: "gone" });
    expect(await (await post("/webhook/x", "")).text()).toBe("gone");
    expect((await post("/webhook/x", "")).status).toBe(410);
    await behave({ kind: "ok" });
    expect((await post("/webhook/x", "")).status).toBe(204);
  });

  it("limits the rate of notifications like Slack", async () => {
    await behave({ channel: "slack", kind: "rate_limit", intervalMs: 60_000 });
    expect((await post("/slack/x", "1")).status).toBe(200);
    const second = await post("/slack/x", "2");
    expect([second.status, second.headers.get("retry-after")]).toEqual([429, "60"]);
  });

  it("never responds with the behaviour `hang`", async () => {
    await behave({ kind: "hang", times: 1 });
    const client = new AbortController();
    const url = `${receiver.url}/slack/x`;
    const hanging = fetch(url, { method: "POST", body: "1", signal: client.signal }).catch(String);
    expect(await notifications("count=1&wait=5")).toEqual([expect.objectContaining({ status: null })]);
    expect((await post("/slack/x", "2")).status).toBe(200);
    client.abort();
    expect(await hanging).toContain("aborted");
  });

  it("refuses an unknown behaviour", async () => {
    expect((await behave({ kind: "explode" })).status).toBe(400);
  });
});
