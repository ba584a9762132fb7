import {
  createDigestNotificationKey,
  isSubscribedToSlowOrRemoved,
  listDigestTargetsOfWatch,
  listResendableNotificationsOfSlowJob,
  removeDigestMemberAndSendIfLast,
  splitTargetsToNotify,
  TARGET_PROJECT,
} from "../../../functions/shared/targets-to-notify-and-digests.ts";
import { createPendingDeliveryRecord } from "../../../lib/ledger/notification.ts";
import type { WatchDocument } from "../../../lib/ledger/watch.ts";
import { SLOW } from "../../lib/ledger/samples.ts";
import { bodiesOf, createFlow, KEY } from "../steps-harness.ts";

const TARGETS = {
  audit: { kind: "webhook", on: ["failed", "slow"] },
  quiet: { kind: "slack", on: ["succeeded"] },
} satisfies Parameters<typeof splitTargetsToNotify>[2];
const MEMBER = { project: KEY.project, jobId: KEY.jobId, generation: 0 };
const DIGEST = { caller: KEY.caller, members: [MEMBER], targets: ["deploys"], running: [] };

test("configured targets come before callbacks, and a target that does not list the outcome is omitted", () => {
  const watch = { targets: ["callback:1", "audit", "callback:0", "quiet", "removed"], digestTargets: [] };
  expect(splitTargetsToNotify(watch, "failed", TARGETS)).toEqual({
    own: ["audit", "removed", "callback:1", "callback:0"],
    byDigest: [],
  });
});

test("the targets of a digest are not notified of a watch alone", () => {
  const watch = { targets: ["audit", "removed"], digestTargets: ["audit", "other"] };
  expect(splitTargetsToNotify(watch, "failed", TARGETS)).toEqual({ own: ["removed"], byDigest: ["audit"] });
});

test("the ledger keeps digests and alerts about targets under names that no project has", () => {
  expect(createDigestNotificationKey("d-1", "deploys")).toEqual({
    project: ":digest",
    jobId: "d-1",
    generation: 0,
    event: "digest",
    target: "deploys",
  });
  expect(TARGET_PROJECT).toBe(":target");
});

test.each([
  ["audit", true],
  ["quiet", false],
  ["removed", true],
  ["constructor", true],
])("the target %s counts as subscribed to slow jobs or removed: %j", (name, expected) => {
  expect(isSubscribedToSlowOrRemoved(name, TARGETS)).toBe(expected);
});

describe("the targets of a digest", () => {
  const other = { ...MEMBER, jobId: "job-2" };

  it.each([
    ["a member", { ...DIGEST, members: [other, MEMBER] }, ["deploys"]],
    ["a job that is no member", { ...DIGEST, members: [other] }, []],
    ["a job of another project", { ...DIGEST, members: [{ ...MEMBER, project: "test" }] }, []],
    ["a watch of another caller", { ...DIGEST, caller: "token:other" }, []],
    ["a watch without a stored digest", null, []],
  ])("for %s", (_, digest, targets) => {
    expect(listDigestTargetsOfWatch(digest, KEY)).toEqual(targets);
  });
});

describe("the end of a watch in a digest", () => {
  async function endMember(members: readonly (typeof MEMBER)[], digestId: string | null = "d-1") {
    const flow = createFlow();
    const { memory: ledger, notifyQueue } = flow;
    await ledger.createDigestIfAbsent({ ...DIGEST, digestId: "d-1", members, expiresAt: 1e15 });
    const reads: string[] = [];
    const readDigest = (id: string) => {
      reads.push(id);
      return ledger.readDigest(id);
    };
    const watch = { ...KEY, digestId, traceparent: null };
    const removed: string[] = [];
    const removeRunningMemberAndCountRemaining: typeof ledger.removeRunningMemberAndCountRemaining = (
      id,
      member,
    ) => {
      removed.push(member.jobId);
      return ledger.removeRunningMemberAndCountRemaining(id, member);
    };
    const ports = { ledger: { ...ledger, readDigest, removeRunningMemberAndCountRemaining }, notifyQueue };
    const result = await removeDigestMemberAndSendIfLast(watch, ports);
    return { result, reads, removed, sent: bodiesOf(notifyQueue), digest: await ledger.readDigest("d-1") };
  }

  it("sends the digest if no other watch of the digest runs", async () => {
    const { result, sent, digest } = await endMember([MEMBER]);
    expect(result).toEqual({ digestTargets: ["deploys"] });
    expect(sent).toEqual([{ v: 1, kind: "digest", digestId: "d-1", target: "deploys" }]);
    expect(digest?.running).toEqual([]);
  });

  it("sends nothing while another watch of the digest runs", async () => {
    const other = { ...MEMBER, jobId: "job-2" };
    const { result, sent, digest } = await endMember([MEMBER, other]);
    expect(result).toEqual({ digestTargets: ["deploys"] });
    expect(sent).toEqual([]);
    expect(digest?.running).toMatchObject([{ jobId: "job-2" }]);
  });

  it("changes nothing if the digest does not contain the watch", async () => {
    const { result, removed, sent, digest } = await endMember([{ ...MEMBER, jobId: "job-2" }]);
    expect(result).toEqual({ digestTargets: [] });
    expect([removed, sent]).toEqual([[], []]);
    expect(digest?.running).toMatchObject([{ jobId: "job-2" }]);
  });

  it("reads no digest for a watch without a digest", async () => {
    const { result, reads, sent } = await endMember([MEMBER], null);
    expect([result, reads, sent]).toEqual([{ digestTargets: [] }, [], []]);
  });
});

describe("the notifications about a slow job that can be sent again", () => {
  async function resendable(deliveries: WatchDocument["deliveries"], slow: WatchDocument["slow"] = SLOW) {
    const flow = createFlow();
    await flow.open();
    const document = await flow.memory.readWatchDocumentOrNull(KEY);
    if (document === null) throw new Error("the watch is missing");
    return listResendableNotificationsOfSlowJob({ ...document, slow, deliveries }, TARGETS);
  }
  const delivery = (target: string, event: "job.slow" | "job.failed" = "job.slow", redelivery = 0) => ({
    ...createPendingDeliveryRecord(target),
    event,
    redelivery,
  });

  it("are those of subscribed and of removed targets, and each redelivery", async () => {
    const found = await resendable([
      delivery("audit", "job.failed"),
      delivery("audit"),
      delivery("quiet"),
      delivery("quiet", "job.slow", 2),
      delivery("chat"),
    ]);
    expect(found.map(({ message }) => JSON.parse(message.body))).toMatchObject([
      { kind: "notification", outcome: "slow", target: "audit", redelivery: 0, generation: 0 },
      { kind: "notification", outcome: "slow", target: "quiet", redelivery: 2, generation: 0 },
      { kind: "notification", outcome: "slow", target: "chat", redelivery: 0, generation: 2 },
    ]);
    expect(found.map((entry) => entry.delivery?.target)).toEqual(["audit", "quiet", "chat"]);
  });

  it("are none if the job was never slow", async () => {
    expect(await resendable([delivery("audit")], null)).toEqual([]);
  });
});
