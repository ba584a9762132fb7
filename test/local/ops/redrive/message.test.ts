import { type DeliveryRecord, newDeliveryRecord } from "../../../../lib/ledger/notification.ts";
import { digestMessage, notificationMessage, pollMessage } from "../../../../lib/queue/messages.ts";
import { redriveMessage } from "../../../../local/ops/redrive/message.ts";

const KEY = { project: "prod", jobId: "job-1" };

async function redrive(
  queue: "poll" | "notify",
  body: string,
  standing: Partial<DeliveryRecord> = {},
  offSince: number | null = null,
) {
  const done: string[] = [];
  const redriven = await redriveMessage(
    queue,
    { id: "letter-1", body },
    {
      read: async ({ target }) => ({ ...newDeliveryRecord(target), ...standing }),
      readTarget: async () => ({ offSince }),
      reopen: async ({ target }) => {
        done.push(`reopen ${target}`);
        return 3;
      },
      send: async (sent) => {
        done.push(sent);
      },
    },
  );
  return { redriven, done };
}

test("a failed notification is started anew before it is sent again, under its new number", async () => {
  const { redriven, done } = await redrive(
    "notify",
    notificationMessage({ ...KEY, generation: 0, target: "deploys" }, "failed", 0).body,
  );
  const { body } = notificationMessage({ ...KEY, generation: 0, target: "deploys" }, "failed", 3);
  expect(redriven).toEqual({ kind: "sent", what: "failed of prod/job-1 to deploys", body });
  expect(done).toEqual(["reopen deploys", body]);
});

test.each([
  ["was delivered since", { state: "delivered", redelivery: 1 }, "has been delivered since"],
  ["was delivered after all", { state: "delivered" }, "has been delivered since"],
  ["is on its way again", { redelivery: 1 }, "has been sent again since, as redelivery 1"],
  [
    "was sent again and died again",
    { state: "rejected", redelivery: 2, deadLettered: true },
    "as redelivery 2",
  ],
] as const)("a failed notification that %s is settled: nobody is told twice", async (_, standing, why) => {
  const { body } = notificationMessage({ ...KEY, generation: 0, target: "deploys" }, "failed", 0);
  const { redriven, done } = await redrive("notify", body, standing);
  expect(redriven).toEqual({
    kind: "settled",
    what: "failed of prod/job-1 to deploys",
    why: expect.stringMatching(new RegExp(`${why}$`)),
  });
  expect(done).toEqual([]);
});

test.each([
  { state: "exhausted", redelivery: 2, deadLettered: true },
  { state: "pending", redelivery: 2 },
] as const)("a notification that still stands as it died is sent again (%j)", async (standing) => {
  const { body } = notificationMessage({ ...KEY, generation: 0, target: "deploys" }, "failed", 2);
  expect((await redrive("notify", body, standing)).redriven).toMatchObject({ kind: "sent" });
});

test("a poll is sent again as it was: the ledger knows whether it is still wanted", async () => {
  const { body } = pollMessage({ ...KEY, poll: 4, deadlineAt: 7 }, 0);
  expect(await redrive("poll", body)).toEqual({
    redriven: { kind: "sent", what: "poll 4 of prod/job-1", body },
    done: [body],
  });
});

test("a notification whose target is switched off would die again at once: it stays, and what to do is told", async () => {
  const { body } = notificationMessage({ ...KEY, generation: 0, target: "deploys" }, "failed", 0);
  expect(await redrive("notify", body, { state: "gone", deadLettered: true }, 7)).toEqual({
    redriven: {
      kind: "left",
      what: "failed of prod/job-1 to deploys",
      why: "the target is switched off: test it first (POST /v1/targets/deploys/test)",
    },
    done: [],
  });
});

test("a caller's own address is never switched off", async () => {
  const { body } = notificationMessage({ ...KEY, generation: 0, target: "callback:1" }, "failed", 0);
  expect((await redrive("notify", body, {}, 7)).redriven).toMatchObject({ kind: "sent" });
});

test.each([
  ["{", "message letter-1"],
  [notificationMessage({ ...KEY, generation: 0, target: "" }, "failed", 0).body, "message letter-1"],
  [digestMessage("d", "deploys").body, "digest d to deploys"],
])(
  "what nobody could read, and what is told only once, stays where it is, and is named: %s",
  async (body, what) => {
    expect(await redrive("notify", body)).toEqual({
      redriven: { kind: "left", what, why: expect.any(String) },
      done: [],
    });
  },
);

test("a poll that nobody could read is named by its message", async () => {
  expect(await redrive("poll", "{")).toMatchObject({ redriven: { kind: "left", what: "message letter-1" } });
});
