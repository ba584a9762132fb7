import { createHmac } from "node:crypto";
import { createSignatureQuery } from "../../../lib/channels/dingtalk/channel.ts";
import { signFeishu } from "../../../lib/channels/feishu/channel.ts";

const NOW = 1_700_000_000_123;

it("signFeishu signs an empty message with a key of the time in seconds and the secret", () => {
  expect(signFeishu("quiet", NOW)).toEqual({
    timestamp: "1700000000",
    sign: createHmac("sha256", "1700000000\nquiet").digest("base64"),
  });
});

it("createSignatureQuery signs the time in milliseconds and encodes the signature for a URL", () => {
  const query = new URLSearchParams(createSignatureQuery("quiet", NOW));
  expect(query.get("timestamp")).toBe(String(NOW));
  expect(query.get("sign")).toBe(createHmac("sha256", "quiet").update(`${NOW}\nquiet`).digest("base64"));
});
