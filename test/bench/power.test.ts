import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { replaceTables } from "../../bench/costs/render-tables.ts";
import { applyDutyCycle } from "../../bench/power/cpu-limit.ts";
import {
  createPowerTargets,
  MEMORY_SIZES,
  PowerFigures,
  type PowerRow,
  readStoredPower,
} from "../../bench/power/power-data.ts";
import { renderPower } from "../../bench/power/render-power.ts";
import { DEFAULTS } from "../template/stage-defaults.ts";

const DOLLARS_PER_MILLION_GB_SECONDS = 13.3334;
const FUNCTIONS = ["enqueue", "poll", "notify", "api", "sweep", "discover", "audit", "trail"];
const { cpuLimit, power } = readStoredPower();

describe("the stored figures of the power bench", () => {
  it.each(FUNCTIONS)(
    "contain every memory size of %s once, and the default memory is the chosen one",
    (name) => {
      const rows = power[name] ?? [];
      const chosen = Number(DEFAULTS[`${name}MemoryMegabytes`]);
      expect(rows.map(({ memoryMegabytes }) => memoryMegabytes)).toEqual(
        [...new Set([...MEMORY_SIZES, chosen])].sort((a, b) => a - b),
      );
      expect(rows.filter((row) => row.chosen).map(({ memoryMegabytes }) => memoryMegabytes)).toEqual([
        chosen,
      ]);
    },
  );

  it("have the time of a large call exactly for the functions whose events have several sizes", () => {
    const withLarge = Object.entries(power).filter(([, rows]) => rows.every((row) => row.firstCallOf100Ms));
    const without = Object.entries(power).filter(([, rows]) =>
      rows.every((row) => row.firstCallOf100Ms === null),
    );
    expect(withLarge.map(([name]) => name)).toEqual(["enqueue", "poll", "notify"]);
    expect(without).toHaveLength(FUNCTIONS.length - 3);
  });

  it("bill the memory for each started millisecond", () => {
    for (const { memoryMegabytes, warmMs, gbSeconds } of Object.values(power).flat())
      expect(gbSeconds / ((memoryMegabytes / 1024) * (Math.ceil(warmMs) / 1000))).toBeCloseTo(1, 1);
  });

  it("meet the targets of the first calls", () => {
    const targets = createPowerTargets({ power });
    expect(targets).toHaveLength(2);
    expect(targets.filter(({ value, target }) => value > target)).toEqual([]);
  });

  it("show that the memory of enqueue costs at most one dollar more per million jobs than 256 MB", () => {
    const find = (wanted: (row: PowerRow) => boolean) => power.enqueue?.find(wanted)?.gbSeconds ?? Number.NaN;
    const more = find(({ chosen }) => chosen) - find(({ memoryMegabytes }) => memoryMegabytes === 256);
    expect(more * DOLLARS_PER_MILLION_GB_SECONDS).toBeLessThanOrEqual(1);
  });

  it("are the table of docs/performance.md", () => {
    const page = readFileSync(new URL("../../docs/performance.md", import.meta.url), "utf8");
    expect(replaceTables(page, { power: renderPower({ power }) })).toBe(page);
  });
});

describe("the output of the power bench", () => {
  const row = {
    memoryMegabytes: 512,
    firstCallMs: 99.2,
    firstCallOf100Ms: null,
    warmMs: 27.4,
    gbSeconds: 0.014,
    chosen: true,
  };

  it("names the way in which the functions got their part of a processor", () => {
    expect(["cgroup v1", "cgroup v2", "SIGSTOP"]).toContain(cpuLimit);
    expect(PowerFigures.safeParse({ cpuLimit: "none", power: {} }).success).toBe(false);
  });

  it("has rows with exactly these fields", () => {
    expect(PowerFigures.safeParse({ cpuLimit, power: { api: [row] } }).success).toBe(true);
    expect(PowerFigures.safeParse({ cpuLimit, power: { api: [{ ...row, more: 1 }] } }).success).toBe(false);
    for (const missing of Object.keys(row)) {
      const fields = Object.fromEntries(Object.entries(row).filter(([name]) => name !== missing));
      expect(PowerFigures.safeParse({ cpuLimit, power: { api: [fields] } }).success).toBe(false);
    }
  });
});

describe("a limit by signals", () => {
  it("leaves a busy process about its part of a processor", async () => {
    const code = `const startedAt = performance.now();
      while (performance.now() - startedAt < 1000);
      const { user, system } = process.cpuUsage();
      console.log((user + system) / 1000);`;
    const child = spawn(process.execPath, ["--eval", code], { stdio: ["ignore", "pipe", "inherit"] });
    const release = await applyDutyCycle(child.pid ?? Number.NaN, 0.2);
    const [cpuMs] = await Promise.all([text(child.stdout), once(child, "exit")]);
    await release();
    expect(Number(cpuMs)).toBeGreaterThan(0);
    expect(Number(cpuMs)).toBeLessThan(500);
  });
});
