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

test("a config is read once, however many ask for it, and again after five minutes", async () => {
  const { state, source } = setUp(good);
  await Promise.all([source.current(), source.current(), source.current()]);
  state.now = 5 * MINUTE_MS - 1;
  await source.current();
  expect(state.reads).toBe(1);
  state.now = 5 * MINUTE_MS;
  await source.current();
  expect(state.reads).toBe(2);
});

test("an unchanged config stays the same object, so that what was made of it can stay too", async () => {
  const { state, source } = setUp(good);
  const first = await source.current();
  state.now = 6 * MINUTE_MS;
  expect(await source.current()).toBe(first);
  state.entries = [...good, { name: "settings", value: '{"deadlineMinutes":5}' }];
  state.now = 12 * MINUTE_MS;
  const changed = await source.current();
  expect(changed.settings.deadlineMinutes).toBe(5);
});

test("an unknown name makes the config be read again at once, but not for every message that carries it", async () => {
  const { state, source } = setUp(good);
  await source.current();
  state.entries = [...good, { name: "targets/audit", value: JSON.stringify(slack) }];
  state.now = 10_000;
  expect((await source.knowing("targets", "audit")).targets).toHaveProperty("audit");
  await source.knowing("targets", "nowhere");
  await source.knowing("targets", "nowhere");
  expect(state.reads).toBe(2);
});

test("a config that is asked for fresh is read again, but not for every message that asks", async () => {
  const { state, source } = setUp(good);
  const first = await source.current();
  expect(await source.fresh()).toBe(first);
  state.entries = [...good, { name: "settings", value: '{"deadlineMinutes":5}' }];
  state.now = 10_000;
  const fresh = await Promise.all([source.fresh(), source.fresh()]);
  expect(fresh.map(({ settings }) => settings.deadlineMinutes)).toEqual([5, 5]);
  expect(state.reads).toBe(2);
});

test("the last good config serves on while the newest has faults, which are told each time it is read", async () => {
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

test("while there has never been a good config, every call says what is wrong", async () => {
  const { state, source } = setUp(bad);
  await expect(source.current()).rejects.toThrow(/targets\.deploys\.url/);
  state.entries = new Error("AccessDeniedException");
  await expect(source.current()).rejects.toThrow("AccessDenied");
  state.entries = good;
  expect((await source.current()).targets).toHaveProperty("deploys");
});

test("a check tells what the latest reading met, while the last good config serves on", async () => {
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
