import * as z from "zod";
import { NO_PLANT } from "./plant.ts";
import { runSeed } from "./run-seed.ts";
import { runSimulate, TIME_LIMIT_MS } from "./run-simulate.ts";

const SEEDS = 2000;
const Figures = z.strictObject({
  seeds: z.int(),
  accepted: z.int(),
  delivered: z.int(),
  deadLettered: z.int(),
  stopped: z.int(),
  lost: z.int(),
  unexpected: z.int(),
  duplicates: z.int(),
  duplicatesOutsideWindow: z.int(),
  polls: z.int(),
  simulatedHours: z.number(),
  seconds: z.number(),
});

const PLANT_NAMES = [
  ...["advance-then-send", "done-before-send", "ack-own-lease", "no-claim", "short-visibility"],
  ...["recursion-terminate", "swallow-batch-failure", "fail-by-position", "record-before-post"],
  ...["ack-malformed", "sweep-unclaimed", "forget-target"],
  ...["conclude-at-success", "operation-as-job", "off-at-first-gone", "shared-watch", "stop-for-all"],
  ...["key-without-target", "own-generation", "earlier-deadline"],
  ...["discover-ended", "discover-unsent", "slow-by-few", "forget-slow", "discover-unleased"],
];

describe("the simulation", () => {
  it(
    `finds no lost, unexpected or unexplained duplicate notification in ${SEEDS} seeds`,
    async () => {
      const { code, stdout, stderr } = await runSimulate("--seeds", String(SEEDS));
      expect(stderr).toBe("");
      expect(code).toBe(0);
      const total = Figures.parse(JSON.parse(stdout));
      expect(total).toMatchObject({ seeds: SEEDS, lost: 0, unexpected: 0, duplicatesOutsideWindow: 0 });
      expect(total.accepted).toBe(total.delivered + total.deadLettered + total.stopped);
      expect(total.accepted).toBeGreaterThan(SEEDS);
      expect(Math.min(total.deadLettered, total.stopped, total.duplicates)).toBeGreaterThan(0);
    },
    TIME_LIMIT_MS,
  );

  it("prints the same trace for the same seed", async () => {
    for (const seed of [1, 7, 30]) {
      const [first, second] = [await runSeed(seed, NO_PLANT, true), await runSeed(seed, NO_PLANT, true)];
      expect(first.trace.length).toBeGreaterThan(50);
      expect(second.trace.join("\n")).toBe(first.trace.join("\n"));
      expect(second.result).toEqual(first.result);
    }
  });

  it("prints the same trace for a seed in another process", async () => {
    const { code, stdout } = await runSimulate("--seed", "7");
    expect(code).toBe(0);
    const { trace } = await runSeed(7, NO_PLANT, true);
    expect(stdout.startsWith(`${trace.join("\n")}\n`)).toBe(true);
  });
});

describe("planted bugs", () => {
  it("have the documented names", async () => {
    expect((await runSimulate("--list-plants")).stdout.trim().split("\n")).toEqual(PLANT_NAMES);
  });

  it(
    "are all found within 500 seeds",
    async () => {
      const { code, stdout } = await runSimulate("--all-plants", "--seeds", "500");
      const found = z.object({ foundBySeed: z.record(z.string(), z.int()) }).parse(JSON.parse(stdout));
      expect(Object.keys(found.foundBySeed)).toEqual(PLANT_NAMES);
      expect(code).toBe(0);
    },
    TIME_LIMIT_MS,
  );

  it("make the command fail and print the seed to replay", async () => {
    const { code, stdout, stderr } = await runSimulate("--seeds", "50", "--plant", "record-before-post");
    expect(code).toBe(1);
    expect(Figures.parse(JSON.parse(stdout)).lost).toBeGreaterThan(0);
    expect(stderr).toMatch(/FAULT .* was never sent.*--seed \d+ --plant record-before-post/s);
  });
});
