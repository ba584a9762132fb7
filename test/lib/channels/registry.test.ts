import { readdirSync, readFileSync } from "node:fs";
import * as z from "zod/mini";
import { attemptDeliveryThroughChannel } from "../../../lib/channels/attempt-delivery.ts";
import { delivered } from "../../../lib/channels/attempt-verdict.ts";
import { createJsonPostRequest } from "../../../lib/channels/channel.ts";
import { createChatChannel, robotFields } from "../../../lib/channels/chat/chat-channel.ts";
import { CHANNELS, channelOf, createChannelRegistry } from "../../../lib/channels/registry.ts";
import { isChatKind } from "../../../lib/channels/webhook/target.ts";
import { getCachedSecretMask } from "../../../lib/domain/cached-secret-mask.ts";
import type { InnerSchema } from "../../../lib/domain/zod-fields.ts";
import { startReceiver } from "../http/support/receiver.ts";
import { KINDS } from "./samples.ts";
import { CONTENT, closeAll, closeLater, egress, NOW } from "./support/attempts.ts";

afterEach(closeAll);

const ROLES = ["channel.ts", "message.ts"];
const OPTIONAL_ROLES = ["signature.ts", "target.ts", "event.ts"];

/** The folders of the channels, without the folder `chat` that all chats share. */
const folders = readdirSync("lib/channels", { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== "chat")
  .map(({ name }) => name);

it("the registry lists exactly the channels that have a folder", () => {
  expect([...KINDS].sort()).toEqual(folders.sort());
});

it("isChatKind says the same as the channel of each kind", () => {
  for (const kind of KINDS) expect(isChatKind(kind)).toBe(channelOf(kind).isChat);
});

describe.each(KINDS)("the channel %s", (kind) => {
  it("has one file per role", () => {
    const files = readdirSync(`lib/channels/${kind}`);
    expect(files).toEqual(expect.arrayContaining(ROLES));
    expect(files.filter((file) => ![...ROLES, ...OPTIONAL_ROLES].includes(file))).toEqual([]);
  });

  it("implements the whole interface", () => {
    expect(channelOf(kind)).toEqual({
      target: expect.any(z.ZodMiniLazy),
      isChat: kind !== "webhook",
      rateLimit: kind === "webhook" ? null : { messages: expect.any(Number), windowMs: expect.any(Number) },
      format: expect.any(Function),
      buildRequest: expect.any(Function),
      verdictOf: expect.any(Function),
      noteAbout: expect.any(Function),
    });
  });
});

describe("a new channel", () => {
  const toyChannel = createChatChannel({
    target: z.lazy(() => z.strictObject({ kind: z.literal("toy"), ...robotFields })),
    rateLimit: { messages: 1, windowMs: 1000 },
    render: ({ headline }, { mention }) => ({ headline, mention }),
    renderPlain: (headline) => ({ headline }),
    isWithinLimits: () => true,
    buildRequest: ({ url, secret }, payload) =>
      createJsonPostRequest(url, payload, { "x-toy": secret?.reveal() ?? "" }),
    ownVerdictOf: ({ status }) => (status === 200 ? delivered() : null),
  });
  const channels = [...CHANNELS, toyChannel] as const;
  const registry = createChannelRegistry<InnerSchema<(typeof channels)[number]["target"]>>(channels);

  it("needs only a line in the registry to be configured and to deliver notifications", async () => {
    const receiver = await startReceiver(({ body }, response) => response.end(`${body} toy-secret`));
    closeLater(receiver);
    const url = `http://127.0.0.1:${receiver.port}/`;
    const target = registry.Target.parse({ kind: "toy", url, secret: "toy-secret" });
    const result = await attemptDeliveryThroughChannel(registry.channelOf(target.kind), {
      target,
      content: CONTENT,
      webhookId: "msg_1",
      now: NOW,
      timeLimitMs: 5000,
      allow: [],
      mask: getCachedSecretMask(target),
      egress: egress(["127.0.0.1"]),
    });
    expect(result).toMatchObject({ verdict: "delivered", answer: expect.stringMatching(/Test.* <secret>$/) });
    expect(receiver.received[0]?.headers).toMatchObject({ "x-toy": "toy-secret" });
  });

  it("is listed in the error about an unknown kind", () => {
    const { error } = registry.Target.safeParse({ kind: "fax" });
    expect(error?.issues[0]?.message).toMatch(/^must be one of 'slack', .*'toy'$/);
  });

  it("is unknown to a registry without the channel", () => {
    expect(() => channelOf("toy" as never)).toThrow("no channel has the kind 'toy'");
  });

  it("does not change the other channels", () => {
    for (const kind of KINDS) expect(registry.channelOf(kind)).toBe(channelOf(kind));
  });
});

it("the kind of a channel appears only in the folder of the channel", () => {
  const files = ["functions", "lib"].flatMap((root) =>
    readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".generated.ts"))
      .map((file) => `${root}/${file}`),
  );
  const quoting = (kind: string) => files.filter((file) => readFileSync(file, "utf8").includes(`"${kind}"`));
  for (const kind of KINDS)
    expect(quoting(kind)).toEqual([`lib/channels/${kind}/${kind === "webhook" ? "target" : "channel"}.ts`]);
});
