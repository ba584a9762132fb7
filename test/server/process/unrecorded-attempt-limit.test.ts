import { jest } from "@jest/globals";
import { LedgerUnavailableError } from "../../../lib/ledger/ledger.ts";
import { UnrecordedAttemptLimit } from "../../../server/process/unrecorded-attempt-limit.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Starts attempts whose targets answer when the test says so, and shows which attempts run. */
function start(count: number) {
  const limit = new UnrecordedAttemptLimit({ monotonic: () => performance.now(), wait });
  const running = new Set<number>();
  const answers = new Map<number, () => void>();
  const done = Array.from({ length: count }, (_, i) =>
    limit.run(async () => {
      running.add(i);
      await new Promise<void>((resolve) => answers.set(i, resolve));
      await limit.record(async () => "recorded");
      running.delete(i);
      return i;
    }),
  );
  return {
    limit,
    done,
    running: () => [...running],
    async answer(i: number) {
      answers.get(i)?.();
      await jest.advanceTimersByTimeAsync(0);
    },
  };
}

describe("the limit of unrecorded attempts", () => {
  it("starts an attempt only after the previous attempt was recorded", async () => {
    const { answer, running, done } = start(3);
    await jest.advanceTimersByTimeAsync(0);
    expect(running()).toEqual([0]);
    await answer(0);
    expect(running()).toEqual([1]);
    await answer(1);
    await answer(2);
    expect(await Promise.all(done)).toEqual([0, 1, 2]);
  });

  it("grows by one for every 60 recorded attempts", async () => {
    const { answer, running } = start(200);
    await jest.advanceTimersByTimeAsync(0);
    const most = [running().length];
    for (let i = 0; i < 125; i += 1) {
      await answer(i);
      most.push(running().length);
    }
    expect(most.indexOf(2)).toBe(60);
    expect(most.indexOf(3)).toBe(120);
    expect(most.slice(0, 60)).toEqual(Array.from({ length: 60 }, () => 1));
  });

  it("starts the next attempt after 500 ms if a target does not answer", async () => {
    const { answer, running } = start(3);
    await jest.advanceTimersByTimeAsync(499);
    expect(running()).toEqual([0]);
    await jest.advanceTimersByTimeAsync(2);
    expect(running()).toEqual([0, 1]);
    await answer(0);
    expect(running()).toEqual([1]);
    await answer(1);
    expect(running()).toEqual([2]);
  });

  it("starts the next attempt after an attempt that throws an error", async () => {
    const { limit } = start(0);
    const failed = expect(limit.run(() => Promise.reject(new Error("planned")))).rejects.toThrow("planned");
    expect(await limit.run(async () => "next")).toBe("next");
    await failed;
  });

  it("starts no attempt after a stop, and lets the running attempt end", async () => {
    const { limit, answer, running, done } = start(3);
    await jest.advanceTimersByTimeAsync(0);
    limit.stop();
    expect(await done[1]).toBeNull();
    expect(await limit.run(async () => "late")).toBeNull();
    expect(running()).toEqual([0]);
    await answer(0);
    expect(await Promise.all(done)).toEqual([0, null, null]);
  });

  it("tries a refused record again, and starts no other attempt until the record is stored", async () => {
    const { limit } = start(0);
    let isDiskFull = true;
    const store = async () => {
      if (isDiskFull) throw new LedgerUnavailableError(new Error("the disk is full"));
      return "recorded";
    };
    const first = limit.run(() => limit.record(store));
    let hasStarted = false;
    const second = limit.run(async () => {
      hasStarted = true;
    });
    await jest.advanceTimersByTimeAsync(10_000);
    expect(hasStarted).toBe(false);
    isDiskFull = false;
    await jest.advanceTimersByTimeAsync(500);
    expect(await first).toBe("recorded");
    await second;
    expect(hasStarted).toBe(true);
  });

  it("gives up a refused record after 20 s, and does not repeat another error", async () => {
    const { limit } = start(0);
    const refused = new LedgerUnavailableError(new Error("the disk is full"));
    let tries = 0;
    const first = limit.record(() => {
      tries += 1;
      return Promise.reject(refused);
    });
    const failed = expect(first).rejects.toBe(refused);
    await jest.advanceTimersByTimeAsync(19_900);
    expect(tries).toBe(40);
    await jest.advanceTimersByTimeAsync(200);
    await failed;
    expect(tries).toBe(41);
    const other = new Error("planned");
    await expect(limit.record(() => Promise.reject(other))).rejects.toBe(other);
    await expect(limit.run(async () => "next")).resolves.toBe("next");
  });
});
