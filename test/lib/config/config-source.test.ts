import { ConfigInvalidError, createConfigSource } from "../../../lib/config/config-source.ts";

const MINUTE_MS = 60_000;
const slack = { kind: "slack", url: "https://hooks.slack.com/services/T0/B0/XXXX" };
const good = [{ name: "targets/deploys", value: JSON.stringify(slack) }];
const bad = [{ name: "targets/deploys", value: '{"kind":"slack"}' }];

function setUp(entries: { name: string; value: string }[] | Error) {
  const state = { entries, reads: 0, faults: [] as unknown[], now: 0 };
  const source = createConfigSource({
    readEntries: async () => {
      state.reads += 1;
      if (state.entries instanceof Error) throw state.entries;
      return state.entries;
    },
    now: () => state.now,
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
  state.entries = [...good, { name: "targets/audit", value: JSON.stringify(slack) }];
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

it("returns the latest valid config while the newest one has faults, and reports the faults of each read", async () => {
  const { state, source } = setUp(good);
  const first = await source.current();
  state.entries = bad;
  state.now = 6 * MINUTE_MS;
  expect(await source.current()).toBe(first);
  expect(state.faults).toEqual([expect.any(ConfigInvalidError)]);
  expect(String(state.faults[0])).toContain("targets.deploys.url");
  state.now = 7 * MINUTE_MS;
  await source.current();
  expect(state.reads).toBe(2);
});

it("throws the faults while no valid config has been read", async () => {
  const { state, source } = setUp(bad);
  await expect(source.current()).rejects.toThrow(/targets\.deploys\.url/);
  state.entries = new Error("AccessDeniedException");
  await expect(source.current()).rejects.toThrow("AccessDenied");
  state.entries = good;
  expect((await source.current()).targets).toHaveProperty("deploys");
});

it("throws the error of the latest read from a check, and still returns the valid config", async () => {
  const { state, source } = setUp(good);
  await source.check();
  state.entries = bad;
  state.now = 10_000;
  await expect(source.check()).rejects.toThrow(ConfigInvalidError);
  await expect(source.check()).rejects.toThrow(ConfigInvalidError);
  expect(state.reads).toBe(2);
  expect((await source.current()).targets).toHaveProperty("deploys");
  state.entries = good;
  state.now = 20_000;
  await source.check();
});
