import {
  createNotificationKey,
  createPendingDeliveryRecord,
  findSharedGenerationsOfTargetsAddedAfterEnd,
  mapTargetsToHighestGenerationIfHigherThanOwn,
} from "../../../lib/ledger/notification.ts";
import { T0 } from "./samples.ts";

const KEY = { project: "prod", jobId: "j", caller: "token:ci" };

describe("the generations in the notification keys of a watch", () => {
  const watch = { generation: 2, targets: ["chat", "audit", "mail"] };

  it("are those of other watches of the job with the same target, if they are higher", () => {
    const others = [
      { generation: 5, targets: ["chat"] },
      { generation: 3, targets: ["chat", "audit"] },
      { generation: 2, targets: ["mail"] },
      { generation: 1, targets: ["mail"] },
      { generation: 9, targets: ["other"] },
    ];
    expect(mapTargetsToHighestGenerationIfHigherThanOwn(watch, [watch, ...others])).toEqual({
      chat: 5,
      audit: 3,
    });
  });

  it("are the generation of the watch itself if no other watch has its targets", () => {
    expect(mapTargetsToHighestGenerationIfHigherThanOwn(watch, [])).toEqual({});
  });
});

describe("the generations of targets that a caller adds to an ended watch", () => {
  const ended = { ...KEY, generation: 2, state: "failed", acceptedAt: T0 } as const;
  const other = (changes: object = {}) => ({
    ...KEY,
    caller: "token:other",
    generation: 1,
    state: "failed" as const,
    acceptedAt: T0,
    concludedAt: T0 + 1000,
    targets: ["chat"],
    ...changes,
  });
  const generations = (...others: ReturnType<typeof other>[]) =>
    findSharedGenerationsOfTargetsAddedAfterEnd(
      ended,
      ["chat"],
      [{ ...other(ended), targets: ["chat"] }, ...others],
    );

  it.each([
    ["of a watch that has notified the target of this end", other(), { chat: 1 }],
    ["of a watch that ended when the other started", other({ concludedAt: T0 }), { chat: 1 }],
    ["of the watch, if the other watch ended before its start", other({ concludedAt: T0 - 1 }), {}],
    [
      "of the watch, if the other watch is still running",
      other({ state: "watching", concludedAt: null }),
      {},
    ],
    ["of the watch, if the other watch has another outcome", other({ state: "timed_out" }), {}],
    ["of the watch, if the other watch has other targets", other({ targets: ["mail"] }), {}],
    [
      "of a running watch with a higher generation",
      other({ state: "watching", concludedAt: null, generation: 3 }),
      { chat: 3 },
    ],
  ])("are the generation %s", (_, watch, expected) => {
    expect(generations(watch)).toEqual(expected);
  });

  it("are the highest of all watches with the target, and the watch itself does not count as another", () => {
    expect(generations(other(), other({ caller: "token:third", generation: 4 }))).toEqual({ chat: 4 });
    expect(generations()).toEqual({});
  });
});

test("a notification key has the generation of its target, also for a target with the name of a property", () => {
  const key = { project: "prod", jobId: "j", event: "job.failed" };
  const watch = { ...KEY, generation: 2 };
  expect(createNotificationKey(watch, { chat: 5 }, "job.failed", "chat")).toEqual({
    ...key,
    generation: 5,
    target: "chat",
  });
  expect(createNotificationKey(watch, { chat: 5 }, "job.failed", "audit")).toMatchObject({ generation: 2 });
  expect(createNotificationKey(watch, {}, "job.failed", "constructor")).toMatchObject({ generation: 2 });
});

test("a new delivery record is pending, without attempts and not dead-lettered", () => {
  expect(createPendingDeliveryRecord("chat")).toMatchObject({
    target: "chat",
    state: "pending",
    attempts: 0,
    redelivery: 0,
    nextAttemptAt: null,
    deadLettered: false,
    history: [],
  });
});
