import { digestMessage, lookMessage, noticeMessage } from "../../../functions/flow/messages.ts";
import { redriveMessage } from "../../../local/ops/redrive-message.ts";

const KEY = { project: "prod", jobId: "job-1" };

async function redrive(queue: "poll" | "notify", body: string) {
  const done: string[] = [];
  const redriven = await redriveMessage(queue, body, {
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
  const { redriven, done } = await redrive("notify", noticeMessage(KEY, "deploys", "failed", 0).body);
  expect(redriven).toEqual({ kind: "sent", what: "failed of prod/job-1 to deploys" });
  expect(done).toEqual(["reopen deploys", noticeMessage(KEY, "deploys", "failed", 3).body]);
});

test("a look is sent again as it was: the ledger knows whether it is still wanted", async () => {
  const { body } = lookMessage({ ...KEY, look: 4, deadlineAt: 7 }, 0);
  expect(await redrive("poll", body)).toEqual({
    redriven: { kind: "sent", what: "look 4 of prod/job-1" },
    done: [body],
  });
});

test("what nobody could read, and what is told only once, stays where it is", async () => {
  for (const body of ["{", digestMessage("d", "deploys").body, noticeMessage(KEY, "", "failed", 0).body])
    expect(await redrive("notify", body)).toMatchObject({ redriven: { kind: "left" }, done: [] });
});
