import { digestMessage, lookMessage, noticeMessage } from "../../../functions/flow/messages.ts";
import { type Delivery, unattempted } from "../../../lib/ledger/notice-ledger.ts";
import { redriveMessage } from "../../../local/ops/redrive-message.ts";

const KEY = { project: "prod", jobId: "job-1" };

async function redrive(queue: "poll" | "notify", body: string, standing: Partial<Delivery> = {}) {
  const done: string[] = [];
  const redriven = await redriveMessage(queue, body, {
    read: async ({ target }) => ({ ...unattempted(target), ...standing }),
    reopen: async ({ target }) => {
      done.push(`reopen ${target}`);
      return 3;
    },
    send: async (sent) => {
      done.push(sent);
    },
  });
  return { redriven, done };
}

test("a failed notice is started anew before it is sent again, under its new number", async () => {
  const { redriven, done } = await redrive(
    "notify",
    noticeMessage({ ...KEY, target: "deploys" }, "failed", 0).body,
  );
  expect(redriven).toEqual({ kind: "sent", what: "failed of prod/job-1 to deploys" });
  expect(done).toEqual(["reopen deploys", noticeMessage({ ...KEY, target: "deploys" }, "failed", 3).body]);
});

test.each([
  ["was delivered since", { state: "delivered", redelivery: 1 }, "has been delivered since"],
  ["was delivered after all", { state: "delivered" }, "has been delivered since"],
  ["is on its way again", { redelivery: 1 }, "has been sent again since, as redelivery 1"],
  ["was sent again and died again", { state: "rejected", redelivery: 2, buried: true }, "as redelivery 2"],
] as const)("a failed notice that %s is settled: nobody is told twice", async (_, standing, why) => {
  const { body } = noticeMessage({ ...KEY, target: "deploys" }, "failed", 0);
  const { redriven, done } = await redrive("notify", body, standing);
  expect(redriven).toEqual({
    kind: "settled",
    why: expect.stringMatching(new RegExp(`^failed of prod/job-1 to deploys .*${why}$`)),
  });
  expect(done).toEqual([]);
});

test.each([
  { state: "exhausted", redelivery: 2, buried: true },
  { state: "pending", redelivery: 2 },
] as const)("a notice that still stands as it died is sent again (%j)", async (standing) => {
  const { body } = noticeMessage({ ...KEY, target: "deploys" }, "failed", 2);
  expect((await redrive("notify", body, standing)).redriven).toMatchObject({ kind: "sent" });
});

test("a look is sent again as it was: the ledger knows whether it is still wanted", async () => {
  const { body } = lookMessage({ ...KEY, look: 4, deadlineAt: 7 }, 0);
  expect(await redrive("poll", body)).toEqual({
    redriven: { kind: "sent", what: "look 4 of prod/job-1" },
    done: [body],
  });
});

test("what nobody could read, and what is told only once, stays where it is", async () => {
  for (const body of [
    "{",
    digestMessage("d", "deploys").body,
    noticeMessage({ ...KEY, target: "" }, "failed", 0).body,
  ])
    expect(await redrive("notify", body)).toMatchObject({ redriven: { kind: "left" }, done: [] });
});
