import { createHmac } from "node:crypto";
import { createDingtalkSignatureQuery } from "../../../lib/channels/dingtalk/signature.ts";
import { createFeishuSignature } from "../../../lib/channels/feishu/signature.ts";

const NOW = 1_700_000_000_123;

it("createFeishuSignature signs an empty message with a key of the time in seconds and the secret", () => {
  expect(createFeishuSignature("quiet", NOW)).toEqual({
    timestamp: "1700000000",
    sign: createHmac("sha256", "1700000000\nquiet").digest("base64"),
  });
});

it("createDingtalkSignatureQuery signs the time in milliseconds and encodes the signature for a URL", () => {
  const special = new Set<string>();
  for (let now = NOW; now < NOW + 20; now += 1) {
    const signature = createHmac("sha256", "quiet").update(`${now}\nquiet`).digest("base64");
    for (const [character] of signature.matchAll(/[+/=]/g)) special.add(character);
    const query = new URLSearchParams(createDingtalkSignatureQuery("quiet", now));
    expect(Object.fromEntries(query)).toEqual({ timestamp: String(now), sign: signature });
  }
  expect(special.size).toBe(3);
});
