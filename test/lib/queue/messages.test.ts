import {
  createDigestMessage,
  createNotificationMessage,
  createPollMessage,
  createTargetGoneMessage,
  NotifyMessage,
  notificationKeyOfMessage,
  PollMessage,
  parseMessage,
  recreateFirstPollMessageIfUnclaimed,
  watchGenerationOfMessage,
} from "../../../lib/queue/messages.ts";
import { createMemoryLedger } from "../../simulation/memory-ledger.ts";
import { newWatch } from "../ledger/samples.ts";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const WATCH = { project: "prod", jobId: "job-1", caller: "token:ci" };
const GENERATION = { ...WATCH, generation: 3 };
const KEY = { project: "prod", jobId: "job-1", generation: 5, event: "job.failed", target: "audit" };

const poll = createPollMessage({ ...WATCH, poll: 7, deadlineAt: 1000 }, 20);
const notification = createNotificationMessage(GENERATION, KEY, "failed", 2);
const MESSAGES = {
  poll,
  "poll with a trace and a reserved time": createPollMessage(
    { ...WATCH, poll: 7, deadlineAt: 1000, traceparent: TRACEPARENT },
    20,
    3000,
  ),
  notification,
  "notification with a trace": createNotificationMessage(
    { ...GENERATION, traceparent: TRACEPARENT },
    KEY,
    "failed",
    2,
  ),
  digest: createDigestMessage("d-1", "audit", null),
  "digest with a trace": createDigestMessage("d-1", "audit", TRACEPARENT),
  target_gone: createTargetGoneMessage("audit", 4000, "ops"),
};
const schemaOf = (name: string) => (name.startsWith("poll") ? PollMessage : NotifyMessage);
const parse = (name: string, body: unknown) =>
  parseMessage<unknown>(schemaOf(name), typeof body === "string" ? body : JSON.stringify(body));

describe.each(Object.entries(MESSAGES))("a queue message: %s", (name, { body }) => {
  const fields = JSON.parse(body) as Record<string, unknown>;

  it("is parsed as it was created", () => {
    expect(parse(name, body)).toEqual({ kind: "message", message: fields });
  });

  it("waits for a newer release if its version is newer, whatever its other fields are", () => {
    expect(parse(name, { ...fields, v: 2, more: true })).toEqual({ kind: "newer", version: 2 });
    expect(parse(name, { v: 3 })).toEqual({ kind: "newer", version: 3 });
  });

  it("is malformed if it has an unknown field or an older version", () => {
    expect(parse(name, { ...fields, more: "a secret" })).toMatchObject({ kind: "malformed" });
    expect(parse(name, { ...fields, v: 0 })).toMatchObject({ kind: "malformed" });
  });

  it.each(Object.keys(fields).filter((field) => !["traceparent", "rateLimitedUntil"].includes(field)))(
    "is malformed without its field %s, or with another type, and the reason contains no value",
    (field) => {
      const { [field]: _, ...others } = fields;
      for (const document of [others, { ...fields, [field]: ["a secret"] }]) {
        const parsed = parse(name, document);
        expect(parsed).toMatchObject({
          kind: "malformed",
          reason: expect.stringMatching(/^not a message of/),
        });
        expect(parsed).toMatchObject({ reason: expect.not.stringContaining("a secret") });
      }
    },
  );
});

test.each(["", "{", "null", "7", "[]", '"text"', '{"v":"1"}'])("the body %j is malformed", (body) => {
  expect(parse("poll", body)).toMatchObject({ kind: "malformed" });
});

test("a malformed message names its faults by field", () => {
  expect(parse("poll", "{")).toEqual({ kind: "malformed", reason: "the body is not JSON" });
  expect(parse("poll", { ...JSON.parse(poll.body), poll: 0, jobId: "..", more: 1 })).toEqual({
    kind: "malformed",
    reason: "not a message of version 1: jobId: invalid_format, poll: too_small, body: unrecognized_keys",
  });
});

test("a message is sent with its delay and in the group of its project or target", () => {
  const sent = (message: typeof poll) => [message.delaySeconds, message.groupId, message.id === message.body];
  expect(sent(poll)).toEqual([20, "prod", true]);
  expect(sent(notification)).toEqual([0, "audit", true]);
  expect(sent(MESSAGES.digest)).toEqual([0, "audit", true]);
  expect(sent(MESSAGES.target_gone)).toEqual([0, "ops", true]);
});

test("a message has the trace context of its watch and the reserved time of its poll only if there are any", () => {
  const optional = (name: keyof typeof MESSAGES) => {
    const { traceparent, rateLimitedUntil } = JSON.parse(MESSAGES[name].body) as Record<string, unknown>;
    return [traceparent, rateLimitedUntil];
  };
  expect(optional("poll")).toEqual([undefined, undefined]);
  expect(optional("poll with a trace and a reserved time")).toEqual([TRACEPARENT, 3000]);
  expect(optional("notification")).toEqual([undefined, undefined]);
  expect(optional("notification with a trace")).toEqual([TRACEPARENT, undefined]);
  expect(optional("digest")).toEqual([undefined, undefined]);
  expect(optional("digest with a trace")).toEqual([TRACEPARENT, undefined]);
});

test.each([
  [1, "message"],
  [80, "message"],
  [0, "malformed"],
  [81, "malformed"],
])("a message with a target name of %d characters is parsed as: %s", (length, kind) => {
  const target = "t".repeat(length);
  for (const { body } of [notification, MESSAGES.digest])
    expect(parse("notification", { ...JSON.parse(body), target })).toMatchObject({ kind });
});

test("a notification message contains the generation of its watch and the key of its notification", () => {
  const parsed = parseMessage(NotifyMessage, notification.body);
  if (parsed.kind !== "message" || parsed.message.kind !== "notification")
    throw new Error("not a notification");
  expect(watchGenerationOfMessage(parsed.message)).toEqual(GENERATION);
  expect(notificationKeyOfMessage(parsed.message)).toEqual(KEY);
});

describe("the message of the first poll", () => {
  const ledger = createMemoryLedger();
  const opened = async () => {
    const watch = newWatch();
    await ledger.startOrExtendWatch(watch);
    const document = await ledger.readWatchDocumentOrNull(watch);
    if (document === null) throw new Error("no watch");
    return document.watch;
  };

  it.each([
    ["is sent again before the first poll was claimed", {}, 1],
    ["is sent again before the first poll after a restart was claimed", { poll: 4, previousPolls: 4 }, 5],
    ["is not sent after the first poll was claimed", { poll: 1 }, null],
    ["is not sent after the first poll of a restart was claimed", { poll: 5, previousPolls: 4 }, null],
    ["is not sent for a watch that has ended", { state: "failed" }, null],
  ] as const)("%s", async (_, changes, expected) => {
    const message = recreateFirstPollMessageIfUnclaimed({ ...(await opened()), ...changes }, 15);
    const number = message === null ? null : (JSON.parse(message.body) as { poll: number }).poll;
    expect([number, message?.delaySeconds ?? null]).toEqual([expected, expected === null ? null : 15]);
  });
});

test.each([
  ["d", "message"],
  ["Az-09".repeat(12), "message"],
  ["d".repeat(64), "message"],
  ["d".repeat(65), "malformed"],
  ["", "malformed"],
  ["#d", "malformed"],
  ["d#", "malformed"],
])("a message about the digest '%s' is parsed as: %s", (digestId, kind) => {
  expect(parse("digest", { ...JSON.parse(MESSAGES.digest.body), digestId })).toMatchObject({ kind });
});
