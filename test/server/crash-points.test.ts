import { createNotifyHandler } from "../../functions/notify/create-notify-handler.ts";
import { createPollHandler } from "../../functions/poll/create-poll-handler.ts";
import { createSweepHandler } from "../../functions/sweep/create-sweep-handler.ts";
import { createPollMessage } from "../../lib/queue/messages.ts";
import { type HandleMessage, handleMessageOrRetryOnErrorOrTimeout } from "../../lib/runtime/sqs-handler.ts";
import { createSqliteLedger } from "../../server/ledger/sqlite-ledger.ts";
import { createSqliteQueue, type QueueName, type SqliteQueue } from "../../server/queue/sqlite-queue.ts";
import { Store } from "../../server/store/store.ts";
import { DELIVERED, jobIn, KEY } from "../functions/steps-harness.ts";
import { captured } from "../lib/runtime/captured.ts";
import { configWith, T0 } from "../simulation/draw-inputs.ts";
import { createDataDirectory } from "./open-test-store.ts";

/** The process dies before or after the effect with this number: a commit of the store or a delivery. */
interface CrashPoint {
  readonly effect: number;
  readonly when: "before" | "after";
}

const VISIBILITY_MS = 40_000;
const SWEEP_EVERY_MS = 300_000;
const MAX_STEPS = 400;
const POLLS = 3;

class CrashError extends Error {
  override readonly name = "CrashError";
}

/** The state outside the process, and the crash points of the run. */
class CrashRun {
  now = T0;
  effects = 0;
  isDead = false;
  queries = 0;
  readonly deliveries: string[] = [];
  readonly #crashes: readonly CrashPoint[];

  constructor(crashes: readonly CrashPoint[]) {
    this.#crashes = crashes;
  }

  /** Runs one effect, unless the process is dead or dies before the effect. */
  async effect<T>(run: () => T | Promise<T>): Promise<T> {
    if (this.isDead) throw new CrashError();
    const crash = this.#crashes.find(({ effect }) => effect === this.effects);
    this.effects += 1;
    if (crash?.when === "before") this.isDead = true;
    if (this.isDead) throw new CrashError();
    const result = await run();
    if (crash?.when === "after") this.isDead = true;
    if (this.isDead) throw new CrashError();
    return result;
  }
}

/** Returns the store, but each write is an effect of the run. */
function crashingStore(store: Store, crashRun: CrashRun): Store {
  return new Proxy(store, {
    get(target, name) {
      if (name === "write") return (run: () => unknown) => crashRun.effect(() => target.write(run));
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function startProcess(opened: Store, crashRun: CrashRun) {
  const store = crashingStore(opened, crashRun);
  const ledger = createSqliteLedger(store);
  const now = () => crashRun.now;
  const queue = (name: QueueName) => createSqliteQueue(store, { name, now, visibilityMs: VISIBILITY_MS });
  const [pollQueue, notifyQueue, deadLetterQueue] = [queue("poll"), queue("notify"), queue("pollDead")];
  const config = configWith({});
  const configs = {
    current: async () => config,
    currentWith: async () => config,
    refreshed: async () => config,
  };
  const shared = { ledger, pollQueue, notifyQueue, deadLetterQueue, configs, now, random: () => 0.5 };
  const startPoll = createPollHandler({
    ...shared,
    createCce: () => ({
      queryJob: async () => jobIn(++crashRun.queries >= POLLS ? "failed" : "pending"),
      queryMissingFailureReasons: async (_, job) => job,
      queryResource: async () => jobIn("pending"),
      unansweredWaitMs: () => 0,
    }),
    defaultUrl: "https://default.example",
  });
  const handleNotification = createNotifyHandler({
    ...shared,
    wait: async (ms) => {
      crashRun.now += ms;
    },
    deliver: ({ webhookId }) =>
      crashRun.effect(() => {
        crashRun.deliveries.push(webhookId);
        return DELIVERED;
      }),
  });
  const sweep = createSweepHandler(shared);
  const handleNext = async (from: SqliteQueue, startBatch: () => HandleMessage) => {
    const [message] = await from.receive(1);
    if (message === undefined) return;
    const disposition = await handleMessageOrRetryOnErrorOrTimeout(
      { ...message, remainingMs: () => 28_000 },
      startBatch(),
    );
    if (disposition === "acknowledged") await from.remove(message.receiptHandle);
  };
  return {
    async start() {
      const deadlineAt = T0 + 3_600_000;
      const opened = await ledger.startOrExtendWatch({
        ...KEY,
        acceptedAt: T0,
        deadlineAt,
        nextPollAt: T0,
        targets: ["audit"],
        context: {},
        callbacks: {},
        digestId: null,
        traceparent: null,
        expiresAt: T0 * 2,
      });
      if (opened.kind === "accepted")
        await pollQueue.send([createPollMessage({ ...KEY, poll: opened.poll, deadlineAt }, 0)]);
    },
    async step() {
      await handleNext(pollQueue, () => startPoll(1));
      await handleNext(notifyQueue, () => handleNotification);
      const next = Math.min(
        (await pollQueue.nextVisibleAt()) ?? Number.POSITIVE_INFINITY,
        (await notifyQueue.nextVisibleAt()) ?? Number.POSITIVE_INFINITY,
      );
      if (next > crashRun.now) crashRun.now = Math.min(next, crashRun.now + SWEEP_EVERY_MS);
      if (next === Number.POSITIVE_INFINITY) await sweep({ remainingMs: () => 50_000 });
    },
  };
}

/** Runs one job to the end of its notification. The process starts again after each crash. */
async function run(crashes: readonly CrashPoint[]): Promise<CrashRun & { readonly isOver: boolean }> {
  const crashRun = new CrashRun(crashes);
  const directory = createDataDirectory();
  let isOver = false;
  for (let processes = 0; !isOver && processes <= crashes.length; processes += 1) {
    crashRun.isDead = false;
    const store = Store.open(directory, { exclusive: true });
    const service = startProcess(store, crashRun);
    const ledger = createSqliteLedger(store);
    // The caller repeats its request until the service has accepted the job.
    if ((await ledger.readWatchDocumentOrNull(KEY)) === null) await service.start().catch(() => undefined);
    for (let step = 0; step < MAX_STEPS && !crashRun.isDead && !isOver; step += 1) {
      await service.step().catch((error: unknown) => {
        if (!(error instanceof CrashError)) throw error;
      });
      const document = await ledger.readWatchDocumentOrNull(KEY);
      isOver = document?.watch.state === "failed" && document.deliveries[0]?.state === "delivered";
    }
    store.close();
  }
  return Object.assign(crashRun, { isOver });
}

const pointsOf = (effects: number): CrashPoint[] =>
  Array.from({ length: effects }, (_, effect) => [
    { effect, when: "before" as const },
    { effect, when: "after" as const },
  ]).flat();

describe("a job on SQLite", () => {
  it("is notified after a crash at any point, and twice only after a crash between delivery and record", async () => {
    await captured(async () => {
      const withoutCrash = await run([]);
      expect(withoutCrash).toMatchObject({ isOver: true, deliveries: [expect.any(String)] });
      const delivery = (await findDelivery(withoutCrash.effects)) ?? -1;
      expect(delivery).toBeGreaterThan(0);
      for (const point of pointsOf(withoutCrash.effects)) {
        const { isOver, deliveries } = await run([point]);
        const isInWindow =
          (point.effect === delivery && point.when === "after") ||
          (point.effect === delivery + 1 && point.when === "before");
        expect({ point, isOver, deliveries: deliveries.length }).toEqual({
          point,
          isOver: true,
          deliveries: isInWindow ? 2 : 1,
        });
        expect(new Set(deliveries).size).toBe(1);
      }
    });
  });

  it("is notified after two crashes", async () => {
    await captured(async () => {
      const { effects } = await run([]);
      const points = pointsOf(effects);
      for (const [i, first] of points.entries()) {
        const second = points[(i * 7) % points.length];
        if (second === undefined || second.effect <= first.effect) continue;
        const { isOver, deliveries } = await run([first, second]);
        expect({ first, second, isOver }).toEqual({ first, second, isOver: true });
        expect(deliveries.length).toBeLessThanOrEqual(3);
      }
    });
  });
});

/** Returns the number of the effect that is the delivery: the process has delivered if it dies after this effect. */
async function findDelivery(effects: number): Promise<number | null> {
  for (let effect = 0; effect < effects; effect += 1) {
    const crashRun = new CrashRun([{ effect, when: "after" }]);
    const store = Store.open(createDataDirectory(), { exclusive: true });
    const service = startProcess(store, crashRun);
    await service.start().catch(() => undefined);
    for (let step = 0; step < MAX_STEPS && !crashRun.isDead; step += 1)
      await service.step().catch(() => undefined);
    store.close();
    if (crashRun.deliveries.length > 0) return effect;
  }
  return null;
}
