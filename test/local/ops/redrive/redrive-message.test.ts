import { createPendingDeliveryRecord, type DeliveryRecord } from "../../../../lib/ledger/notification.ts";
import {
  createDigestMessage,
  createNotificationMessage,
  createPollMessage,
} from "../../../../lib/queue/messages.ts";
import { redriveMessage } from "../../../../local/ops/redrive/redrive-message.ts";

const KEY = { project: "prod", jobId: "job-1", caller: "token:ci" };
const WATCH = { ...KEY, generation: 0 };
const notificationTo = (target: string, redelivery = 0) =>
  createNotificationMessage(
    WATCH,
    { project: "prod", jobId: "job-1", generation: 2, event: "job.failed", target },
    "failed",
    redelivery,
  );

async function redrive(
  queue: "poll" | "notify",
  body: string,
  record: Partial<DeliveryRecord> = {},
  offSince: number | null = null,
) {
  const calls: string[] = [];
  const result = await redriveMessage(
    queue,
    { id: "message-1", body },
    {
      readDeliveryOrPendingRecord: async ({ target }) => ({
        ...createPendingDeliveryRecord(target),
        ...record,
      }),
      readTargetState: async () => ({ offSince }),
      startRedeliveryIfLatestIs: async (watch, { generation, target }) => {
        expect({ watch, generation }).toEqual({ watch: WATCH, generation: 2 });
        calls.push(`startRedeliveryIfLatestIs ${target}`);
        return 3;
      },
      send: async (sent) => {
        calls.push(sent);
      },
    },
  );
  return { result, calls };
}

test("a failed notification is sent again with a new redelivery number", async () => {
  const { result, calls } = await redrive("notify", notificationTo("deploys").body);
  const { body } = notificationTo("deploys", 3);
  expect(result).toEqual({ kind: "sent", title: "failed of prod/job-1 to deploys", body });
  expect(calls).toEqual(["startRedeliveryIfLatestIs deploys", body]);
});

test.each([
  ["was delivered by a redelivery", { state: "delivered", redelivery: 1 }, "was delivered since"],
  ["was delivered by its last attempt", { state: "delivered" }, "was delivered since"],
  ["was sent again", { redelivery: 1 }, "was sent again since, as redelivery 1"],
  [
    "was sent again and failed again",
    { state: "rejected", redelivery: 2, deadLettered: true },
    "as redelivery 2",
  ],
] as const)("a dead letter of a notification that %s is obsolete", async (_, record, cause) => {
  const { body } = notificationTo("deploys");
  const { result, calls } = await redrive("notify", body, record);
  expect(result).toEqual({
    kind: "obsolete",
    title: "failed of prod/job-1 to deploys",
    cause: expect.stringMatching(new RegExp(`${cause}$`)),
  });
  expect(calls).toEqual([]);
});

test.each([
  { state: "exhausted", redelivery: 2, deadLettered: true },
  { state: "pending", redelivery: 2 },
] as const)("a notification without later success is sent again (%j)", async (record) => {
  const { body } = notificationTo("deploys", 2);
  expect((await redrive("notify", body, record)).result).toMatchObject({ kind: "sent" });
});

test("a poll is sent again unchanged", async () => {
  const { body } = createPollMessage({ ...KEY, poll: 4, deadlineAt: 7 }, 0);
  expect(await redrive("poll", body)).toEqual({
    result: { kind: "sent", title: "poll 4 of prod/job-1", body },
    calls: [body],
  });
});

test("a notification to a switched-off target is kept with a remedy", async () => {
  const { body } = notificationTo("deploys");
  expect(await redrive("notify", body, { state: "gone", deadLettered: true }, 7)).toEqual({
    result: {
      kind: "kept",
      title: "failed of prod/job-1 to deploys",
      cause: "the target is switched off; test it first: POST /v1/targets/deploys/test",
    },
    calls: [],
  });
});

test("a notification to a callback is sent again, because callbacks are never switched off", async () => {
  const { body } = notificationTo("callback:1");
  expect((await redrive("notify", body, {}, 7)).result).toMatchObject({ kind: "sent" });
});

test.each([
  ["{", "message message-1"],
  [notificationTo("").body, "message message-1"],
  [createDigestMessage("d", "deploys", null).body, "digest d to deploys"],
])(
  "an unreadable message, and a message that is sent only once, is kept with a title: %s",
  async (body, title) => {
    expect(await redrive("notify", body)).toEqual({
      result: { kind: "kept", title, cause: expect.any(String) },
      calls: [],
    });
  },
);

test("an unreadable poll is kept and described by its message ID", async () => {
  expect(await redrive("poll", "{")).toMatchObject({ result: { kind: "kept", title: "message message-1" } });
});
