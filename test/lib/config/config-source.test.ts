import { assembleConfigDocumentOrListFaults } from "../../../lib/config/assemble-config.ts";
import {
  ConfigInvalidError,
  ConfigUnreadableError,
  createCachedConfigSource,
} from "../../../lib/config/config-source.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";

const MINUTE_MS = 60_000;
const slack = { kind: "slack", url: "https://hooks.slack.com/services/T0/B0/XXXX" };
const entriesOf = (name: string) => [
  { name: `targets/${name}`, value: JSON.stringify({ kind: slack.kind }) },
  { name: `secret/targets/${name}`, value: JSON.stringify({ url: slack.url }) },
];
const good = entriesOf("deploys");
const bad = [{ name: "targets/deploys", value: '{"kind":"slack"}' }];

/** The results of reads. The last one is repeated. */
type Entries = { name: string; value: string }[] | Error;

function setUp(entries: Entries, random = () => 0) {
  const state = {
    entries,
    /** The results of the next reads, before `entries`. */
    next: [] as Entries[],
    reads: 0,
    limits: [] as number[],
    /** Called during each read. */
    onRead: () => {},
    waits: [] as number[],
    faults: [] as unknown[],
    now: 0,
  };
  const source = createCachedConfigSource({
    parse: parseWholeConfig,
    readDocument: async (timeLimitMs) => {
      state.reads += 1;
      state.limits.push(timeLimitMs);
      state.onRead();
      const result = state.next.shift() ?? state.entries;
      if (result instanceof Error) throw result;
      return assembleConfigDocumentOrListFaults(result);
    },
    now: () => state.now,
    random,
    wait: async (ms) => {
      state.waits.push(ms);
    },
    onFault: (error) => state.faults.push(error),
  });
  return { state, source };
}

it("reads the config once for concurrent calls, and again after five minutes", async () => {
  const { state, source } = setUp(good);
  await Promise.all([source.current(), source.current(), source.current()]);
  state.now = 5 * MINUTE_MS - 1;
  await source.current();
  expect(state.reads).toBe(1);
  state.now = 5 * MINUTE_MS;
  await source.current();
  expect(state.reads).toBe(2);
});

it("returns the same object until the config changes", async () => {
  const { state, source } = setUp(good);
  const first = await source.current();
  state.now = 6 * MINUTE_MS;
  expect(await source.current()).toBe(first);
  state.entries = [...good, { name: "settings", value: '{"deadlineMinutes":5}' }];
  state.now = 12 * MINUTE_MS;
  const changed = await source.current();
  expect(changed.settings.deadlineMinutes).toBe(5);
});

it("reads the config again for an unknown name, at most every ten seconds", async () => {
  const { state, source } = setUp(good);
  await source.current();
  state.entries = [...good, ...entriesOf("audit")];
  state.now = 10_000;
  expect((await source.currentWith("targets", "audit")).targets).toHaveProperty("audit");
  await source.currentWith("targets", "nowhere");
  await source.currentWith("targets", "nowhere");
  expect(state.reads).toBe(2);
});

it("refreshes the config at most every ten seconds", async () => {
  const { state, source } = setUp(good);
  const first = await source.current();
  expect(await source.refreshed()).toBe(first);
  state.entries = [...good, { name: "settings", value: '{"deadlineMinutes":5}' }];
  state.now = 10_000;
  const refreshed = await Promise.all([source.refreshed(), source.refreshed()]);
  expect(refreshed.map(({ settings }) => settings.deadlineMinutes)).toEqual([5, 5]);
  expect(state.reads).toBe(2);
});

it("returns the latest valid config while the newest config has faults, and reports the faults of each read", async () => {
  const { state, source } = setUp(good);
  const first = await source.current();
  state.entries = bad;
  state.now = 6 * MINUTE_MS;
  expect(await source.current()).toBe(first);
  expect(state.faults).toEqual([expect.any(ConfigInvalidError)]);
  expect(String(state.faults[0])).toContain("targets.deploys.url");
  state.now = 7 * MINUTE_MS;
  await source.current();
  // One read returned the valid config, and two reads returned the same faults.
  expect(state.reads).toBe(3);
});

it("throws the faults while no valid config has been read", async () => {
  const { state, source } = setUp(bad);
  await expect(source.current()).rejects.toThrow(/targets\.deploys\.url/);
  state.entries = new Error("AccessDeniedException");
  state.now = 5000;
  await expect(source.current()).rejects.toMatchObject({
    name: "ConfigUnreadableError",
    cause: { message: "AccessDeniedException" },
  });
  state.entries = good;
  state.now = 10_000;
  expect((await source.current()).targets).toHaveProperty("deploys");
});

it("throws the error of the latest read from a check, and still returns the valid config", async () => {
  const { state, source } = setUp(good);
  await source.check();
  state.entries = bad;
  state.now = 10_000;
  await expect(source.check()).rejects.toThrow(ConfigInvalidError);
  await expect(source.check()).rejects.toThrow(ConfigInvalidError);
  expect(state.reads).toBe(3);
  expect((await source.current()).targets).toHaveProperty("deploys");
  state.entries = good;
  state.now = 20_000;
  await source.check();
});

it("repeats a failure for five seconds without a new read, for known and unknown names", async () => {
  const { state, source } = setUp(new Error("ThrottlingException"));
  for (const ask of [source.current, source.refreshed, source.check])
    await expect(ask()).rejects.toThrow(ConfigUnreadableError);
  await expect(source.currentWith("targets", "audit")).rejects.toThrow(ConfigUnreadableError);
  state.now = 4999;
  await expect(source.current()).rejects.toThrow(ConfigUnreadableError);
  expect(state.reads).toBe(1);
  state.now = 5000;
  state.entries = good;
  expect((await source.current()).targets).toHaveProperty("deploys");
});

it("limits the first read to eight seconds, and later reads to one second", async () => {
  const { state, source } = setUp(good);
  await source.current();
  state.now = 5 * MINUTE_MS;
  await source.current();
  expect(state.limits).toEqual([8000, 1000]);
});

it("counts the time of earlier reads and waits in the limit, which never becomes negative", async () => {
  const { state, source } = setUp(good);
  const spend = [3000, 6000];
  state.next = [bad, [{ name: "settings", value: "[" }]];
  state.onRead = () => {
    state.now += spend.shift() ?? 0;
  };
  await source.current();
  expect(state.limits).toEqual([8000, 5000, 0]);
});

it("returns the valid config after a read that failed, and reads again after 30 seconds", async () => {
  const { state, source } = setUp(good);
  const first = await source.current();
  state.entries = new Error("ThrottlingException");
  state.now = 5 * MINUTE_MS;
  for (let i = 0; i < 3; i += 1) expect(await source.current()).toBe(first);
  state.now += 29_999;
  expect(await source.current()).toBe(first);
  expect(state.reads).toBe(2);
  state.now += 1;
  state.entries = [...good, { name: "settings", value: '{"deadlineMinutes":5}' }];
  expect((await source.current()).settings.deadlineMinutes).toBe(5);
});

it("reads unknown names at most every ten seconds while reads fail", async () => {
  const { state, source } = setUp(good);
  await source.current();
  state.entries = new Error("ThrottlingException");
  state.now = 10_000;
  for (let i = 0; i < 5; i += 1) await source.currentWith("targets", "nowhere");
  expect(state.reads).toBe(2);
});

it("throws different errors for an unreadable config and for an invalid config", async () => {
  const { state, source } = setUp(new Error("ThrottlingException"));
  await expect(source.current()).rejects.toThrow(ConfigUnreadableError);
  state.entries = bad;
  state.now = 5000;
  await expect(source.current()).rejects.toThrow(ConfigInvalidError);
  expect(state.faults.map((fault) => (fault as Error).name)).toEqual([
    "ConfigUnreadableError",
    "ConfigInvalidError",
  ]);
});

it("reads again after a read that saw only a part of a change, and reports no fault", async () => {
  const { state, source } = setUp(good);
  const token = JSON.stringify({
    sha256: "0".repeat(64),
    projects: ["*"],
    targets: ["audit"],
    operations: ["*"],
  });
  // The page with the token was read after the change, and the page with the targets before.
  state.next = [[...good, { name: "tokens/ci", value: token }]];
  state.entries = [...entriesOf("audit"), ...(state.next[0] as [])];
  expect((await source.current()).tokens).toHaveProperty("ci");
  expect(state).toMatchObject({ reads: 2, faults: [], waits: [400] });
});

it("reads a config that changes all the time at most three times", async () => {
  const { state, source } = setUp([{ name: "settings", value: "{" }]);
  state.next = [bad, [{ name: "settings", value: "[" }]];
  await expect(source.current()).rejects.toThrow(ConfigInvalidError);
  expect(state.reads).toBe(3);
});

it("shortens the ages by a random part of up to 20 %, so that instances do not read at the same moment", async () => {
  const ages = await Promise.all(
    [0, 0.5, 1].map(async (drawn) => {
      const { state, source } = setUp(good, () => drawn);
      await source.current();
      const readAt = async (ask: () => Promise<unknown>, times: readonly number[]) => {
        const reads = state.reads;
        for (const time of times) {
          state.now = time;
          await ask();
          if (state.reads > reads) return time;
        }
        return null;
      };
      const refreshedAt = await readAt(source.refreshed, [7999, 8000, 9000, 10_000]);
      const start = state.now;
      const minutes = await readAt(
        source.current,
        [4, 4.5, 5].map((minute) => start + minute * MINUTE_MS),
      );
      return [refreshedAt, ((minutes ?? 0) - start) / MINUTE_MS];
    }),
  );
  expect(ages).toEqual([
    [10_000, 5],
    [9000, 4.5],
    [8000, 4],
  ]);
});
